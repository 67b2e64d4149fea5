"""Each script counts what it does, in buckets that expire."""

from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.core.percentiles import Histogram, bucket_index
from relay.store.delivery import (
    CallTiming,
    Retry,
    Settlement,
    end_event,
    finish,
    freeze_company,
    hold_event,
    retry_later,
    return_unsent,
)
from relay.store.delivery import dead_letter as settle_as_dead
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event, replay_event
from relay.store.time_series import (
    GLOBAL_SCOPE,
    Bucket,
    Resolution,
    SeriesWindow,
    destination_scope,
    merge_buckets,
    read_series,
    source_scope,
)
from tests.store_world import NOW, accept_events, event, receipt, take_events

ACME, WEB = destination_scope("acme"), source_scope("web")
NO_TIMING = CallTiming()


def store_time(redis: Redis) -> datetime:
    seconds, microseconds = redis.time()
    return datetime.fromtimestamp(seconds + microseconds / 1e6, tz=UTC)


def read_counts(redis: Redis, scope: str = GLOBAL_SCOPE, resolution: Resolution = Resolution.HOUR) -> Bucket:
    """Merge the last two buckets, because a new bucket may begin during the test."""
    buckets = read_series(redis, [scope], SeriesWindow(resolution, 2), now=store_time(redis))[scope]
    return merge_buckets(buckets, buckets[0].at)


def accept_and_settle(scripts: Scripts, settlement: Settlement, timing: CallTiming = NO_TIMING) -> None:
    accept_events(scripts, event("1"))
    (leased,) = take_events(scripts)
    assert finish(scripts, leased, settlement, timing)


def test_an_accepted_event_is_counted_globally_and_for_its_destination_and_its_source(
    redis: Redis, scripts: Scripts
):
    accept_events(scripts, event("1"), event("2", filtered=True), event("3", destination="globex"))
    accept_events(scripts, event("1"))

    assert read_counts(redis).counts == {"accepted": 3, "filtered": 1, "repeated": 1}
    assert read_counts(redis, ACME).counts == {"accepted": 2, "filtered": 1, "repeated": 1}
    assert read_counts(redis, WEB).counts == {
        "accepted": 3,
        "filtered": 1,
        "repeated": 1,
        "requests": 2,
        "weak": 2,
    }
    assert redis.hgetall(keys.REQUEST_COUNTS) == {b"web|accepted": b"2"}


def test_a_repeated_request_is_not_counted_twice(redis: Redis, scripts: Scripts):
    """A request that is repeated after a lost response adds no event."""
    once = receipt()
    accept_events(scripts, event("1"), on=once)
    accept_events(scripts, event("1"), on=once)

    assert read_counts(redis, WEB).counts["requests"] == 1


