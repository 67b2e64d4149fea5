"""A session in the store: its first event is the carrier, which is queued when the session ends."""

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

IDLE_SECONDS, MAX_SECONDS = 900, 14_400


def page_view(number: int, *, visit: str = "v-1", destination: str = "acme") -> NewEvent:
    """A page view `number` minutes after the start."""
    happened_at = NOW + timedelta(minutes=number)
    session = VisitSession(
        ("web", "page_view", visit, "jane"),
        happened_at,
        AggregateOptions(IDLE_SECONDS, MAX_SECONDS, "visited"),
    )
    return replace(event(str(number), destination=destination), session=session)


def states(scripts: Scripts, *events: NewEvent) -> list[str]:
    return [verdict.status for verdict in accept_events(scripts, *events).verdicts]


def end_sessions(scripts: Scripts, redis: Redis) -> None:
    """End every open session."""
    for event_id in redis.zrange(keys.AGGREGATING, 0, -1):
        redis.zadd(keys.AGGREGATING, {event_id: 0})
    sweep_now(scripts, redis)


def lease_aggregate(scripts: Scripts, redis: Redis, count: int = 3) -> LeasedEvent:
    """Accept `count` events of a session, end it and lease its carrier."""
    accept_events(scripts, *map(page_view, range(count)))
    end_sessions(scripts, redis)
    [leased] = take_events(scripts)
    return leased


def seconds_until_end(redis: Redis, event_id: str) -> float:
    seconds, microseconds = redis.time()
    return redis.zscore(keys.AGGREGATING, event_id) / SECOND - seconds - microseconds / SECOND


def test_the_first_event_of_a_session_aggregates_the_following_ones(scripts: Scripts):
    assert states(scripts, page_view(0), page_view(1)) == ["aggregating", "aggregated"]
    assert states(scripts, page_view(2)) == ["aggregated"]


def test_no_event_of_an_open_session_is_sent(scripts: Scripts, redis: Redis):
    accept_events(scripts, page_view(0), page_view(1))
    sweep_now(scripts, redis)

    assert take_events(scripts) == []


def test_an_ended_session_is_sent_as_one_call(scripts: Scripts, redis: Redis):
    leased = lease_aggregate(scripts, redis, count=12)

    assert leased.event_id == "web:0"
    assert leased.aggregate
    assert (leased.aggregate.count, leased.aggregate.first_at) == (12, NOW)
    assert leased.aggregate.last_at == NOW + timedelta(minutes=11)
    assert leased.aggregate.options == b'{"event_type":"visited"}'


def test_an_event_that_arrives_late_can_still_be_the_start_of_the_session(scripts: Scripts, redis: Redis):
    accept_events(scripts, page_view(5), page_view(2), page_view(3))
    end_sessions(scripts, redis)
    [leased] = take_events(scripts)

    assert leased.aggregate
    assert (leased.aggregate.first_at, leased.aggregate.last_at) == (
        NOW + timedelta(minutes=2),
        NOW + timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    "other",
    [page_view(1, visit="v-2"), page_view(1, destination="globex"), event("1")],
    ids=["other key", "other destination", "no session"],
)
def test_events_outside_the_session_are_not_aggregated(scripts: Scripts, other: NewEvent):
    assert states(scripts, page_view(0), other)[1] != "aggregated"


def test_each_event_postpones_the_end_of_its_session(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, page_view(0)).verdicts[0].id
    redis.zadd(keys.AGGREGATING, {carrier: redis.zscore(keys.AGGREGATING, carrier) - 600 * SECOND})
    before = seconds_until_end(redis, carrier)

    accept_events(scripts, page_view(1))

    assert before < IDLE_SECONDS / 2
    assert IDLE_SECONDS - 60 < seconds_until_end(redis, carrier) <= IDLE_SECONDS


def test_no_event_extends_a_session_beyond_its_maximum_length(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, page_view(0)).verdicts[0].id
    ends = int(redis.zscore(keys.AGGREGATING, carrier))
    redis.hset(keys.EVENT + carrier, "aggregates_until", ends)

    accept_events(scripts, page_view(1))

    assert redis.zscore(keys.AGGREGATING, carrier) == ends


