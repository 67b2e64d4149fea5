"""A session in the store: its first event gathers the others, and is queued when it has been quiet for long enough."""

from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason, State
from relay.core.visit_session import AggregateOptions, VisitSession
from relay.store.accept import NewEvent
from relay.store.delivery import SECOND, LeasedEvent, dead_letter, end_event, finish
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event, read_event, replay_event
from relay.store.queues import read_depths
from tests.store_world import NOW, accept_events, event, field_of, sweep_now, take_events

QUIET, LONGEST = 900, 14_400


def viewed(number: int, *, visit: str = "v-1", destination: str = "acme") -> NewEvent:
    """A page view a minute after the one before."""
    happened_at = NOW + timedelta(minutes=number)
    session = VisitSession(
        ("web", "page_view", visit, "jane"), happened_at, AggregateOptions(QUIET, LONGEST, "visited")
    )
    return replace(event(str(number), destination=destination), session=session)


def states(scripts: Scripts, *events: NewEvent) -> list[str]:
    return [verdict.status for verdict in accept_events(scripts, *events).verdicts]


def fall_quiet(scripts: Scripts, redis: Redis) -> None:
    """Let every session that gathers be over."""
    for event_id in redis.zrange(keys.AGGREGATING, 0, -1):
        redis.zadd(keys.AGGREGATING, {event_id: 0})
    sweep_now(scripts, redis)


def gathered_one(scripts: Scripts, redis: Redis, count: int = 3) -> LeasedEvent:
    """The event that stands for a session, taken to be sent."""
    accept_events(scripts, *map(viewed, range(count)))
    fall_quiet(scripts, redis)
    [taken] = take_events(scripts)
    return taken


def over_in_seconds(redis: Redis, event_id: str) -> float:
    seconds, microseconds = redis.time()
    return redis.zscore(keys.AGGREGATING, event_id) / SECOND - seconds - microseconds / SECOND


def test_the_first_event_of_a_session_gathers_those_that_follow(scripts: Scripts):
    assert states(scripts, viewed(0), viewed(1)) == ["aggregating", "aggregated"]
    assert states(scripts, viewed(2)) == ["aggregated"]


def test_nothing_of_a_session_is_sent_before_it_is_over(scripts: Scripts, redis: Redis):
    accept_events(scripts, viewed(0), viewed(1))
    sweep_now(scripts, redis)

    assert take_events(scripts) == []


def test_one_call_stands_for_a_session_that_is_over(scripts: Scripts, redis: Redis):
    taken = gathered_one(scripts, redis, count=12)

    assert taken.event_id == "web:0"
    assert taken.aggregate
    assert (taken.aggregate.count, taken.aggregate.first_at) == (12, NOW)
    assert taken.aggregate.last_at == NOW + timedelta(minutes=11)
    assert taken.aggregate.options == b'{"event_type":"visited"}'


def test_what_came_late_still_began_first(scripts: Scripts, redis: Redis):
    accept_events(scripts, viewed(5), viewed(2), viewed(3))
    fall_quiet(scripts, redis)
    [taken] = take_events(scripts)

    assert taken.aggregate
    assert (taken.aggregate.first_at, taken.aggregate.last_at) == (
        NOW + timedelta(minutes=2),
        NOW + timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    "other",
    [viewed(1, visit="v-2"), viewed(1, destination="globex"), event("1")],
    ids=["key", "place", "none"],
)
def test_other_events_are_not_gathered(scripts: Scripts, other: NewEvent):
    assert states(scripts, viewed(0), other)[1] != "aggregated"


def test_each_event_puts_the_end_of_its_session_off(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, viewed(0)).verdicts[0].id
    redis.zadd(keys.AGGREGATING, {carrier: redis.zscore(keys.AGGREGATING, carrier) - 600 * SECOND})
    before = over_in_seconds(redis, carrier)

    accept_events(scripts, viewed(1))

    assert before < QUIET / 2
    assert QUIET - 60 < over_in_seconds(redis, carrier) <= QUIET


