"""Limits per second and per rolling day. The tests set timestamps in the store instead of waiting."""

import pytest
from redis import Redis

from relay.store.delivery import SECOND, Pacing, lease_events
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.queues import read_company_usage
from tests.store_world import accept_events, event, publish, take_events

BUCKET = 600
BUCKETS_PER_DAY = 144


def now_seconds(redis: Redis) -> float:
    seconds, microseconds = redis.time()
    return seconds + microseconds / SECOND


def queue_up(scripts: Scripts, count: int) -> None:
    accept_events(scripts, *(event(str(number)) for number in range(count)))


def spend(redis: Redis, *, buckets_ago: int, calls: int) -> None:
    """Record calls that were made that long ago."""
    bucket = int(now_seconds(redis)) // BUCKET - buckets_ago
    key = keys.DAY_CALLS + "acme"
    first = min(int(redis.hget(key, "first") or bucket), bucket)
    redis.hincrby(key, str(bucket), calls)
    redis.hincrby(key, "total", calls)
    redis.hset(key, "first", first)


def lease_wait(scripts: Scripts, *, window: float) -> float | None:
    return lease_events(scripts, worker="w", want=32, pacing=Pacing(window=window))[0]


def test_a_company_without_published_limits_makes_three_calls_per_window(scripts: Scripts):
    queue_up(scripts, 5)

    assert len(take_events(scripts, window=60.0)) == 3
    assert lease_wait(scripts, window=60.0) == pytest.approx(60.0, abs=1.0)


@pytest.mark.parametrize("per_second", [1, 2, 7])
def test_published_limits_apply(scripts: Scripts, per_second: int):
    publish(scripts, per_second=per_second)
    queue_up(scripts, 10)

    assert len(take_events(scripts, window=60.0)) == per_second


def test_each_call_that_leaves_the_window_makes_room_for_one_more(scripts: Scripts, redis: Redis):
    queue_up(scripts, 6)
    now = int(now_seconds(redis) * SECOND)
    redis.rpush(keys.RECENT_CALLS + "acme", now - 2 * SECOND, now - 5 * SECOND, now - 11 * SECOND)

    assert len(take_events(scripts, window=10.0)) == 1


def test_companies_do_not_share_a_limit(scripts: Scripts):
    queue_up(scripts, 5)
    accept_events(scripts, *(event(f"o{number}", company="other") for number in range(5)))

    events = take_events(scripts, window=60.0)
    assert sorted(event.company for event in events) == ["acme"] * 3 + ["other"] * 3


def test_a_spent_day_stops_the_company_until_its_oldest_calls_leave_the_day(scripts: Scripts, redis: Redis):
    publish(scripts, per_day=10)
    spend(redis, buckets_ago=143, calls=4)
    spend(redis, buckets_ago=2, calls=6)
    queue_up(scripts, 2)

    assert take_events(scripts) == []
    wait = lease_wait(scripts, window=0.0)
    assert wait is not None
    assert BUCKET < wait <= 2 * BUCKET


def test_calls_older_than_a_day_no_longer_count(scripts: Scripts, redis: Redis):
    publish(scripts, per_day=10)
    spend(redis, buckets_ago=BUCKETS_PER_DAY + 1, calls=10)
    queue_up(scripts, 2)

    assert len(take_events(scripts)) == 2
    assert read_company_usage(redis, ["acme"])[0].last_day == 2
    assert redis.hget(keys.DAY_CALLS + "acme", "total") == b"2"


def test_exactly_the_daily_budget_is_used(scripts: Scripts):
    publish(scripts, per_second=50, per_day=20, daily_share=0.5, high_priority_share=0.0)
    queue_up(scripts, 30)

    assert len(take_events(scripts)) == 10
    assert take_events(scripts) == []


def test_a_budget_of_zero_sends_nothing(scripts: Scripts):
    publish(scripts, daily_share=0.0)
    queue_up(scripts, 1)

    assert take_events(scripts) == []


def test_the_usage_of_a_company_can_be_read(scripts: Scripts, redis: Redis):
    queue_up(scripts, 5)
    take_events(scripts, window=60.0)

    [usage] = read_company_usage(redis, ["acme"])
    assert (usage.queued, usage.last_second, usage.last_day, usage.frozen_until) == (2, 3, 3, None)


def test_an_empty_store_has_no_next_event_to_wait_for(scripts: Scripts):
    assert lease_wait(scripts, window=1.0) is None