def test_a_second_session_later_is_another_call(scripts: Scripts, redis: Redis):
    first = lease_aggregate(scripts, redis)

    assert states(scripts, page_view(3), page_view(4)) == ["aggregating", "aggregated"]
    end_sessions(scripts, redis)
    [second] = take_events(scripts)
    assert (second.id != first.id, second.event_id) == (True, "web:3")


def test_a_session_ends_on_time_even_if_no_worker_is_running(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, page_view(0)).verdicts[0].id
    redis.zadd(keys.AGGREGATING, {carrier: 0})

    assert states(scripts, page_view(1)) == ["aggregating"]
    sweep_now(scripts, redis)
    assert [leased.id for leased in take_events(scripts)] == [carrier]
    assert states(scripts, page_view(2)) == ["aggregated"]


def test_a_repeated_event_is_counted_once(scripts: Scripts, redis: Redis):
    accept_events(scripts, page_view(0), page_view(1))
    [again] = accept_events(scripts, page_view(1)).verdicts
    end_sessions(scripts, redis)
    [leased] = take_events(scripts)

    assert (again.duplicate, again.status) == (True, "aggregated")
    assert leased.aggregate
    assert leased.aggregate.count == 2


def test_a_repeat_of_the_first_event_is_a_duplicate(scripts: Scripts):
    first, again = (accept_events(scripts, page_view(0)).verdicts[0] for _ in range(2))

    assert (again.id, again.duplicate, again.status) == (first.id, True, "aggregating")


def test_calls_saved_are_counted_by_destination(scripts: Scripts, redis: Redis):
    lease_aggregate(scripts, redis, count=12)

    [depth] = read_depths(redis, ["acme"])
    assert depth.counts["aggregated"] == depth.states[State.AGGREGATED] == 11


def test_an_aggregated_event_names_its_carrier(scripts: Scripts, redis: Redis):
    carrier, other = (verdict.id for verdict in accept_events(scripts, page_view(0), page_view(1)).verdicts)

    assert field_of(redis, other, "carrier") == carrier


def test_a_discarded_session_is_not_sent_and_accepts_no_more_events(scripts: Scripts, redis: Redis):
    carrier = accept_events(scripts, page_view(0), page_view(1)).verdicts[0].id
    discard_event(scripts, carrier, keep_seconds=600)

    assert states(scripts, page_view(2)) == ["aggregating"]
    end_sessions(scripts, redis)
    assert [leased.event_id for leased in take_events(scripts)] == ["web:2"]


@pytest.mark.parametrize("ended", ["dead", "discarded"])
def test_a_replay_sends_the_whole_session_again(scripts: Scripts, redis: Redis, ended: str):
    if ended == "dead":
        leased = lease_aggregate(scripts, redis, count=5)
        assert finish(
            scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)
        )
        carrier = leased.id
    else:
        carrier = accept_events(scripts, *map(page_view, range(5))).verdicts[0].id
        discard_event(scripts, carrier, keep_seconds=600, keep_data=True)

    replay_event(scripts, carrier, now=NOW)

    [again] = take_events(scripts)
    assert again.id == carrier
    assert again.aggregate
    assert again.aggregate.count == 5


def test_a_session_is_pruned_completely_after_its_retention(scripts: Scripts, redis: Redis):
    leased = lease_aggregate(scripts, redis)
    assert finish(scripts, leased, end_event(State.DELIVERED, "r", record=b"", keep_seconds=600))
    for event_id in redis.zrange(keys.EXPIRY, 0, -1):
        redis.zadd(keys.EXPIRY, {event_id: 0})

    swept = sweep_now(scripts, redis)

    assert swept.pruned == 3
    assert read_event(redis, leased.id) is None
    prefixes = {name.decode().rpartition(":")[0] + ":" for name in redis.keys("relay:*:*")}
    assert prefixes & {keys.EVENT, keys.RECEIPT, keys.SESSION} == set()
