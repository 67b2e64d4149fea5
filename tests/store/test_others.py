"""A 429 while our own ledger shows room: somebody else spends of the company's limits, and the relay makes way."""

import pytest
from redis import Redis

from relay.core.lifecycle import State
from relay.store.delivery import SECOND, end_event, finish, freeze_company
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.queues import CompanyUsage, read_company_usage
from tests.store_world import accept_events, event, new_id, publish, take_events

DELIVERED = end_event(State.DELIVERED, None, record=b"", keep_seconds=600)


def spent(redis: Redis) -> CompanyUsage:
    [told] = read_company_usage(redis, ["acme"])
    return told


def deliver(scripts: Scripts) -> None:
    accept_events(scripts, event(new_id()))
    [taken] = take_events(scripts)
    assert finish(scripts, taken, DELIVERED)


def thaw(redis: Redis) -> None:
    """As if the company had rested."""
    redis.hset(keys.COMPANY + "acme", "frozen_until", 0)
    redis.zadd(keys.DUE, {"acme": 0})


def throttle(scripts: Scripts, redis: Redis, seconds: float, *, per_day: int = 10_000) -> None:
    """A 429 of so many seconds, and the rest after it; the event goes in the end."""
    accept_events(scripts, event(new_id()))
    [taken] = take_events(scripts)
    assert finish(scripts, taken, freeze_company(seconds, record=b"", per_day=per_day))
    thaw(redis)


@pytest.fixture(autouse=True)
def swift(scripts: Scripts) -> None:
    publish(scripts, per_second=1000)


def test_a_company_that_nobody_throttles_is_not_crowded(scripts: Scripts, redis: Redis):
    deliver(scripts)

    assert (spent(redis).extra_spacing, spent(redis).other_calls, spent(redis).other_calls_at) == (
        0.0,
        0,
        None,
    )


def test_a_short_rest_spaces_the_calls_wider_and_says_nothing_of_the_day(scripts: Scripts, redis: Redis):
    throttle(scripts, redis, 1.0)

    assert (spent(redis).extra_spacing, spent(redis).other_calls) == (0.05, 0)


def test_the_space_grows_with_each_new_throttle_up_to_a_limit(scripts: Scripts, redis: Redis):
    seen = []
    for _ in range(8):
        throttle(scripts, redis, 1.0)
        seen.append(spent(redis).extra_spacing)
        [again] = take_events(scripts)
        finish(scripts, again, DELIVERED)

    assert seen == sorted(seen)
    assert seen[1] > 2 * seen[0]
    assert seen[-1] == 2.0


def test_a_row_of_throttles_is_one(scripts: Scripts, redis: Redis):
    throttle(scripts, redis, 1.0)
    for _ in range(5):
        [again] = take_events(scripts)
        finish(scripts, again, freeze_company(1.0, record=b"", per_day=10_000))
        thaw(redis)

    assert spent(redis).extra_spacing == 0.05


def test_throttled_calls_that_were_under_way_together_are_one(scripts: Scripts, redis: Redis):
    accept_events(scripts, *(event(str(number)) for number in range(5)))
    for taken in take_events(scripts):
        finish(scripts, taken, freeze_company(1.0, record=b"", per_day=10_000))
    thaw(redis)

    assert spent(redis).extra_spacing == 0.05
    assert {taken.consecutive_429s for taken in take_events(scripts)} == {1}


def test_every_success_takes_some_of_the_space_away_until_none_is_left(scripts: Scripts, redis: Redis):
    redis.hset(keys.COMPANY + "acme", "extra_spacing", SECOND // 1000)
    seen = [spent(redis).extra_spacing]
    for _ in range(200):
        deliver(scripts)
        seen.append(spent(redis).extra_spacing)

    assert seen == sorted(seen, reverse=True)
    assert seen[1] < seen[0]
    assert seen[-1] < 0.00004


def test_a_long_rest_tells_what_others_spent_of_the_day(scripts: Scripts, redis: Redis):
    deliver(scripts)
    deliver(scripts)
    throttle(scripts, redis, 3600.0, per_day=100)

    assert (spent(redis).other_calls, spent(redis).extra_spacing) == (97, 0.0)
    assert spent(redis).other_calls_at is not None


def test_a_day_that_we_have_spent_ourselves_accuses_nobody(scripts: Scripts, redis: Redis):
    deliver(scripts)
    throttle(scripts, redis, 3600.0, per_day=2)

    assert (spent(redis).other_calls, spent(redis).other_calls_at) == (0, None)


def test_what_others_spent_is_forgotten_after_a_day(scripts: Scripts, redis: Redis):
    throttle(scripts, redis, 3600.0, per_day=100)
    day = 24 * 3600 * SECOND
    redis.hset(
        keys.COMPANY + "acme",
        "other_calls_at",
        int(redis.hget(keys.COMPANY + "acme", "other_calls_at")) - day,
    )

    assert (spent(redis).other_calls, spent(redis).other_calls_at) == (0, None)
