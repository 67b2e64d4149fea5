"""When a company that rests is looked at again: at once when there is room after all, and not for a probe before its time."""

import pytest
from redis import Redis

from relay.core.destination import BasicCredentials, Destination, Limits
from relay.core.lifecycle import HoldCause
from relay.core.priority import Priority
from relay.store.delivery import (
    Pacing,
    SweepOptions,
    finish,
    hold_event,
    publish_limits,
    schedule_probes,
    sweep,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import freeze_after_probe
from tests.store_world import accept_events, event, take_events

DAY = Limits(per_second=50, per_day=10, high_priority_share=0.2)


@pytest.fixture
def spent(scripts: Scripts, redis: Redis) -> Scripts:
    """A day whose calls are spent, but for those that are kept for priority high. Nothing rings."""
    limit(scripts, DAY)
    accept_events(scripts, *(event(str(number)) for number in range(20)))
    assert len(take_events(scripts)) == 8
    assert take_events(scripts) == []
    redis.delete(keys.WAKEUP)
    return scripts


def limit(scripts: Scripts, limits: Limits) -> None:
    publish_limits(scripts, {"acme": Destination("acme", "acme", BasicCredentials("k", "s"), limits=limits)})


def test_what_goes_first_wakes_a_worker_on_a_day_that_is_spent_for_the_rest(
    spent: Scripts, redis: Redis
) -> None:
    accept_events(spent, event("signed", priority=Priority.HIGH))

    assert redis.llen(keys.WAKEUP) == 1
    assert [one.event_id for one in take_events(spent)] == ["web:signed"]


def test_what_goes_first_is_not_looked_at_again_and_again_once_its_own_room_is_spent(
    spent: Scripts, redis: Redis
) -> None:
    accept_events(spent, *(event(f"signed{number}", priority=Priority.HIGH) for number in range(3)))
    assert len(take_events(spent)) == 2
    redis.delete(keys.WAKEUP)
    accept_events(spent, event("signed late", priority=Priority.HIGH))

    assert redis.llen(keys.WAKEUP) == 0


def test_limits_that_are_raised_hold_at_once(spent: Scripts) -> None:
    limit(spent, Limits(per_second=50, per_day=20))

    assert len(take_events(spent)) == 10


def test_a_probe_that_is_answered_429_is_not_repeated_before_its_time(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("one"))
    [taken] = take_events(scripts)
    finish(scripts, taken, hold_event(HoldCause.FORBIDDEN, "ip", record=b"{}", probe_seconds=0))
    freeze_after_probe(scripts, "acme", 3600.0)
    schedule_probes(redis)

    assert sweep(scripts, SweepOptions(), Pacing()).probes == ()
    redis.hset(keys.COMPANY + "acme", "frozen_until", 0)
    redis.delete(keys.SWEEP_LOCK, keys.RECENT_CALLS + "acme")
    assert sweep(scripts, SweepOptions(), Pacing()).probes == ("acme",)