def test_no_event_puts_it_off_beyond_the_longest(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, viewed(0)).verdicts[0].id
    ends = int(redis.zscore(keys.AGGREGATING, carrier))
    redis.hset(keys.EVENT + carrier, "aggregates_until", ends)

    accept_events(scripts, viewed(1))

    assert redis.zscore(keys.AGGREGATING, carrier) == ends


def test_a_second_session_later_is_another_call(scripts: Scripts, redis: Redis):
    first = gathered_one(scripts, redis)

    assert states(scripts, viewed(3), viewed(4)) == ["aggregating", "aggregated"]
    fall_quiet(scripts, redis)
    [second] = take_events(scripts)
    assert (second.id != first.id, second.event_id) == (True, "web:3")


def test_a_session_is_over_even_if_no_worker_was_there_to_see_it(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, viewed(0)).verdicts[0].id
    redis.zadd(keys.AGGREGATING, {carrier: 0})

    assert states(scripts, viewed(1)) == ["aggregating"]
    sweep_now(scripts, redis)
    assert [taken.id for taken in take_events(scripts)] == [carrier]
    assert states(scripts, viewed(2)) == ["aggregated"]


def test_a_repeated_event_is_counted_once(scripts: Scripts, redis: Redis):
    accept_events(scripts, viewed(0), viewed(1))
    [again] = accept_events(scripts, viewed(1)).verdicts
    fall_quiet(scripts, redis)
    [taken] = take_events(scripts)

    assert (again.duplicate, again.status) == (True, "aggregated")
    assert taken.aggregate
    assert taken.aggregate.count == 2


def test_a_repeat_of_the_first_event_is_its_duplicate(scripts: Scripts):
    first, again = (accept_events(scripts, viewed(0)).verdicts[0] for _ in range(2))

    assert (again.id, again.duplicate, again.status) == (first.id, True, "aggregating")


def test_calls_saved_are_counted_by_destination(scripts: Scripts, redis: Redis):
    gathered_one(scripts, redis, count=12)

    [depth] = read_depths(redis, ["acme"])
    assert depth.counts["aggregated"] == depth.states[State.AGGREGATED] == 11


def test_an_event_says_which_one_stands_for_it(scripts: Scripts, redis: Redis):
    carrier, other = (verdict.id for verdict in accept_events(scripts, viewed(0), viewed(1)).verdicts)

    assert field_of(redis, other, "carrier") == carrier


def test_a_session_that_was_given_up_is_not_sent_and_gathers_no_more(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, viewed(0), viewed(1)).verdicts[0].id
    discard_event(scripts, carrier, keep_seconds=600)

    assert states(scripts, viewed(2)) == ["aggregating"]
    fall_quiet(scripts, redis)
    assert [taken.event_id for taken in take_events(scripts)] == ["web:2"]


@pytest.mark.parametrize("ended", ["dead", "discarded"])
def test_a_replay_sends_the_whole_session_again(scripts: Scripts, redis: Redis, ended: str):
    if ended == "dead":
        taken = gathered_one(scripts, redis, count=5)
        assert finish(
            scripts, taken, dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)
        )
        carrier = taken.id
    else:
        carrier = accept_events(scripts, *map(viewed, range(5))).verdicts[0].id
        discard_event(scripts, carrier, keep_seconds=600)

    replay_event(scripts, carrier, now=NOW)

    [again] = take_events(scripts)
    assert again.id == carrier
    assert again.aggregate
    assert again.aggregate.count == 5


def test_a_session_leaves_nothing_behind_when_its_time_is_up(scripts: Scripts, redis: Redis):
    taken = gathered_one(scripts, redis)
    assert finish(scripts, taken, end_event(State.DELIVERED, "r", record=b"", keep_seconds=600))
    for event_id in redis.zrange(keys.EXPIRY, 0, -1):
        redis.zadd(keys.EXPIRY, {event_id: 0})

    swept = sweep_now(scripts, redis)

    assert swept.pruned == 3
    assert read_event(redis, taken.id) is None
    left = {name.decode().rpartition(":")[0] + ":" for name in redis.keys("relay:*:*")}
    assert left & {keys.EVENT, keys.RECEIPT, keys.SESSION} == set()
