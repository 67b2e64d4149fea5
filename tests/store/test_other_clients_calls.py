"""A 429 below the relay's own count means that other clients use the company's limits, so the relay slows down."""

import pytest
from redis import Redis

from relay.core.lifecycle import State
from relay.store.delivery import SECOND, end_event, finish, freeze_company
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.queues import CompanyUsage, read_company_usage
from tests.store_world import accept_events, event, new_id, publish, take_events

DELIVERED = end_event(State.DELIVERED, None, record=b"", keep_seconds=600)


def read_usage(redis: Redis) -> CompanyUsage:
    [usage] = read_company_usage(redis, ["acme"])
    return usage


def deliver(scripts: Scripts) -> None:
    accept_events(scripts, event(new_id()))
    [leased] = take_events(scripts)
    assert finish(scripts, leased, DELIVERED)


def end_freeze(redis: Redis) -> None:
    """End the company's freeze now."""
    redis.hset(keys.COMPANY + "acme", "frozen_until", 0)
    redis.zadd(keys.DUE, {"acme": 0})


def throttle(scripts: Scripts, redis: Redis, seconds: float, *, per_day: int = 10_000) -> None:
    """Let an attempt get a 429 that freezes the company for `seconds`, and end the freeze; the event stays queued."""
    accept_events(scripts, event(new_id()))
    [leased] = take_events(scripts)
    assert finish(scripts, leased, freeze_company(seconds, record=b"", per_day=per_day))
    end_freeze(redis)


@pytest.fixture(autouse=True)
def publish_high_limit(scripts: Scripts) -> None:
    publish(scripts, per_second=1000)


def test_a_company_without_429s_has_no_extra_spacing(scripts: Scripts, redis: Redis):
    deliver(scripts)

    assert (
        read_usage(redis).extra_spacing,
        read_usage(redis).other_calls,
        read_usage(redis).other_calls_at,
    ) == (
        0.0,
        0,
        None,
    )


def test_a_short_freeze_adds_spacing_and_does_not_change_the_daily_count(scripts: Scripts, redis: Redis):
    throttle(scripts, redis, 1.0)

    assert (read_usage(redis).extra_spacing, read_usage(redis).other_calls) == (0.05, 0)


def test_the_spacing_grows_with_each_new_429_up_to_a_limit(scripts: Scripts, redis: Redis):
    spacings = []
    for _ in range(8):
        throttle(scripts, redis, 1.0)
        spacings.append(read_usage(redis).extra_spacing)
        [again] = take_events(scripts)
        finish(scripts, again, DELIVERED)

    assert spacings == sorted(spacings)
    assert spacings[1] > 2 * spacings[0]
    assert spacings[-1] == 2.0


def test_consecutive_429s_count_once(scripts: Scripts, redis: Redis):
    throttle(scripts, redis, 1.0)
    for _ in range(5):
        [again] = take_events(scripts)
        finish(scripts, again, freeze_company(1.0, record=b"", per_day=10_000))
        end_freeze(redis)

    assert read_usage(redis).extra_spacing == 0.05


def test_429s_of_calls_in_flight_together_count_once(scripts: Scripts, redis: Redis):
    accept_events(scripts, *(event(str(number)) for number in range(5)))
    for leased in take_events(scripts):
        finish(scripts, leased, freeze_company(1.0, record=b"", per_day=10_000))
    end_freeze(redis)

    assert read_usage(redis).extra_spacing == 0.05
    assert {leased.consecutive_429s for leased in take_events(scripts)} == {1}


def test_each_success_reduces_the_spacing_until_none_is_left(scripts: Scripts, redis: Redis):
    redis.hset(keys.COMPANY + "acme", "extra_spacing", SECOND // 1000)
    spacings = [read_usage(redis).extra_spacing]
    for _ in range(200):
        deliver(scripts)
        spacings.append(read_usage(redis).extra_spacing)

    assert spacings == sorted(spacings, reverse=True)
    assert spacings[1] < spacings[0]
    assert spacings[-1] < 0.00004


def test_a_long_freeze_shows_how_many_calls_of_the_day_others_made(scripts: Scripts, redis: Redis):
    deliver(scripts)
    deliver(scripts)
    throttle(scripts, redis, 3600.0, per_day=100)

    assert (read_usage(redis).other_calls, read_usage(redis).extra_spacing) == (97, 0.0)
    assert read_usage(redis).other_calls_at is not None


def test_a_daily_limit_that_the_relay_used_up_itself_counts_no_other_calls(scripts: Scripts, redis: Redis):
    deliver(scripts)
    throttle(scripts, redis, 3600.0, per_day=2)

    assert (read_usage(redis).other_calls, read_usage(redis).other_calls_at) == (0, None)


def test_calls_of_others_are_forgotten_after_a_day(scripts: Scripts, redis: Redis):
    throttle(scripts, redis, 3600.0, per_day=100)
    day = 24 * 3600 * SECOND
    redis.hset(
        keys.COMPANY + "acme",
        "other_calls_at",
        int(redis.hget(keys.COMPANY + "acme", "other_calls_at")) - day,
    )

    assert (read_usage(redis).other_calls, read_usage(redis).other_calls_at) == (0, None)
