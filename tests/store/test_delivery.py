"""Delivery in the store: leases, settlements, retries, holds, dead letters and pruning."""

from dataclasses import replace

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.store.accept import NewEvent
from relay.store.delivery import (
    SECOND,
    LeasedEvent,
    Pacing,
    Retry,
    Settlement,
    dead_letter,
    end_event,
    finish,
    freeze_company,
    hold_event,
    lease_events,
    retry_later,
    return_unsent,
    schedule_probes,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event, replay_event
from relay.store.holds import resume_destination
from tests.store_world import NOW, accept_events, event, publish, sweep_now, take_events


def state_of(redis: Redis, leased: LeasedEvent) -> str:
    return redis.hget(keys.EVENT + leased.id, "state").decode()


def lease_one(scripts: Scripts, new_event: NewEvent | None = None) -> LeasedEvent:
    accept_events(scripts, new_event or event("1"))
    [leased] = take_events(scripts)
    return leased


DELIVERED = end_event(State.DELIVERED, "r1", record=b"{}", keep_seconds=60)


def test_a_leased_event_has_everything_that_its_attempt_needs(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)

    assert (leased.company, leased.destination, leased.operation) == ("acme", "acme", "digital-interaction")
    assert (leased.body, leased.event_id, leased.attempts) == (b'{"eventId":"web:1"}', "web:1", 0)
    assert state_of(redis, leased) == "sending"
    assert redis.zcard(keys.LEASES) == 1


def test_a_leased_event_is_not_leased_again(scripts: Scripts):
    lease_one(scripts)

    assert take_events(scripts) == []


def test_a_delivered_event_leaves_nothing_in_rq(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)

    assert finish(scripts, leased, DELIVERED)
    assert state_of(redis, leased) == "delivered"
    assert redis.exists(keys.RQ_JOB + leased.id) == 0
    assert redis.get(keys.BY_REQUEST_ID + "r1") == leased.id.encode()
    assert redis.zcard(keys.LEASES) == redis.zcard("rq:wip:gong:acme:web") == 0


def test_only_the_holder_of_the_lease_can_settle(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"))
    [slow] = take_events(scripts, lease=0.0)
    assert sweep_now(scripts, redis).rescued == 1
    [quick] = take_events(scripts)

    assert not finish(
        scripts, slow, dead_letter(DeadLetterReason.REJECTED, "late", record=b"{}", keep_seconds=60)
    )
    assert finish(scripts, quick, DELIVERED)
    assert state_of(redis, quick) == "delivered"


def test_a_rescued_event_is_first_in_its_queue_and_marked_as_ambiguous(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"), event("2"))
    [first] = take_events(scripts, 1, lease=0.0)
    sweep_now(scripts, redis)

    again = take_events(scripts)
    assert [leased.event_id for leased in again] == ["web:1", "web:2"]
    assert [leased.ambiguous for leased in again] == [True, False]
    assert again[0].try_number == first.try_number + 1


def test_an_event_whose_workers_keep_crashing_becomes_a_dead_letter(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"))
    for _ in range(3):
        [leased] = take_events(scripts, lease=0.0)
        sweep_now(scripts, redis, max_rescues=3)

    assert state_of(redis, leased) == "dead"
    assert redis.hget(keys.EVENT + leased.id, "reason") == b"worker_crashed"
    assert take_events(scripts) == []


def test_a_lease_that_a_living_worker_lost_is_not_a_crash(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)
    for _ in range(6):
        redis.zadd(keys.LEASES, dict.fromkeys(redis.zrange(keys.LEASES, 0, -1), 1))
        sweep_now(scripts, redis, max_rescues=3)
        # A lost answer makes the worker repeat its late result.
        assert [finish(scripts, leased, DELIVERED), finish(scripts, leased, DELIVERED)] == [False, False]
        [leased] = take_events(scripts)

    assert state_of(redis, leased) == "sending"
    assert redis.hget(keys.EVENT + leased.id, "rescues") == b"0"


def test_a_result_that_was_settled_takes_no_rescue_back(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)
    redis.zadd(keys.LEASES, dict.fromkeys(redis.zrange(keys.LEASES, 0, -1), 1))
    sweep_now(scripts, redis)
    [leased] = take_events(scripts)
    assert finish(scripts, leased, DELIVERED)
    assert not finish(scripts, leased, DELIVERED)

    assert redis.hget(keys.EVENT + leased.id, "rescues") == b"1"


def test_a_failed_event_waits_and_returns_with_its_attempt_counted(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)
    finish(scripts, leased, retry_later(Retry(seconds=0.0, ambiguous=True), record=b"{}"))
    assert state_of(redis, leased) == "retrying"
    assert redis.zcard("rq:scheduled:gong:acme:web") == 1

    assert sweep_now(scripts, redis).promoted == 1
    [again] = take_events(scripts)
    assert (again.attempts, again.ambiguous) == (1, True)


def test_a_failed_event_does_not_return_before_its_retry_is_due(scripts: Scripts, redis: Redis):
    finish(scripts, lease_one(scripts), retry_later(Retry(seconds=60.0), record=b"{}"))

    assert sweep_now(scripts, redis).promoted == 0
    assert take_events(scripts) == []


def test_only_the_rate_limited_company_is_frozen_and_its_event_stays_first(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"), event("2"), event("3", company="other", destination="other"))
    [leased] = [
        leased for leased in take_events(scripts, 1, window=0.0) if leased.company == "acme"
    ] or take_events(scripts, 1)
    finish(scripts, leased, freeze_company(30.0, record=b"{}"))

    wait, others = lease_events(scripts, worker="w", want=32, pacing=Pacing(window=0.0))
    assert [other.company for other in others] == ["other"]
    assert wait == pytest.approx(30.0, abs=1.0)
    assert redis.lindex("rq:queue:gong:acme:web", 0) == leased.id.encode()


def test_a_429_uses_up_no_attempt(scripts: Scripts):
    leased = lease_one(scripts)
    finish(scripts, leased, freeze_company(0.0, record=b"{}"))

    [again] = take_events(scripts)
    assert (again.attempts, again.consecutive_429s) == (0, 1)


def test_a_new_event_does_not_end_the_freeze_of_a_company(scripts: Scripts):
    finish(scripts, lease_one(scripts), freeze_company(30.0, record=b"{}"))
    accept_events(scripts, event("2"))

    assert take_events(scripts) == []


def test_a_rejected_event_is_a_dead_letter_that_rq_lists_as_failed(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)
    finish(
        scripts,
        leased,
        dead_letter(DeadLetterReason.REJECTED, "content: must not be null", record=b"{}", keep_seconds=60),
    )

    assert state_of(redis, leased) == "dead"
    assert redis.zscore("rq:failed:gong:acme:web", leased.id) is not None
    assert (
        redis.hget(keys.RQ_JOB + leased.id, "exc_info") == f"rejected: gong-relay event {leased.id}".encode()
    )


def test_an_unsent_event_returns_to_its_place_in_the_queue(scripts: Scripts):
    accept_events(scripts, event("1"), event("2"))
    [first] = take_events(scripts, 1)
    finish(scripts, first, return_unsent())

    assert [leased.event_id for leased in take_events(scripts)] == ["web:1", "web:2"]


def test_a_hold_stops_the_events_of_its_destination_and_no_others(scripts: Scripts, redis: Redis):
    accept_events(scripts, *(event(str(number)) for number in range(3)), event("x", destination="twin"))
    [first] = take_events(scripts, 1)
    finish(scripts, first, hold_event(HoldCause.FORBIDDEN, "ip", record=b"{}", probe_seconds=300))

    assert [leased.destination for leased in take_events(scripts)] == ["twin"]
    assert redis.zcard(keys.BY_STATE + "acme:on_hold") == 3


def test_a_resume_queues_the_held_events_in_their_order(scripts: Scripts):
    accept_events(scripts, *(event(str(number)) for number in range(4)))
    [first] = take_events(scripts, 1)
    finish(scripts, first, hold_event(HoldCause.FORBIDDEN, "ip", record=b"{}", probe_seconds=300))
    assert take_events(scripts) == []

    assert resume_destination(scripts, "acme") == (True, 4)
    assert [leased.event_id for leased in take_events(scripts)] == [f"web:{number}" for number in range(4)]


def test_a_destination_on_hold_is_probed_once_when_the_probe_is_due(scripts: Scripts, redis: Redis):
    finish(
        scripts, lease_one(scripts), hold_event(HoldCause.FORBIDDEN, "ip", record=b"{}", probe_seconds=300)
    )
    assert sweep_now(scripts, redis).probes == ()

    schedule_probes(scripts)
    assert sweep_now(scripts, redis).probes == ("acme",)
    assert sweep_now(scripts, redis).probes == ()


def test_scheduled_probes_leave_alone_an_operators_pause_and_holds_that_have_ended(
    scripts: Scripts, redis: Redis
):
    redis.sadd(keys.HOLDS, "paused", "ended", "waiting")
    redis.hset(keys.HOLD + "paused", "cause", HoldCause.PAUSED)
    redis.hset(keys.HOLD + "waiting", mapping={"cause": HoldCause.FORBIDDEN, "probe_at": 10**18})

    assert schedule_probes(scripts) == 1
    assert redis.hget(keys.HOLD + "waiting", "probe_at") == b"0"
    assert redis.hgetall(keys.HOLD + "paused") == {b"cause": b"paused"}
    assert not redis.exists(keys.HOLD + "ended")


def test_rq_requeue_of_a_dead_letter_sends_it_again(scripts: Scripts, redis: Redis):
    from rq.job import Job
    from rq.registry import FailedJobRegistry

    leased = lease_one(scripts)
    finish(scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no", record=b"{}", keep_seconds=60))
    job = Job.fetch(leased.id, connection=redis, serializer="json")
    FailedJobRegistry("gong:acme:web", connection=redis, serializer="json").requeue(job)

    sweep_now(scripts, redis)
    assert [again.event_id for again in take_events(scripts)] == ["web:1"]
    assert redis.zscore(keys.EXPIRY, leased.id) is None


def test_a_job_that_is_not_an_event_is_marked_as_failed_and_never_run(scripts: Scripts, redis: Redis):
    from rq import Queue

    finish(scripts, lease_one(scripts), DELIVERED)
    Queue("gong:acme:web", connection=redis, serializer="json").enqueue("os.abort", job_id="evil")
    sweep_now(scripts, redis)

    assert take_events(scripts) == []
    assert redis.hget("rq:job:evil", "status") == b"failed"


@pytest.mark.parametrize(
    "settlement",
    [
        DELIVERED,
        replace(DELIVERED, keep_seconds=0),
        dead_letter(DeadLetterReason.REJECTED, "no", record=b"{}", keep_seconds=0),
    ],
)
def test_an_ended_event_is_pruned_completely_after_its_retention(
    scripts: Scripts, redis: Redis, settlement: Settlement
):
    leased = lease_one(scripts)
    finish(scripts, leased, settlement)
    redis.zadd(keys.EXPIRY, {leased.id: 0})

    assert sweep_now(scripts, redis).pruned == 1
    left = {key.decode() for key in redis.keys("*")}
    assert not {key for key in left if leased.id in key}
    assert not {key for key in left if key.startswith(keys.RECEIPT)}
    assert redis.zcard(keys.EVENTS) == redis.zcard(keys.BY_SOURCE + "web") == 0


def test_a_receipt_is_kept_as_long_as_one_of_its_events(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"), event("2"))
    [first, _] = take_events(scripts)
    finish(scripts, first, DELIVERED)
    redis.zadd(keys.EXPIRY, {first.id: 0})
    sweep_now(scripts, redis)

    assert len(redis.keys(keys.RECEIPT + "*")) == 1


def test_a_replayed_dead_letter_starts_with_no_attempts(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)
    finish(
        scripts, leased, dead_letter(DeadLetterReason.RETRIES_EXHAUSTED, "503", record=b"{}", keep_seconds=60)
    )
    replay_event(scripts, leased.id, now=NOW)

    [again] = take_events(scripts)
    assert (again.id, again.attempts) == (leased.id, 0)
    assert redis.zscore("rq:failed:gong:acme:web", leased.id) is None


def test_a_discarded_event_is_not_sent(scripts: Scripts, redis: Redis):
    [verdict] = accept_events(scripts, event("1")).verdicts
    discard_event(scripts, verdict.id, keep_seconds=60)

    assert take_events(scripts) == []
    assert redis.hget(keys.EVENT + verdict.id, "state") == b"discarded"


def test_only_the_last_fifty_tries_are_kept(scripts: Scripts, redis: Redis):
    publish(scripts, per_second=100)
    accept_events(scripts, event("1"))
    for _ in range(60):
        [leased] = take_events(scripts)
        finish(scripts, leased, freeze_company(0.0, record=b"{}"))

    tries = [name for name in redis.hkeys(keys.EVENT + leased.id) if name.startswith(b"try:")]
    assert len(tries) == 50


def test_a_second_has_a_million_microseconds():
    assert SECOND == 1_000_000


def test_a_lease_has_the_time_of_the_store(scripts: Scripts, redis: Redis):
    before = redis.time()
    leased = lease_one(scripts)
    after = redis.time()

    leased_at = divmod(round(leased.leased_at.timestamp() * SECOND), SECOND)
    assert before <= leased_at <= after
