"""What happens is counted by the scripts that make it happen, in buckets that expire."""

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
from relay.store.delivery import dead_letter as bury
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
NOT_TOLD = CallTiming()


def clock(redis: Redis) -> datetime:
    seconds, microseconds = redis.time()
    return datetime.fromtimestamp(seconds + microseconds / 1e6, tz=UTC)


def counted(redis: Redis, scope: str = GLOBAL_SCOPE, grain: Resolution = Resolution.HOUR) -> Bucket:
    """The last two buckets as one: the test may cross into a new one."""
    buckets = read_series(redis, [scope], SeriesWindow(grain, 2), now=clock(redis))[scope]
    return merge_buckets(buckets, buckets[0].at)


def sent(scripts: Scripts, settlement: Settlement, trip: CallTiming = NOT_TOLD) -> None:
    accept_events(scripts, event("1"))
    (taken,) = take_events(scripts)
    assert finish(scripts, taken, settlement, trip)


def test_what_is_accepted_is_counted_for_all_for_its_destination_and_for_its_source(
    redis: Redis, scripts: Scripts
):
    accept_events(scripts, event("1"), event("2", filtered=True), event("3", destination="globex"))
    accept_events(scripts, event("1"))

    assert counted(redis).counts == {"accepted": 3, "filtered": 1, "repeated": 1}
    assert counted(redis, ACME).counts == {"accepted": 2, "filtered": 1, "repeated": 1}
    assert counted(redis, WEB).counts == {
        "accepted": 3,
        "filtered": 1,
        "repeated": 1,
        "requests": 2,
        "weak": 2,
    }
    assert redis.hgetall(keys.REQUEST_COUNTS) == {b"web|accepted": b"2"}


def test_a_repeated_request_is_not_counted_twice(redis: Redis, scripts: Scripts):
    """A lost answer is no event."""
    once = receipt()
    accept_events(scripts, event("1"), on=once)
    accept_events(scripts, event("1"), on=once)

    assert counted(redis, WEB).counts["requests"] == 1


@pytest.mark.parametrize(
    ("settlement", "what"),
    [
        (end_event(State.DUPLICATE, None, record=b"", keep_seconds=60), "duplicate"),
        (retry_later(Retry(seconds=1.0), record=b""), "failed"),
        (freeze_company(1.0, record=b""), "rate_limited"),
        (bury(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=60), "dead"),
        (hold_event(HoldCause.FORBIDDEN, "no", record=b"", probe_seconds=60), "blocked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_an_attempt_ended_is_counted(redis: Redis, scripts: Scripts, settlement: Settlement, what: str):
    sent(scripts, settlement)

    for scope in (GLOBAL_SCOPE, ACME):
        for grain in (Resolution.MINUTE, Resolution.HOUR):
            assert counted(redis, scope, grain).counts == {"accepted": 1, what: 1}


def test_what_was_never_sent_is_not_counted(redis: Redis, scripts: Scripts):
    sent(scripts, return_unsent())

    assert counted(redis).counts == {"accepted": 1}


def test_a_delivery_is_counted_with_its_time_from_arrival_to_gong(redis: Redis, scripts: Scripts):
    accept_events(scripts, event("1"))
    (taken,) = take_events(scripts)
    before = int(redis.hget(keys.EVENT + taken.id, "received_at") or 0)
    redis.hset(keys.EVENT + taken.id, "received_at", before - 5_000_000)
    finish(scripts, taken, end_event(State.DELIVERED, "r", record=b"", keep_seconds=60))

    told = counted(redis, ACME)

    assert told.counts == {"accepted": 1, "delivered": 1}
    assert told.arrivals.percentile(50) == pytest.approx(5, rel=0.25)


def test_what_gong_took_for_its_answer_is_counted(redis: Redis, scripts: Scripts):
    sent(
        scripts,
        end_event(State.DELIVERED, "r", record=b"", keep_seconds=60),
        CallTiming("https://g", 0.1, 0.3),
    )

    told = counted(redis)

    assert told.calls.total == 1
    assert told.calls.percentile(50) == pytest.approx(0.3, rel=0.25)


@pytest.mark.parametrize("took", [0.0, 0.004, 0.01, 0.011, 0.02, 0.3, 1.28, 19.9, 4_000.0, 1e9])
def test_the_scripts_count_a_time_in_the_bucket_that_is_read(redis: Redis, scripts: Scripts, took: float):
    sent(scripts, retry_later(Retry(seconds=1.0), record=b""), CallTiming("https://g", 0.1, took))

    assert counted(redis).calls == Histogram({bucket_index(took): 1})


def test_a_replay_is_counted_but_not_timed(redis: Redis, scripts: Scripts):
    sent(scripts, bury(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=60))
    [dead_letter] = redis.zrange(f"{keys.BY_STATE}acme:dead", 0, -1)
    replay_event(scripts, dead_letter.decode(), now=NOW)
    (taken,) = take_events(scripts)
    finish(scripts, taken, end_event(State.DELIVERED, "r", record=b"", keep_seconds=60))

    told = counted(redis)

    assert told.counts == {"accepted": 1, "dead": 1, "replayed": 1, "delivered": 1}
    assert told.arrivals == Histogram()


def test_what_an_operator_gives_up_is_counted(redis: Redis, scripts: Scripts):
    kept = accept_events(scripts, event("1")).verdicts[0].id
    discard_event(scripts, kept, keep_seconds=60)

    assert counted(redis).counts == {"accepted": 1, "discarded": 1}


def test_dead_letters_are_counted_for_ever_by_their_reason(redis: Redis, scripts: Scripts):
    sent(scripts, bury(DeadLetterReason.RETRIES_EXHAUSTED, "no", record=b"", keep_seconds=60))

    assert redis.hgetall(keys.OTHER_COUNTS) == {b"acme|accepted": b"1", b"acme|dead:retries_exhausted": b"1"}


def test_every_bucket_expires(redis: Redis, scripts: Scripts):
    sent(
        scripts,
        end_event(State.DELIVERED, "r", record=b"", keep_seconds=60),
        CallTiming("https://g", 0.1, 0.3),
    )
    found: Any = [name.decode() for name in redis.keys(keys.SERIES + "*")]

    assert len(found) >= 6
    assert all(0 < redis.ttl(name) <= 35 * 86_400 for name in found)
    assert all(redis.ttl(name) <= 48 * 3_600 for name in found if name.startswith(keys.SERIES + "m"))


def test_a_batch_costs_as_many_buckets_as_one_event(redis: Redis, scripts: Scripts):
    accept_events(scripts, *(event(f"a{number}") for number in range(100)))
    redis.config_resetstat()
    accept_events(scripts, *(event(f"b{number}") for number in range(100)))

    told: Any = redis.info("commandstats")

    assert told["cmdstat_hincrby"]["calls"] <= 100 + 30  # one for each event's state, as before
