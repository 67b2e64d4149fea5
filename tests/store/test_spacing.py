"""The distance between calls is kept at Gong: from the latest moment at which a call can have arrived there."""

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


def take_paced(scripts: Scripts) -> tuple[float, list[LeasedEvent]]:
    wait, taken = lease_events(scripts, worker="w", want=32, pacing=PACING)
    assert wait is not None
    return wait, taken


def taken_some(scripts: Scripts, *, per_second: int) -> list[LeasedEvent]:
    """As many as may leave at once; more are queued."""
    publish(scripts, per_second=per_second)
    accept_events(scripts, *(event(str(number)) for number in range(8)))
    _, taken = take_paced(scripts)
    assert len(taken) == per_second
    return taken


def settle(
    scripts: Scripts, taken: LeasedEvent, *, arrival_seconds: float | None, how: Settlement = DELIVERED
) -> None:
    assert finish(scripts, taken, how, CallTiming(URL, arrival_seconds), PACING)


def seconds_left(scripts: Scripts) -> float:
    wait, taken = take_paced(scripts)
    assert taken == []
    return wait


def looked_at_now(scripts: Scripts, redis: Redis) -> float:
    """What a worker is told that looks before the company is due."""
    redis.zadd(keys.DUE, {"acme": 0})
    return seconds_left(scripts)


def test_a_call_without_an_answer_is_followed_a_window_after_the_latest_it_can_have_been_written(
    scripts: Scripts, redis: Redis
):
    taken_some(scripts, per_second=1)

    assert looked_at_now(scripts, redis) == pytest.approx(110.0, abs=1.0)


def test_a_company_is_looked_at_when_an_answer_may_have_told_that_no_call_was_late(scripts: Scripts):
    taken_some(scripts, per_second=1)

    assert seconds_left(scripts) == pytest.approx(100.0, abs=1.0)


@pytest.mark.parametrize("arrived", [2.0, 30.0])
def test_an_answered_call_is_followed_a_window_after_it_arrived(
    scripts: Scripts, redis: Redis, arrived: float
):
    [taken] = taken_some(scripts, per_second=1)

    settle(scripts, taken, arrival_seconds=arrived)

    assert seconds_left(scripts) == pytest.approx(100.0 + arrived, abs=1.0)
    assert looked_at_now(scripts, redis) == pytest.approx(100.0 + arrived, abs=1.0)


def test_what_counts_is_the_oldest_of_the_calls_of_a_window(scripts: Scripts, redis: Redis):
    oldest, *others = taken_some(scripts, per_second=3)
    redis.lset(keys.RECENT_CALLS + "acme", 0, "1?")  # the newest two left in the moments after the oldest
    redis.lset(keys.RECENT_CALLS + "acme", 1, "2?")

    settle(scripts, oldest, arrival_seconds=40.0)
    assert seconds_left(scripts) == pytest.approx(140.0, abs=1.0)

    assert all(finish(scripts, other, DELIVERED, CallTiming(URL, 5.0), PACING) for other in others)
    assert seconds_left(scripts) == pytest.approx(140.0, abs=1.0)


def test_a_call_whose_arrival_nobody_knows_keeps_its_slack(scripts: Scripts, redis: Redis):
    [taken] = taken_some(scripts, per_second=1)

    settle(scripts, taken, arrival_seconds=None)

    assert looked_at_now(scripts, redis) == pytest.approx(110.0, abs=1.0)


def test_a_call_that_was_given_back_has_been_paid_for(scripts: Scripts, redis: Redis):
    [taken] = taken_some(scripts, per_second=1)

    settle(scripts, taken, arrival_seconds=None, how=return_unsent())

    assert looked_at_now(scripts, redis) == pytest.approx(110.0, abs=1.0)


def test_an_answer_that_comes_after_its_call_is_forgotten_changes_nothing(scripts: Scripts, redis: Redis):
    [taken] = taken_some(scripts, per_second=1)
    redis.delete(keys.RECENT_CALLS + "acme")

    settle(scripts, taken, arrival_seconds=40.0)

    assert redis.exists(keys.RECENT_CALLS + "acme") == 0


def test_calls_that_crowd_keep_wider_apart(scripts: Scripts, redis: Redis):
    taken_some(scripts, per_second=1)
    redis.hset(keys.COMPANY + "acme", "extra_spacing", 20_000_000)

    assert looked_at_now(scripts, redis) == pytest.approx(130.0, abs=1.0)
