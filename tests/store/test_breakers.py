"""A breaker for each base URL: while Gong does not answer there, nothing is sent but one call that tries it."""

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
def published(scripts: Scripts) -> None:
    for company, base_url in {"acme": URL, "twin": URL, "other": ELSEWHERE}.items():
        publish(scripts, company, base_url=base_url, per_second=100)


def queue_up(scripts: Scripts, *companies: str) -> None:
    for company in companies:
        accept_events(scripts, event(new_id(), company=company, destination=company))


def take_one(scripts: Scripts, company: str = "acme") -> LeasedEvent:
    queue_up(scripts, company)
    [taken] = take_events(scripts)
    return taken


def falter(scripts: Scripts, taken: LeasedEvent, *, gong_at_fault: bool, seconds: float = 0.0) -> None:
    again = Retry(
        seconds=seconds, counts_as_attempt=not taken.is_trial_call, gong_at_fault=gong_at_fault, error="down"
    )
    assert finish(scripts, taken, retry_later(again, record=b""), CallTiming(URL, 0.0))


def down(redis: Redis) -> list[OpenBreaker]:
    return read_open_breakers(redis, [URL, ELSEWHERE])


def rest_of(redis: Redis) -> float:
    """Seconds from now for which nothing is sent there."""
    [told] = down(redis)
    seconds, microseconds = redis.time()
    return told.open_until.timestamp() - seconds - microseconds / SECOND


def rested(redis: Redis) -> None:
    """As if the rest were over, and every company looked at again."""
    redis.hset(keys.BREAKER + URL, "open_until", 1)
    look_again(redis)


def look_again(redis: Redis) -> None:
    for company in ("acme", "twin", "other"):
        redis.zadd(keys.DUE, {company: 0}, xx=True)


def open_breaker(scripts: Scripts, redis: Redis) -> None:
    for _ in range(5):
        falter(scripts, take_one(scripts), gong_at_fault=True, seconds=600.0)
    assert [one.base_url for one in down(redis)] == [URL]


def trial(scripts: Scripts, redis: Redis) -> LeasedEvent:
    """The call that tries it, after the breaker opened and its rest is over."""
    open_breaker(scripts, redis)
    queue_up(scripts, "acme", "acme", "twin", "twin")
    rested(redis)
    [taken] = take_events(scripts)
    assert taken.is_trial_call
    return taken


def test_it_opens_after_five_failures_for_which_no_event_is_to_blame(scripts: Scripts, redis: Redis):
    queue_up(scripts, "acme")
    for opened in (False, False, False, False, True):
        [taken] = take_events(scripts)
        falter(scripts, taken, gong_at_fault=True)
        assert bool(down(redis)) is opened
        sweep_now(scripts, redis)


def test_it_opens_after_five_failures_of_several_events(scripts: Scripts, redis: Redis):
    for opened in (False, False, False, False, True):
        falter(scripts, take_one(scripts), gong_at_fault=False, seconds=600.0)
        assert bool(down(redis)) is opened


def test_one_event_that_gong_fails_on_opens_nothing(scripts: Scripts, redis: Redis):
    queue_up(scripts, "acme")
    for _ in range(20):
        [taken] = take_events(scripts)
        falter(scripts, taken, gong_at_fault=False)
        sweep_now(scripts, redis)

    assert down(redis) == []


def test_failures_that_an_answer_parts_open_nothing(scripts: Scripts, redis: Redis):
    for _ in range(5):
        for _ in range(4):
            falter(scripts, take_one(scripts), gong_at_fault=True, seconds=600.0)
        finish(scripts, take_one(scripts), DELIVERED, CallTiming(URL, 0.0))

    assert down(redis) == []


def test_while_it_is_open_nothing_is_sent_there_by_any_company(scripts: Scripts, redis: Redis):
    open_breaker(scripts, redis)
    queue_up(scripts, "acme", "twin")

    assert take_events(scripts) == []
    assert rest_of(redis) == pytest.approx(15.0, abs=1.0)
    assert [breaker.error for breaker in down(redis)] == ["down"]


