"""An operator's pause outlasts whatever happens meanwhile: only an operator ends it."""

from relay.core.destination import BasicCredentials, Destination
from relay.core.lifecycle import Cause
from relay.store.acting import Hold, hold_destination
from relay.store.delivery import Pacing, Sweeping, finish, hold, sweep
from relay.store.scripts import Scripts
from tests.store_world import accept_events, event, take_events


def test_a_call_that_is_locked_out_meanwhile_does_not_end_an_operators_pause(scripts: Scripts):
    accept_events(scripts, event("1"))
    [taken] = take_events(scripts)
    hold_destination(
        scripts, Destination("acme", "acme", BasicCredentials("k", "s")), Hold(Cause.PAUSED, "", None)
    )

    finish(scripts, taken, hold(Cause.FORBIDDEN, "no", record=b"{}", probe_seconds=0.0))

    swept = sweep(scripts, Sweeping(), Pacing(window=0.0))
    assert swept.probes == ()
