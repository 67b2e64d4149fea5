"""Only an operator ends an operator's pause."""

from redis import Redis

from relay.core.destination import BasicCredentials, Destination
from relay.core.lifecycle import HoldCause
from relay.store.delivery import Pacing, SweepOptions, finish, hold_event, sweep
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination, resume_destination
from tests.store_world import accept_events, event, take_events

ACME = Destination(name="acme", company="acme", credentials=BasicCredentials("k", "s"))


def test_a_blocked_call_during_an_operators_pause_does_not_end_it(scripts: Scripts):
    accept_events(scripts, event("1"))
    [leased] = take_events(scripts)
    hold_destination(scripts, ACME, HoldRequest(HoldCause.PAUSED, "", None))

    finish(scripts, leased, hold_event(HoldCause.FORBIDDEN, "no", record=b"{}", probe_seconds=0.0))

    swept = sweep(scripts, SweepOptions(), Pacing(window=0.0))
    assert swept.probes == ()


def test_a_probe_in_flight_when_an_operator_pauses_does_not_end_the_pause(scripts: Scripts, redis: Redis):
    hold_destination(scripts, ACME, HoldRequest(HoldCause.PAUSED, "", None))

    assert resume_destination(scripts, "acme", probed=True) == (False, 0)
    assert redis.sismember(keys.HOLDS, "acme")
