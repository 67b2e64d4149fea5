"""Calls are spaced at Gong: the window starts at the latest time at which a call can have arrived there."""

import pytest
from redis import Redis

from relay.core.lifecycle import State
from relay.store.delivery import (
    CallTiming,
    LeasedEvent,
    Pacing,
    Settlement,
    end_event,
    finish,
    lease_events,
    return_unsent,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.store_world import accept_events, event, publish

URL = "https://api.gong.io"
PACING = Pacing(window=100.0, slack=10.0)
DELIVERED = end_event(State.DELIVERED, None, record=b"", keep_seconds=600)


def lease_paced(scripts: Scripts) -> tuple[float, list[LeasedEvent]]:
    wait, leased = lease_events(scripts, worker="w", want=32, pacing=PACING)
    assert wait is not None
    return wait, leased


def lease_up_to_the_limit(scripts: Scripts, *, per_second: int) -> list[LeasedEvent]:
    """Queue more events than the limit allows and lease as many as may leave at once."""
    publish(scripts, per_second=per_second)
    accept_events(scripts, *(event(str(number)) for number in range(8)))
    _, leased = lease_paced(scripts)
    assert len(leased) == per_second
    return leased


def settle(
    scripts: Scripts,
    leased: LeasedEvent,
    *,
    arrival_seconds: float | None,
    settlement: Settlement = DELIVERED,
) -> None:
    assert finish(scripts, leased, settlement, CallTiming(URL, arrival_seconds), PACING)


def seconds_left(scripts: Scripts) -> float:
    wait, leased = lease_paced(scripts)
    assert leased == []
    return wait


def seconds_left_if_checked_now(scripts: Scripts, redis: Redis) -> float:
    """Mark the company as due and return how long a worker that checks it now must wait."""
    redis.zadd(keys.DUE, {"acme": 0})
    return seconds_left(scripts)


def test_the_call_after_an_unanswered_call_waits_a_window_from_the_latest_time_it_can_have_been_sent(
    scripts: Scripts, redis: Redis
):
    lease_up_to_the_limit(scripts, per_second=1)

    assert seconds_left_if_checked_now(scripts, redis) == pytest.approx(110.0, abs=1.0)


def test_a_company_is_due_when_responses_may_have_shown_that_no_call_was_late(scripts: Scripts):
    lease_up_to_the_limit(scripts, per_second=1)

    assert seconds_left(scripts) == pytest.approx(100.0, abs=1.0)


@pytest.mark.parametrize("arrival", [2.0, 30.0])
def test_the_call_after_an_answered_call_waits_a_window_from_its_arrival(
    scripts: Scripts, redis: Redis, arrival: float
):
    [leased] = lease_up_to_the_limit(scripts, per_second=1)

    settle(scripts, leased, arrival_seconds=arrival)

    assert seconds_left(scripts) == pytest.approx(100.0 + arrival, abs=1.0)
    assert seconds_left_if_checked_now(scripts, redis) == pytest.approx(100.0 + arrival, abs=1.0)


def test_the_oldest_call_of_the_window_decides_the_wait(scripts: Scripts, redis: Redis):
    oldest, *others = lease_up_to_the_limit(scripts, per_second=3)
    redis.lset(keys.RECENT_CALLS + "acme", 0, "1?")  # the newest two left just after the oldest
    redis.lset(keys.RECENT_CALLS + "acme", 1, "2?")

    settle(scripts, oldest, arrival_seconds=40.0)
    assert seconds_left(scripts) == pytest.approx(140.0, abs=1.0)

    assert all(finish(scripts, other, DELIVERED, CallTiming(URL, 5.0), PACING) for other in others)
    assert seconds_left(scripts) == pytest.approx(140.0, abs=1.0)


def test_a_call_with_an_unknown_arrival_time_keeps_its_slack(scripts: Scripts, redis: Redis):
    [leased] = lease_up_to_the_limit(scripts, per_second=1)

    settle(scripts, leased, arrival_seconds=None)

    assert seconds_left_if_checked_now(scripts, redis) == pytest.approx(110.0, abs=1.0)


def test_an_event_that_is_returned_unsent_still_uses_its_slot(scripts: Scripts, redis: Redis):
    [leased] = lease_up_to_the_limit(scripts, per_second=1)

    settle(scripts, leased, arrival_seconds=None, settlement=return_unsent())

    assert seconds_left_if_checked_now(scripts, redis) == pytest.approx(110.0, abs=1.0)


def test_a_response_that_arrives_after_its_call_left_the_record_changes_nothing(
    scripts: Scripts, redis: Redis
):
    [leased] = lease_up_to_the_limit(scripts, per_second=1)
    redis.delete(keys.RECENT_CALLS + "acme")

    settle(scripts, leased, arrival_seconds=40.0)

    assert redis.exists(keys.RECENT_CALLS + "acme") == 0


def test_extra_spacing_is_added_to_the_wait(scripts: Scripts, redis: Redis):
    lease_up_to_the_limit(scripts, per_second=1)
    redis.hset(keys.COMPANY + "acme", "extra_spacing", 20_000_000)

    assert seconds_left_if_checked_now(scripts, redis) == pytest.approx(130.0, abs=1.0)
