"""Answers that are not Gong's: the destination waits, a quick probe ends a short disturbance, and the breaker counts them."""

import pytest
from redis import Redis

from relay.core.lifecycle import HoldCause
from relay.store.delivery import (
    SECOND,
    CallTiming,
    LeasedEvent,
    Retry,
    end_event,
    finish,
    freeze_company,
    hold_event,
    retry_later,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import freeze_after_probe, resume_destination
from relay.store.queues import read_company_usage, read_depths, read_open_breakers
from tests.store_world import accept_events, event, field_of, new_id, publish, sweep_now, take_events

URL = "https://api.gong.io"
PROBE_SECONDS = 300.0
DELIVERED = end_event("delivered", "r1", record=b"", keep_seconds=600)
FOREIGN = hold_event(HoldCause.NOT_GONG, "HTTP 407", record=b"", probe_seconds=PROBE_SECONDS)


@pytest.fixture(autouse=True)
def publish_companies(scripts: Scripts) -> None:
    for company in ("acme", "twin"):
        publish(scripts, company, base_url=URL, per_second=100)


def lease_one(scripts: Scripts, company: str = "acme") -> LeasedEvent:
    accept_events(scripts, event(new_id(), company=company, destination=company))
    [leased] = take_events(scripts)
    return leased


def get_foreign_answer(scripts: Scripts, leased: LeasedEvent) -> None:
    assert finish(scripts, leased, FOREIGN, CallTiming(URL, 0.0))


def seconds_until_probe(redis: Redis, destination: str = "acme") -> float:
    hold = read_depths(redis, [destination])[0].hold
    assert hold is not None
    assert hold.probe_at is not None
    return (hold.probe_at - hold.since).total_seconds()


def resume(scripts: Scripts) -> LeasedEvent:
    """End the hold by a probe that passes, and lease the event that waited."""
    assert resume_destination(scripts, "acme", probed=True) == (True, 1)
    [leased] = take_events(scripts)
    return leased


def test_the_first_probe_follows_soon_and_later_ones_at_the_usual_interval(scripts: Scripts, redis: Redis):
    get_foreign_answer(scripts, lease_one(scripts))

    assert seconds_until_probe(redis) == 5.0
    redis.hset(keys.HOLD + "acme", "probe_at", 1)
    assert sweep_now(scripts, redis, probe_interval=PROBE_SECONDS).probes == ("acme",)
    assert seconds_until_probe(redis) > PROBE_SECONDS - 1


def test_each_hold_without_a_delivery_in_between_waits_twice_as_long(scripts: Scripts, redis: Redis):
    waits = []
    leased = lease_one(scripts)
    for _ in range(8):
        get_foreign_answer(scripts, leased)
        waits.append(seconds_until_probe(redis))
        leased = resume(scripts)

    assert waits == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]


def test_a_delivery_makes_the_next_first_probe_quick_again(scripts: Scripts, redis: Redis):
    leased = lease_one(scripts)
    for _ in range(3):
        get_foreign_answer(scripts, leased)
        leased = resume(scripts)
    assert finish(scripts, leased, DELIVERED, CallTiming(URL, 0.0))

    get_foreign_answer(scripts, lease_one(scripts))
    assert seconds_until_probe(redis) == 5.0


def test_other_causes_are_probed_at_the_usual_interval(scripts: Scripts, redis: Redis):
    forbidden = hold_event(HoldCause.FORBIDDEN, "ip", record=b"", probe_seconds=PROBE_SECONDS)
    assert finish(scripts, lease_one(scripts), forbidden, CallTiming(URL, 0.0))

    assert seconds_until_probe(redis) == PROBE_SECONDS


def test_an_event_of_a_destination_with_foreign_answers_waits_and_spends_no_attempt(
    scripts: Scripts, redis: Redis
):
    leased = lease_one(scripts)
    get_foreign_answer(scripts, leased)

    assert field_of(redis, leased.id, "state") == "on_hold"
    assert field_of(redis, leased.id, "attempts") in {"", "0"}


def test_gong_may_have_an_event_that_got_a_foreign_answer(scripts: Scripts):
    get_foreign_answer(scripts, lease_one(scripts))

    assert resume(scripts).ambiguous