@pytest.mark.parametrize(
    ("settlement", "outcome"),
    [
        (end_event(State.DUPLICATE, None, record=b"", keep_seconds=60), "duplicate"),
        (retry_later(Retry(seconds=1.0), record=b""), "failed"),
        (freeze_company(1.0, record=b""), "rate_limited"),
        (settle_as_dead(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=60), "dead"),
        (hold_event(HoldCause.FORBIDDEN, "no", record=b"", probe_seconds=60), "blocked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_outcome_of_an_attempt_is_counted(
    redis: Redis, scripts: Scripts, settlement: Settlement, outcome: str
):
    accept_and_settle(scripts, settlement)

    for scope in (GLOBAL_SCOPE, ACME):
        for resolution in (Resolution.MINUTE, Resolution.HOUR):
            assert read_counts(redis, scope, resolution).counts == {"accepted": 1, outcome: 1}


def test_an_event_that_is_returned_unsent_is_not_counted(redis: Redis, scripts: Scripts):
    accept_and_settle(scripts, return_unsent())

    assert read_counts(redis).counts == {"accepted": 1}


def test_a_delivery_is_counted_with_the_time_from_acceptance_to_delivery(redis: Redis, scripts: Scripts):
    accept_events(scripts, event("1"))
    (leased,) = take_events(scripts)
    before = int(redis.hget(keys.EVENT + leased.id, "received_at") or 0)
    redis.hset(keys.EVENT + leased.id, "received_at", before - 5_000_000)
    finish(scripts, leased, end_event(State.DELIVERED, "r", record=b"", keep_seconds=60))

    bucket = read_counts(redis, ACME)

    assert bucket.counts == {"accepted": 1, "delivered": 1}
    assert bucket.arrivals.percentile(50) == pytest.approx(5, rel=0.25)


def test_the_response_time_of_gong_is_counted(redis: Redis, scripts: Scripts):
    accept_and_settle(
        scripts,
        end_event(State.DELIVERED, "r", record=b"", keep_seconds=60),
        CallTiming("https://g", 0.1, 0.3),
    )

    bucket = read_counts(redis)

    assert bucket.calls.total == 1
    assert bucket.calls.percentile(50) == pytest.approx(0.3, rel=0.25)


@pytest.mark.parametrize("seconds", [0.0, 0.004, 0.01, 0.011, 0.02, 0.3, 1.28, 19.9, 4_000.0, 1e9])
def test_the_scripts_and_the_reader_agree_on_the_histogram_bucket_of_a_time(
    redis: Redis, scripts: Scripts, seconds: float
):
    accept_and_settle(
        scripts, retry_later(Retry(seconds=1.0), record=b""), CallTiming("https://g", 0.1, seconds)
    )

    assert read_counts(redis).calls == Histogram({bucket_index(seconds): 1})


def test_a_replay_is_counted_but_not_timed(redis: Redis, scripts: Scripts):
    accept_and_settle(scripts, settle_as_dead(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=60))
    [dead_letter] = redis.zrange(f"{keys.BY_STATE}acme:dead", 0, -1)
    replay_event(scripts, dead_letter.decode(), now=NOW)
    (leased,) = take_events(scripts)
    finish(scripts, leased, end_event(State.DELIVERED, "r", record=b"", keep_seconds=60))

    bucket = read_counts(redis)

    assert bucket.counts == {"accepted": 1, "dead": 1, "replayed": 1, "delivered": 1}
    assert bucket.arrivals == Histogram()


def test_a_discarded_event_is_counted(redis: Redis, scripts: Scripts):
    event_id = accept_events(scripts, event("1")).verdicts[0].id
    discard_event(scripts, event_id, keep_seconds=60)

    assert read_counts(redis).counts == {"accepted": 1, "discarded": 1}


def test_dead_letters_are_counted_permanently_by_their_reason(redis: Redis, scripts: Scripts):
    accept_and_settle(
        scripts, settle_as_dead(DeadLetterReason.RETRIES_EXHAUSTED, "no", record=b"", keep_seconds=60)
    )

    assert redis.hgetall(keys.OTHER_COUNTS) == {b"acme|accepted": b"1", b"acme|dead:retries_exhausted": b"1"}


def test_every_bucket_expires(redis: Redis, scripts: Scripts):
    accept_and_settle(
        scripts,
        end_event(State.DELIVERED, "r", record=b"", keep_seconds=60),
        CallTiming("https://g", 0.1, 0.3),
    )
    names: Any = [name.decode() for name in redis.keys(keys.SERIES + "*")]

    assert len(names) >= 6
    assert all(0 < redis.ttl(name) <= 35 * 86_400 for name in names)
    assert all(redis.ttl(name) <= 48 * 3_600 for name in names if name.startswith(keys.SERIES + "m"))


def test_a_batch_updates_as_many_buckets_as_one_event(redis: Redis, scripts: Scripts):
    accept_events(scripts, *(event(f"a{number}") for number in range(100)))
    redis.config_resetstat()
    accept_events(scripts, *(event(f"b{number}") for number in range(100)))

    command_stats: Any = redis.info("commandstats")

    assert command_stats["cmdstat_hincrby"]["calls"] <= 100 + 30  # one for each event's state, as before