def test_another_base_url_is_not_affected(scripts: Scripts, redis: Redis):
    open_breaker(scripts, redis)
    queue_up(scripts, "acme", "other")

    [taken] = take_events(scripts)
    assert (taken.company, taken.is_trial_call) == ("other", False)


def test_after_the_rest_one_call_tries_it_and_no_other_goes(scripts: Scripts, redis: Redis):
    trial(scripts, redis)

    for _ in range(3):
        look_again(redis)
        assert take_events(scripts) == []


def test_when_the_one_that_tries_dies_another_does(scripts: Scripts, redis: Redis):
    first = trial(scripts, redis)
    redis.hset(keys.BREAKER + URL, "trial_until", 1)
    look_again(redis)

    [second] = take_events(scripts)
    assert second.is_trial_call
    assert second.id != first.id


def test_when_the_one_that_tries_is_given_back_another_does(scripts: Scripts, redis: Redis):
    first = trial(scripts, redis)

    assert finish(scripts, first, return_unsent())

    look_again(redis)
    [second] = take_events(scripts)
    assert second.is_trial_call


def test_each_trial_that_fails_doubles_the_rest_up_to_five_minutes(scripts: Scripts, redis: Redis):
    taken = trial(scripts, redis)
    rests = []
    for _ in range(6):
        falter(scripts, taken, gong_at_fault=True)
        rests.append(rest_of(redis))
        sweep_now(scripts, redis)
        rested(redis)
        [taken] = take_events(scripts)

    assert rests == pytest.approx([30.0, 60.0, 120.0, 240.0, 300.0, 300.0], abs=1.0)


def test_a_trial_that_fails_spends_no_attempt(scripts: Scripts, redis: Redis):
    taken = trial(scripts, redis)

    falter(scripts, taken, gong_at_fault=True)

    assert field_of(redis, taken.id, "attempts") in {"", "0"}
    assert field_of(redis, taken.id, "state") == "retrying"


EXHAUSTED = dead_letter(DeadLetterReason.RETRIES_EXHAUSTED, "down", record=b"", keep_seconds=600)


def test_a_trial_that_was_its_events_last_attempt_is_no_answer(scripts: Scripts, redis: Redis):
    taken = trial(scripts, redis)

    assert finish(scripts, taken, EXHAUSTED, CallTiming(URL))

    assert rest_of(redis) == pytest.approx(30.0, abs=1.0)


def test_an_event_that_fails_for_the_last_time_counts_as_a_failure(scripts: Scripts, redis: Redis):
    for opened in (False, False, False, False, True):
        assert finish(scripts, take_one(scripts), EXHAUSTED, CallTiming(URL))
        assert bool(down(redis)) is opened


def test_a_call_that_was_under_way_when_it_opened_does_not_lengthen_the_rest(scripts: Scripts, redis: Redis):
    queue_up(scripts, *["acme"] * 8)
    for taken in take_events(scripts):
        falter(scripts, taken, gong_at_fault=True)

    assert rest_of(redis) == pytest.approx(15.0, abs=1.0)


ANSWERS = [
    DELIVERED,
    freeze_company(60.0, record=b""),
    dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600),
    hold_event(HoldCause.FORBIDDEN, "ip", record=b"", probe_seconds=300),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.verb)
def test_any_answer_of_gongs_closes_it(scripts: Scripts, redis: Redis, answer: Settlement):
    taken = trial(scripts, redis)

    assert finish(scripts, taken, answer, CallTiming(URL, 0.0))

    assert down(redis) == []
    look_again(redis)
    assert [one.is_trial_call for one in take_events(scripts) if one.company != taken.company][:1] == [False]


@pytest.mark.parametrize("settlement", [return_unsent(), ANSWERS[-1]], ids=lambda settlement: settlement.verb)
def test_a_call_that_was_not_made_says_nothing_of_gong(
    scripts: Scripts, redis: Redis, settlement: Settlement
):
    taken = trial(scripts, redis)

    assert finish(scripts, taken, settlement)

    assert [one.base_url for one in down(redis)] == [URL]
