"""A resting company is checked at once when it has room again, but not for a probe before the probe is due."""

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
    """A company whose daily budget is spent except the share for high priority; no wakeup is pending."""
    publish_acme_limits(scripts, DAY)
    accept_events(scripts, *(event(str(number)) for number in range(20)))
    assert len(take_events(scripts)) == 8
    assert take_events(scripts) == []
    redis.delete(keys.WAKEUP)
    return scripts


def publish_acme_limits(scripts: Scripts, limits: Limits) -> None:
    publish_limits(
        scripts,
        {
            "acme": Destination(
                name="acme", company="acme", credentials=BasicCredentials("k", "s"), limits=limits
            )
        },
    )


def test_a_high_priority_event_wakes_a_worker_when_the_budget_of_the_others_is_spent(
    spent: Scripts, redis: Redis
) -> None:
    accept_events(spent, event("signed", priority=Priority.HIGH))

    assert redis.llen(keys.WAKEUP) == 1
    assert [leased.event_id for leased in take_events(spent)] == ["web:signed"]


def test_a_high_priority_event_wakes_no_worker_once_its_reserved_share_is_spent(
    spent: Scripts, redis: Redis
) -> None:
    accept_events(spent, *(event(f"signed{number}", priority=Priority.HIGH) for number in range(3)))
    assert len(take_events(spent)) == 2
    redis.delete(keys.WAKEUP)
    accept_events(spent, event("signed late", priority=Priority.HIGH))

    assert redis.llen(keys.WAKEUP) == 0


def test_raised_limits_apply_at_once(spent: Scripts) -> None:
    publish_acme_limits(spent, Limits(per_second=50, per_day=20))

    assert len(take_events(spent)) == 10


def test_a_probe_that_gets_429_is_not_repeated_before_the_freeze_ends(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"))
    [leased] = take_events(scripts)
    finish(scripts, leased, hold_event(HoldCause.FORBIDDEN, "ip", record=b"{}", probe_seconds=0))
    freeze_after_probe(scripts, "acme", 3600.0)
    schedule_probes(scripts)

    assert sweep(scripts, SweepOptions(), Pacing()).probes == ()
    redis.hset(keys.COMPANY + "acme", "frozen_until", 0)
    redis.delete(keys.SWEEP_LOCK, keys.RECENT_CALLS + "acme")
    assert sweep(scripts, SweepOptions(), Pacing()).probes == ("acme",)
