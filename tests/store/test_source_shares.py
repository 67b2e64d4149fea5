"""Each source's share of its company's day: when it is used up, the other sources' events are sent, and nothing is lost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from redis import Redis

from relay.core.priority import Priority
from relay.store.delivery import Pacing, lease_events, publish_shares
from relay.store.engine import keys
from relay.store.engine.redis_time import SECOND
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event, replay_event
from tests.store_world import NOW, accept_events, event, field_of, publish, receipt, sweep_now, take_events

BUCKET = 600
PER_DAY = 10


def queue_up(
    scripts: Scripts, source: str, count: int, priority: Priority = Priority.NORMAL, company: str = "acme"
) -> None:
    events = (
        replace(event(f"{source}-{company}-{priority}-{number}", company=company, priority=priority))
        for number in range(count)
    )
    accept_events(scripts, *events, on=receipt(source=source))


def share(scripts: Scripts, shares: Mapping[str, float], company: str = "acme") -> None:
    named = {(company, source): value for source, value in shares.items()}
    publish_shares(scripts, named, ["acme"])


def take_sources(scripts: Scripts, redis: Redis) -> Counter[str]:
    """Lease everything that may be sent now, and count the events by source."""
    sent: Counter[str] = Counter()
    while events := take_events(scripts):
        sent.update(field_of(redis, leased.id, "source") for leased in events)
    return sent


def lease_wait(scripts: Scripts) -> float | None:
    wait, events = lease_events(scripts, worker="w", want=32, pacing=Pacing(window=0.0, slack=0.0))
    assert events == []
    return wait


def age_calls(redis: Redis, key: str, buckets: int) -> None:
    """Move recorded calls into the past."""
    calls = redis.hgetall(key)
    redis.delete(key)
    for name, value in calls.items():
        digits = name.decode().lstrip("h")
        if digits.isdigit():
            prefix = "h" if name.startswith(b"h") else ""
            redis.hset(key, f"{prefix}{int(digits) - buckets}", value)
        else:
            redis.hset(key, name, int(value) - buckets if name == b"first" else value)


@pytest.fixture
def scripts(redis: Redis) -> Scripts:
    scripts = Scripts(redis)
    publish(scripts, per_day=PER_DAY, high_priority_share=0.1)
    return scripts


def test_a_backlog_of_one_source_leaves_the_rest_of_the_day_to_the_others(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.8, "shop": 0.8})
    queue_up(scripts, "flood", 50, Priority.HIGH)
    assert take_sources(scripts, redis) == {"flood": 8}

    queue_up(scripts, "shop", 5, Priority.HIGH)
    assert take_sources(scripts, redis) == {"shop": 2}


def test_without_a_share_one_source_uses_the_whole_day(scripts: Scripts, redis: Redis):
    queue_up(scripts, "alone", 50, Priority.HIGH)

    assert take_sources(scripts, redis) == {"alone": PER_DAY}
    assert redis.keys(f"{keys.SOURCE_CALLS}*") == []


@pytest.mark.parametrize("lower", [Priority.NORMAL, Priority.LOW])
def test_lower_priorities_of_the_others_are_sent_while_a_source_waits(
    scripts: Scripts, redis: Redis, lower: Priority
):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 50, Priority.HIGH)
    queue_up(scripts, "shop", 3, lower)

    assert take_sources(scripts, redis) == {"flood": 5, "shop": 3}


def test_all_priorities_and_replays_of_a_source_count_against_its_share(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.6})
    for priority in Priority:
        queue_up(scripts, "flood", 2, priority)
    queue_up(scripts, "flood", 9, Priority.LOW, company="globex")
    sent = take_sources(scripts, redis)
    queue_up(scripts, "flood", 1, Priority.HIGH)

    assert sent == {"flood": 6 + 9}
    assert take_sources(scripts, redis) == {}


def test_a_share_applies_to_each_company_by_itself(scripts: Scripts, redis: Redis):
    publish(scripts, "globex", per_day=PER_DAY)
    publish_shares(scripts, {("acme", "hub"): 0.5, ("", "hub"): 0.3}, ["acme", "globex"])
    queue_up(scripts, "hub", 9, Priority.HIGH)
    queue_up(scripts, "hub", 9, Priority.HIGH, company="globex")

    assert take_sources(scripts, redis) == {"hub": 5 + 3}


def test_a_small_share_of_a_small_budget_is_one_call(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.01})
    queue_up(scripts, "flood", 3)

    assert take_sources(scripts, redis) == {"flood": 1}


def test_the_company_waits_until_the_first_call_of_the_source_leaves_the_day(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 7)
    take_events(scripts)
    age_calls(redis, f"{keys.SOURCE_CALLS}acme|flood", 143)
    publish_again = {"flood": 0.5}
    share(scripts, publish_again)

    wait = lease_wait(scripts)
    assert wait is not None
    assert BUCKET < wait <= 2 * BUCKET


def test_a_source_that_waits_causes_one_check_and_no_more(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 9)
    take_events(scripts)
    lease_wait(scripts)
    due = redis.zscore(keys.DUE, "acme")

    for _ in range(5):
        sweep_now(scripts, redis)
        queue_up(scripts, "flood", 1)

        assert redis.zscore(keys.DUE, "acme") == due
        assert redis.zcard(keys.TURNS + "acme") == 0
        assert redis.llen(keys.WAKEUP) == 1


def test_a_queue_of_another_priority_of_a_source_that_waits_is_paused_too(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 9)
    take_events(scripts)
    lease_wait(scripts)
    due = redis.zscore(keys.DUE, "acme")

    queue_up(scripts, "flood", 1, Priority.HIGH)
    assert take_sources(scripts, redis) == {}
    assert redis.zscore(keys.DUE, "acme") == due
    assert redis.zcard(f"{keys.PAUSED_TURNS}acme") == 2


@pytest.mark.parametrize("priority", Priority)
def test_an_event_of_another_source_wakes_the_company(scripts: Scripts, redis: Redis, priority: Priority):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 9)
    take_events(scripts)
    lease_wait(scripts)

    queue_up(scripts, "shop", 1, priority)
    assert take_sources(scripts, redis) == {"shop": 1}
    wait = lease_wait(scripts)
    assert wait is not None
    assert wait > BUCKET


def test_a_source_is_sent_again_when_its_day_has_room(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 9)
    take_sources(scripts, redis)
    # A day later: its calls have left the day, and so has the time until which its queue is paused.
    for key in (f"{keys.SOURCE_CALLS}acme|flood", f"{keys.DAY_CALLS}acme"):
        age_calls(redis, key, 146)
    past = redis.time()[0] * SECOND - SECOND
    redis.zadd(
        f"{keys.PAUSED_TURNS}acme", dict.fromkeys(redis.zrange(f"{keys.PAUSED_TURNS}acme", 0, -1), past)
    )
    redis.zadd(keys.DUE, {"acme": past})

    assert take_sources(scripts, redis) == {"flood": 4}
    assert redis.zcard(keys.DUE) == redis.zcard(f"{keys.PAUSED_TURNS}acme") == 0


@pytest.mark.parametrize("shares", [{"flood": 0.9}, {}])
def test_new_shares_apply_at_once(scripts: Scripts, redis: Redis, shares: dict[str, float]):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 50, Priority.HIGH)
    assert take_sources(scripts, redis) == {"flood": 5}

    share(scripts, shares)

    # Calls that were made before a source had a share do not count against it; the company's own count has them all.
    assert take_sources(scripts, redis) == {"flood": 4 if shares else 5}


def test_a_company_whose_shares_are_gone_is_still_served(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 6)
    take_sources(scripts, redis)
    publish_shares(scripts, {}, [])
    past = redis.time()[0] * SECOND - SECOND
    redis.zadd(
        f"{keys.PAUSED_TURNS}acme", dict.fromkeys(redis.zrange(f"{keys.PAUSED_TURNS}acme", 0, -1), past)
    )
    assert redis.zscore(keys.DUE, "acme") is not None

    redis.zadd(keys.DUE, {"acme": past})
    assert take_sources(scripts, redis) == {"flood": 1}
    assert redis.zcard(keys.DUE) == redis.zcard(f"{keys.PAUSED_TURNS}acme") == 0


def test_a_paused_queue_that_was_emptied_leaves_nothing_behind(scripts: Scripts, redis: Redis):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 6)
    take_sources(scripts, redis)
    redis.delete(f"{keys.RQ_QUEUE}gong:acme:flood")

    share(scripts, {})
    assert take_sources(scripts, redis) == {}
    assert redis.zcard(keys.DUE) == redis.zcard(f"{keys.TURNS}acme") == 0


def test_a_sweep_makes_a_company_due_again_whose_paused_queues_no_worker_would_check(
    scripts: Scripts, redis: Redis
):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 6)
    take_sources(scripts, redis)
    due = redis.zscore(keys.DUE, "acme")
    redis.delete(keys.DUE)

    sweep_now(scripts, redis)

    assert redis.zscore(keys.DUE, "acme") == due


def test_replays_of_a_source_that_waits_count_as_queued_so_that_no_job_queues_more_of_them(
    scripts: Scripts, redis: Redis
):
    share(scripts, {"flood": 0.5})
    queue_up(scripts, "flood", 5)
    take_sources(scripts, redis)
    [verdict] = accept_events(scripts, event("again"), on=receipt(source="flood")).verdicts
    discard_event(scripts, verdict.id, keep_seconds=60, keep_data=True)
    redis.hset(keys.EVENT + verdict.id, "priority", "replay")
    replay_event(scripts, verdict.id, now=NOW)
    lease_wait(scripts)

    assert b"gong:acme:flood:replay" in redis.zrange(f"{keys.PAUSED_TURNS}acme", 0, -1)
    assert scripts.run("replays_backlog", "acme") == [1]
