"""Each base URL has a circuit breaker: while Gong does not answer there, the relay sends only single trial calls."""

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.store.delivery import (
    SECOND,
    CallTiming,
    LeasedEvent,
    Retry,
    Settlement,
    dead_letter,
    end_event,
    finish,
    freeze_company,
    hold_event,
    retry_later,
    return_unsent,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.queues import OpenBreaker, read_open_breakers
from tests.store_world import accept_events, event, field_of, new_id, publish, sweep_now, take_events

URL, ELSEWHERE = "https://api.gong.io", "https://eu.api.gong.io"
DELIVERED = end_event(State.DELIVERED, None, record=b"", keep_seconds=600)


@pytest.fixture(autouse=True)
def publish_companies(scripts: Scripts) -> None:
    for company, base_url in {"acme": URL, "twin": URL, "other": ELSEWHERE}.items():
        publish(scripts, company, base_url=base_url, per_second=100)


def queue_up(scripts: Scripts, *companies: str) -> None:
    for company in companies:
        accept_events(scripts, event(new_id(), company=company, destination=company))


def lease_one(scripts: Scripts, company: str = "acme") -> LeasedEvent:
    queue_up(scripts, company)
    [leased] = take_events(scripts)
    return leased


def fail_call(scripts: Scripts, leased: LeasedEvent, *, gong_at_fault: bool, seconds: float = 0.0) -> None:
    retry = Retry(
        seconds=seconds,
        counts_as_attempt=not leased.is_trial_call,
        gong_at_fault=gong_at_fault,
        error="unreachable",
    )
    assert finish(scripts, leased, retry_later(retry, record=b""), CallTiming(URL, 0.0))


def open_breakers(redis: Redis) -> list[OpenBreaker]:
    return read_open_breakers(redis, [URL, ELSEWHERE])


def rest_seconds(redis: Redis) -> float:
    """Seconds for which the open breaker still stops calls."""
    [breaker] = open_breakers(redis)
    seconds, microseconds = redis.time()
    return breaker.open_until.timestamp() - seconds - microseconds / SECOND


def end_rest(redis: Redis) -> None:
    """End the breaker's rest and make every company due."""
    redis.hset(keys.BREAKER + URL, "open_until", 1)
    check_again(redis)


def check_again(redis: Redis) -> None:
    for company in ("acme", "twin", "other"):
        redis.zadd(keys.DUE, {company: 0}, xx=True)


def open_breaker(scripts: Scripts, redis: Redis) -> None:
    for _ in range(5):
        fail_call(scripts, lease_one(scripts), gong_at_fault=True, seconds=600.0)
    assert [breaker.base_url for breaker in open_breakers(redis)] == [URL]


def lease_trial_call(scripts: Scripts, redis: Redis) -> LeasedEvent:
    """Open the breaker, end its rest and lease the trial call."""
    open_breaker(scripts, redis)
    queue_up(scripts, "acme", "acme", "twin", "twin")
    end_rest(redis)
    [leased] = take_events(scripts)
    assert leased.is_trial_call
    return leased


def test_a_breaker_opens_after_five_failures_of_gong_itself(scripts: Scripts, redis: Redis):
    queue_up(scripts, "acme")
    for opened in (False, False, False, False, True):
        [leased] = take_events(scripts)
        fail_call(scripts, leased, gong_at_fault=True)
        assert bool(open_breakers(redis)) is opened
        sweep_now(scripts, redis)


def test_a_breaker_opens_after_five_failures_of_different_events(scripts: Scripts, redis: Redis):
    for opened in (False, False, False, False, True):
        fail_call(scripts, lease_one(scripts), gong_at_fault=False, seconds=600.0)
        assert bool(open_breakers(redis)) is opened


def test_repeated_failures_of_one_event_open_no_breaker(scripts: Scripts, redis: Redis):
    queue_up(scripts, "acme")
    for _ in range(20):
        [leased] = take_events(scripts)
        fail_call(scripts, leased, gong_at_fault=False)
        sweep_now(scripts, redis)

    assert open_breakers(redis) == []


def test_failures_with_a_success_between_them_open_no_breaker(scripts: Scripts, redis: Redis):
    for _ in range(5):
        for _ in range(4):
            fail_call(scripts, lease_one(scripts), gong_at_fault=True, seconds=600.0)
        finish(scripts, lease_one(scripts), DELIVERED, CallTiming(URL, 0.0))

    assert open_breakers(redis) == []


def test_an_open_breaker_stops_the_calls_of_every_company(scripts: Scripts, redis: Redis):
    open_breaker(scripts, redis)
    queue_up(scripts, "acme", "twin")

    assert take_events(scripts) == []
    assert rest_seconds(redis) == pytest.approx(15.0, abs=1.0)
    assert [breaker.error for breaker in open_breakers(redis)] == ["unreachable"]


def test_another_base_url_is_not_affected(scripts: Scripts, redis: Redis):
    open_breaker(scripts, redis)
    queue_up(scripts, "acme", "other")

    [leased] = take_events(scripts)
    assert (leased.company, leased.is_trial_call) == ("other", False)


def test_after_the_rest_a_single_trial_call_is_sent(scripts: Scripts, redis: Redis):
    lease_trial_call(scripts, redis)

    for _ in range(3):
        check_again(redis)
        assert take_events(scripts) == []


def test_a_trial_call_whose_worker_died_is_replaced_by_another(scripts: Scripts, redis: Redis):
    first = lease_trial_call(scripts, redis)
    redis.hset(keys.BREAKER + URL, "trial_until", 1)
    check_again(redis)

    [second] = take_events(scripts)
    assert second.is_trial_call
    assert second.id != first.id


def test_a_trial_call_that_is_returned_unsent_is_replaced_by_another(scripts: Scripts, redis: Redis):
    first = lease_trial_call(scripts, redis)

    assert finish(scripts, first, return_unsent())

    check_again(redis)
    [second] = take_events(scripts)
    assert second.is_trial_call


def test_each_failed_trial_call_doubles_the_rest_up_to_five_minutes(scripts: Scripts, redis: Redis):
    leased = lease_trial_call(scripts, redis)
    rests = []
    for _ in range(6):
        fail_call(scripts, leased, gong_at_fault=True)
        rests.append(rest_seconds(redis))
        sweep_now(scripts, redis)
        end_rest(redis)
        [leased] = take_events(scripts)

    assert rests == pytest.approx([30.0, 60.0, 120.0, 240.0, 300.0, 300.0], abs=1.0)


def test_a_failed_trial_call_uses_up_no_attempt(scripts: Scripts, redis: Redis):
    leased = lease_trial_call(scripts, redis)

    fail_call(scripts, leased, gong_at_fault=True)

    assert field_of(redis, leased.id, "attempts") in {"", "0"}
    assert field_of(redis, leased.id, "state") == "retrying"


EXHAUSTED = dead_letter(DeadLetterReason.RETRIES_EXHAUSTED, "unreachable", record=b"", keep_seconds=600)


def test_a_trial_call_that_ends_as_a_dead_letter_keeps_the_breaker_open(scripts: Scripts, redis: Redis):
    leased = lease_trial_call(scripts, redis)

    assert finish(scripts, leased, EXHAUSTED, CallTiming(URL))

    assert rest_seconds(redis) == pytest.approx(30.0, abs=1.0)


def test_the_last_failure_of_an_event_counts_for_the_breaker(scripts: Scripts, redis: Redis):
    for opened in (False, False, False, False, True):
        assert finish(scripts, lease_one(scripts), EXHAUSTED, CallTiming(URL))
        assert bool(open_breakers(redis)) is opened


def test_a_call_in_flight_when_the_breaker_opened_does_not_lengthen_the_rest(scripts: Scripts, redis: Redis):
    queue_up(scripts, *["acme"] * 8)
    for leased in take_events(scripts):
        fail_call(scripts, leased, gong_at_fault=True)

    assert rest_seconds(redis) == pytest.approx(15.0, abs=1.0)


RESPONSES = [
    DELIVERED,
    freeze_company(60.0, record=b""),
    dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600),
    hold_event(HoldCause.FORBIDDEN, "ip", record=b"", probe_seconds=300),
]


@pytest.mark.parametrize("response", RESPONSES, ids=lambda response: response.verb)
def test_any_response_from_gong_closes_the_breaker(scripts: Scripts, redis: Redis, response: Settlement):
    leased = lease_trial_call(scripts, redis)

    assert finish(scripts, leased, response, CallTiming(URL, 0.0))

    assert open_breakers(redis) == []
    check_again(redis)
    assert [event.is_trial_call for event in take_events(scripts) if event.company != leased.company][:1] == [
        False
    ]


@pytest.mark.parametrize(
    "settlement", [return_unsent(), RESPONSES[-1]], ids=lambda settlement: settlement.verb
)
def test_a_call_that_was_not_made_leaves_the_breaker_open(
    scripts: Scripts, redis: Redis, settlement: Settlement
):
    leased = lease_trial_call(scripts, redis)

    assert finish(scripts, leased, settlement)

    assert [breaker.base_url for breaker in open_breakers(redis)] == [URL]