def test_foreign_answers_to_different_events_open_the_breaker(scripts: Scripts, redis: Redis):
    for opened in (False, False, False, False, True):
        get_foreign_answer(scripts, lease_one(scripts))
        assert bool(read_open_breakers(redis, [URL])) is opened
        resume_destination(scripts, "acme", probed=True)
        for waiting in take_events(scripts):
            # Without a base URL the attempt says nothing about Gong.
            assert finish(scripts, waiting, retry_later(Retry(seconds=600.0), record=b""))


def test_a_foreign_answer_to_a_trial_call_opens_the_breaker_again(scripts: Scripts, redis: Redis):
    for _ in range(5):
        retry = Retry(seconds=600.0, gong_at_fault=True, error="unreachable")
        assert finish(scripts, lease_one(scripts), retry_later(retry, record=b""), CallTiming(URL, 0.0))
    redis.hset(keys.BREAKER + URL, "open_until", 1)
    redis.zadd(keys.DUE, {"acme": 0})
    trial = lease_one(scripts)
    assert trial.is_trial_call

    get_foreign_answer(scripts, trial)

    [breaker] = read_open_breakers(redis, [URL])
    seconds, _ = redis.time()
    assert breaker.open_until.timestamp() - seconds > 25.0


def fail_with_pause(scripts: Scripts, seconds: float) -> None:
    retry = Retry(seconds=600.0, gong_at_fault=True, company_pause=seconds, error="HTTP 503")
    assert finish(scripts, lease_one(scripts), retry_later(retry, record=b""), CallTiming(URL, 0.0))


def test_the_retry_after_of_a_failure_stops_the_calls_of_its_company(scripts: Scripts, redis: Redis):
    fail_with_pause(scripts, 120.0)
    accept_events(scripts, event(new_id()), event(new_id(), company="twin", destination="twin"))

    assert [leased.company for leased in take_events(scripts)] == ["twin"]
    [usage] = read_company_usage(redis, ["acme"])
    assert usage.frozen_until is None
    assert usage.retry_after_until == usage.stopped_until is not None


def test_calls_continue_after_the_retry_after_of_a_failure(scripts: Scripts, redis: Redis):
    fail_with_pause(scripts, 120.0)
    accept_events(scripts, event(new_id()))
    assert take_events(scripts) == []
    redis.hset(keys.COMPANY + "acme", "retry_after_until", 1)
    redis.zadd(keys.DUE, {"acme": 0})

    assert len(take_events(scripts)) == 1


def test_a_shorter_retry_after_does_not_end_a_longer_one(scripts: Scripts, redis: Redis):
    accept_events(scripts, event(new_id()), event(new_id()))
    first, second = take_events(scripts)
    for leased, seconds in ((first, 120.0), (second, 1.0)):
        retry = Retry(seconds=600.0, company_pause=seconds)
        assert finish(scripts, leased, retry_later(retry, record=b""), CallTiming(URL, 0.0))

    paused_until = int(redis.hget(keys.COMPANY + "acme", "retry_after_until"))
    assert paused_until > (redis.time()[0] + 100) * SECOND


@pytest.mark.parametrize(("rate_limited", "field"), [(True, "frozen_until"), (False, "retry_after_until")])
def test_the_retry_after_of_a_probe_stops_the_calls_of_its_company(
    scripts: Scripts,
    redis: Redis,
    rate_limited: bool,  # noqa: FBT001 - a parameter of the test
    field: str,
):
    get_foreign_answer(scripts, lease_one(scripts))
    freeze_after_probe(scripts, "acme", 120.0, rate_limited=rate_limited)

    assert redis.hkeys(keys.COMPANY + "acme").count(field.encode()) == 1
    [usage] = read_company_usage(redis, ["acme"])
    assert usage.stopped_until is not None
    assert take_events(scripts) == []


@pytest.mark.parametrize("seconds", [1.0, 600.0])
def test_a_429_that_is_not_gongs_counts_no_calls_of_other_integrations(
    scripts: Scripts, redis: Redis, seconds: float
):
    assert finish(scripts, lease_one(scripts), freeze_company(seconds, record=b""), CallTiming(URL, 0.0))

    [usage] = read_company_usage(redis, ["acme"])
    assert (usage.other_calls, usage.extra_spacing) == (0, 0.0)
    assert usage.frozen_until is not None
