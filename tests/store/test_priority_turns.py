"""A company's events leave by priority, and sources of the same priority take turns."""

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

Detour = Callable[[Scripts, Redis, LeasedEvent], object]

REJECTION = dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)


def queue_up(scripts: Scripts, priority: Priority, *natives: str, source: str = "web") -> None:
    accept_events(
        scripts, *(event(native, priority=priority) for native in natives), on=receipt(source=source)
    )


def native_ids(leased: Sequence[LeasedEvent]) -> list[str]:
    return [event.event_id.removeprefix("web:") for event in leased]


def queue_replay(scripts: Scripts, redis: Redis, native: str) -> None:
    """Make the event a dead letter and queue it again with a replay."""
    accept_events(scripts, event(native))
    [leased] = take_events(scripts)
    finish(scripts, leased, REJECTION)
    replay_id = new_id()
    start_replay(scripts, redis, replay_id, parse_replay_request({"filter": {"status": "dead"}}).replay)
    assert (
        resend_event(
            scripts, ReplayPosition(replay_id, "acme", 1), leased.id, SendOptions("dead", {}, 100, NOW)
        )
        == "sent"
    )


def test_high_goes_before_normal_before_low_before_replays(scripts: Scripts, redis: Redis):
    queue_replay(scripts, redis, "replay")
    for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH):
        queue_up(scripts, priority, f"{priority}-1", f"{priority}-2")

    assert native_ids(take_events(scripts)) == [
        *("high-1", "high-2", "normal-1", "normal-2", "low-1", "low-2", "replay"),
    ]


def test_sources_of_one_priority_take_turns_however_long_their_queues_are(scripts: Scripts):
    queue_up(scripts, Priority.NORMAL, *(f"deep-{number}" for number in range(40)), source="deep")
    queue_up(scripts, Priority.NORMAL, "quiet-0", "quiet-1", source="quiet")

    assert native_ids(take_events(scripts, 5)) == ["deep-0", "quiet-0", "deep-1", "quiet-1", "deep-2"]


def test_a_source_that_starts_later_waits_for_one_turn_and_not_for_the_backlog(scripts: Scripts):
    queue_up(scripts, Priority.NORMAL, *(f"deep-{number}" for number in range(40)), source="deep")
    take_events(scripts, 7)
    queue_up(scripts, Priority.NORMAL, "late", source="late")

    assert "late" in native_ids(take_events(scripts, 2))


def test_the_turns_of_a_source_are_separate_for_each_priority(scripts: Scripts):
    queue_up(scripts, Priority.LOW, "first-low", source="first")
    queue_up(scripts, Priority.NORMAL, "second-1", "second-2", source="second")
    queue_up(scripts, Priority.NORMAL, "first-normal", source="first")

    assert native_ids(take_events(scripts)) == ["second-1", "first-normal", "second-2", "first-low"]


def test_the_last_calls_of_a_day_are_reserved_for_high_priority(scripts: Scripts):
    publish(scripts, per_second=50, per_day=10, high_priority_share=0.2)
    queue_up(scripts, Priority.NORMAL, *(f"normal-{number}" for number in range(12)))
    assert len(take_events(scripts)) == 8
    assert take_events(scripts) == []

    queue_up(scripts, Priority.HIGH, *(f"high-{number}" for number in range(3)))
    assert native_ids(take_events(scripts)) == ["high-0", "high-1"]
    assert take_events(scripts) == []


def test_high_priority_calls_use_the_reserved_share_first(scripts: Scripts):
    publish(scripts, per_second=50, per_day=10, high_priority_share=0.2)
    queue_up(scripts, Priority.HIGH, "high-0", "high-1")
    queue_up(scripts, Priority.LOW, *(f"low-{number}" for number in range(12)))

    assert len(take_events(scripts)) == 10


def retry(scripts: Scripts, redis: Redis, leased: LeasedEvent) -> None:
    finish(scripts, leased, retry_later(Retry(seconds=0.0), record=b""))
    sweep_now(scripts, redis)


def freeze(scripts: Scripts, _: Redis, leased: LeasedEvent) -> None:
    finish(scripts, leased, freeze_company(0.0, record=b""))


def return_event(scripts: Scripts, _: Redis, leased: LeasedEvent) -> None:
    finish(scripts, leased, return_unsent())


def hold_and_resume(scripts: Scripts, _: Redis, leased: LeasedEvent) -> None:
    finish(scripts, leased, hold_event(HoldCause.FORBIDDEN, "ip", record=b"", probe_seconds=300))
    resume_destination(scripts, "acme")


def lose_worker(scripts: Scripts, redis: Redis, leased: LeasedEvent) -> None:
    redis.zadd(keys.LEASES, {f"acme|{leased.id}|{leased.try_number}": 0})
    assert sweep_now(scripts, redis).rescued == 1


def replay_alone(scripts: Scripts, _: Redis, leased: LeasedEvent) -> None:
    finish(scripts, leased, REJECTION)
    replay_event(scripts, leased.id, now=NOW)


def requeue_with_rq(scripts: Scripts, redis: Redis, leased: LeasedEvent) -> None:
    finish(scripts, leased, REJECTION)
    name = redis.hget(keys.RQ_JOB + leased.id, "origin").decode()
    FailedJobRegistry(name, connection=redis, serializer="json").requeue(leased.id)
    sweep_now(scripts, redis)


DETOURS = [
    retry,
    freeze,
    return_event,
    hold_and_resume,
    lose_worker,
    replay_alone,
    requeue_with_rq,
]


@pytest.mark.parametrize("detour", DETOURS)
@pytest.mark.parametrize("priority", Priority)
def test_an_event_keeps_its_priority_when_it_returns_to_the_queue(
    scripts: Scripts, redis: Redis, detour: Detour, priority: Priority
):
    queue_up(scripts, priority, "1")
    [queue] = redis.smembers(keys.RQ_QUEUES)
    [leased] = take_events(scripts)

    detour(scripts, redis, leased)

    assert redis.lrange(queue, 0, -1) == [leased.id.encode()]
    assert [again.id for again in take_events(scripts)] == [leased.id]


@pytest.mark.parametrize(
    ("priority", "suffix"), [(Priority.HIGH, ":high"), (Priority.NORMAL, ""), (Priority.LOW, ":low")]
)
def test_a_queue_is_named_by_company_source_and_priority(
    scripts: Scripts, redis: Redis, priority: Priority, suffix: str
):
    queue_up(scripts, priority, "1", source="crm")

    assert redis.smembers(keys.RQ_QUEUES) == {f"rq:queue:gong:acme:crm{suffix}".encode()}
