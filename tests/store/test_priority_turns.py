"""Which event of a company leaves next: by priority, and by turns between the sources of one priority."""

from collections.abc import Callable, Sequence

import pytest
from redis import Redis
from rq.registry import FailedJobRegistry

from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.core.priority import Priority
from relay.core.replay import parse_replay_request
from relay.store.delivery import (
    LeasedEvent,
    Retry,
    dead_letter,
    finish,
    freeze_company,
    hold_event,
    retry_later,
    return_unsent,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import replay_event
from relay.store.holds import resume_destination
from relay.store.replays import ReplayPosition, SendOptions, resend_event, start_replay
from tests.store_world import (
    NOW,
    accept_events,
    event,
    new_id,
    publish,
    receipt,
    sweep_now,
    take_events,
)

Journey = Callable[[Scripts, Redis, LeasedEvent], object]

REFUSED = dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)


def queue_up(scripts: Scripts, priority: Priority, *natives: str, source: str = "web") -> None:
    accept_events(
        scripts, *(event(native, priority=priority) for native in natives), on=receipt(source=source)
    )


def order(taken: Sequence[LeasedEvent]) -> list[str]:
    return [one.event_id.removeprefix("web:") for one in taken]


def replayed(scripts: Scripts, redis: Redis, native: str) -> None:
    """An event that was a dead letter, and is sent again by a replay."""
    accept_events(scripts, event(native))
    [taken] = take_events(scripts)
    finish(scripts, taken, REFUSED)
    replay_id = new_id()
    start_replay(scripts, redis, replay_id, parse_replay_request({"filter": {"status": "dead"}}).replay)
    assert (
        resend_event(
            scripts, ReplayPosition(replay_id, "acme", 1), taken.id, SendOptions("dead", {}, 100, NOW)
        )
        == "sent"
    )


def test_high_goes_before_normal_before_low_before_replays(scripts: Scripts, redis: Redis):
    replayed(scripts, redis, "replay")
    for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH):
        queue_up(scripts, priority, f"{priority}-1", f"{priority}-2")

    assert order(take_events(scripts)) == [
        *("high-1", "high-2", "normal-1", "normal-2", "low-1", "low-2", "replay"),
    ]


def test_sources_of_one_priority_take_turns_whatever_each_has_waiting(scripts: Scripts):
    queue_up(scripts, Priority.NORMAL, *(f"deep-{number}" for number in range(40)), source="deep")
    queue_up(scripts, Priority.NORMAL, "quiet-0", "quiet-1", source="quiet")

    assert order(take_events(scripts, 5)) == ["deep-0", "quiet-0", "deep-1", "quiet-1", "deep-2"]


def test_a_source_that_comes_later_waits_for_one_turn_and_not_for_a_backlog(scripts: Scripts):
    queue_up(scripts, Priority.NORMAL, *(f"deep-{number}" for number in range(40)), source="deep")
    take_events(scripts, 7)
    queue_up(scripts, Priority.NORMAL, "late", source="late")

    assert "late" in order(take_events(scripts, 2))


def test_a_source_has_its_turn_in_each_priority_by_itself(scripts: Scripts):
    queue_up(scripts, Priority.LOW, "one-low", source="one")
    queue_up(scripts, Priority.NORMAL, "two-1", "two-2", source="two")
    queue_up(scripts, Priority.NORMAL, "one-normal", source="one")

    assert order(take_events(scripts)) == ["two-1", "one-normal", "two-2", "one-low"]


def test_the_last_calls_of_a_day_are_kept_for_priority_high(scripts: Scripts):
    publish(scripts, per_second=50, per_day=10, high_priority_share=0.2)
    queue_up(scripts, Priority.NORMAL, *(f"normal-{number}" for number in range(12)))
    assert len(take_events(scripts)) == 8
    assert take_events(scripts) == []

    queue_up(scripts, Priority.HIGH, *(f"high-{number}" for number in range(3)))
    assert order(take_events(scripts)) == ["high-0", "high-1"]
    assert take_events(scripts) == []


def test_calls_of_priority_high_take_nothing_from_the_room_of_the_others(scripts: Scripts):
    publish(scripts, per_second=50, per_day=10, high_priority_share=0.2)
    queue_up(scripts, Priority.HIGH, "high-0", "high-1")
    queue_up(scripts, Priority.LOW, *(f"low-{number}" for number in range(12)))

    assert len(take_events(scripts)) == 10


def waits(scripts: Scripts, redis: Redis, taken: LeasedEvent) -> None:
    finish(scripts, taken, retry_later(Retry(seconds=0.0), record=b""))
    sweep_now(scripts, redis)


def rests(scripts: Scripts, _: Redis, taken: LeasedEvent) -> None:
    finish(scripts, taken, freeze_company(0.0, record=b""))


def is_given_back(scripts: Scripts, _: Redis, taken: LeasedEvent) -> None:
    finish(scripts, taken, return_unsent())


def is_held(scripts: Scripts, _: Redis, taken: LeasedEvent) -> None:
    finish(scripts, taken, hold_event(HoldCause.FORBIDDEN, "ip", record=b"", probe_seconds=300))
    resume_destination(scripts, "acme")


def loses_its_worker(scripts: Scripts, redis: Redis, taken: LeasedEvent) -> None:
    redis.zadd(keys.LEASES, {f"acme|{taken.id}|{taken.try_number}": 0})
    assert sweep_now(scripts, redis).rescued == 1


def is_replayed_alone(scripts: Scripts, _: Redis, taken: LeasedEvent) -> None:
    finish(scripts, taken, REFUSED)
    replay_event(scripts, taken.id, now=NOW)


def is_requeued_with_rq(scripts: Scripts, redis: Redis, taken: LeasedEvent) -> None:
    finish(scripts, taken, REFUSED)
    name = redis.hget(keys.RQ_JOB + taken.id, "origin").decode()
    FailedJobRegistry(name, connection=redis, serializer="json").requeue(taken.id)
    sweep_now(scripts, redis)


JOURNEYS = [
    waits,
    rests,
    is_given_back,
    is_held,
    loses_its_worker,
    is_replayed_alone,
    is_requeued_with_rq,
]


@pytest.mark.parametrize("journey", JOURNEYS)
@pytest.mark.parametrize("priority", Priority)
def test_an_event_keeps_its_priority_whatever_befalls_it(
    scripts: Scripts, redis: Redis, journey: Journey, priority: Priority
):
    queue_up(scripts, priority, "1")
    [queue] = redis.smembers(keys.RQ_QUEUES)
    [taken] = take_events(scripts)

    journey(scripts, redis, taken)

    assert redis.lrange(queue, 0, -1) == [taken.id.encode()]
    assert [again.id for again in take_events(scripts)] == [taken.id]


@pytest.mark.parametrize(
    ("priority", "ending"), [(Priority.HIGH, ":high"), (Priority.NORMAL, ""), (Priority.LOW, ":low")]
)
def test_a_queue_is_named_by_company_source_and_priority(
    scripts: Scripts, redis: Redis, priority: Priority, ending: str
):
    queue_up(scripts, priority, "1", source="crm")

    assert redis.smembers(keys.RQ_QUEUES) == {f"rq:queue:gong:acme:crm{ending}".encode()}
