"""A source that uses its share of the store, or sends too many events, is refused alone, and nothing of it is stored."""

from dataclasses import replace

import pytest
from redis import Redis

from relay.core.errors import TooManyRequests
from relay.core.lifecycle import State
from relay.core.source import SourceLimits
from relay.store.accept import AcceptOptions, AcceptResult, NewEvent, Receipt, Retention, accept
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event
from relay.store.purges import purge_events
from relay.store.source_usage import read_source_bytes
from tests.store_world import NOW, event, receipt

MEMORY = 40_000
"""The `maxmemory` of the store. Half of it holds about ten small events."""


def send(
    scripts: Scripts, *events: NewEvent, on: Receipt | None = None, source: str = "web", **limits: float
) -> AcceptResult:
    request = replace(on or receipt(), source=source, limits=SourceLimits(**limits))  # type: ignore[arg-type]
    named = [replace(item, dedupe_name=f"{source}:{item.event_id}") for item in events]
    options = AcceptOptions(Retention(), store_bytes=MEMORY)
    return accept(scripts, request, named, now=NOW, options=options)


def fill(scripts: Scripts) -> int:
    """Send events until one is refused. Returns how many were accepted."""
    for number in range(100):
        try:
            send(scripts, event(str(number)))
        except TooManyRequests:
            return number
    raise AssertionError("the source is never refused")


def test_a_source_above_its_share_is_refused_and_changes_nothing(scripts: Scripts, redis: Redis):
    assert fill(scripts) > 0
    before = {key: redis.dump(key) for key in redis.scan_iter()}

    with pytest.raises(TooManyRequests) as refused:
        send(scripts, event("new"))

    assert (refused.value.code, refused.value.retry_after) == ("source_store_share", 60)
    assert "limits.store_share" in refused.value.detail
    assert {key: redis.dump(key) for key in redis.scan_iter()} == before


def test_a_source_never_uses_more_than_its_share_and_one_request(scripts: Scripts, redis: Redis):
    fill(scripts)
    used = read_source_bytes(redis, ["web"])["web"]

    assert MEMORY / 2 <= used < MEMORY / 2 + 3_000


def test_another_source_is_accepted_while_one_is_above_its_share(scripts: Scripts):
    fill(scripts)

    [verdict] = send(scripts, event("1"), source="shop").verdicts

    assert (verdict.status, verdict.duplicate) == ("queued", False)


def test_a_repeated_idempotency_key_gets_its_first_answer_above_the_share(scripts: Scripts):
    first = send(scripts, event("first"), on=receipt(idempotency_key="k"))
    fill(scripts)

    again = send(scripts, event("first"), on=receipt(idempotency_key="k"))

    assert (again.repeated, again.verdicts) == (True, first.verdicts)


def test_events_that_are_stored_are_duplicates_above_the_share_and_take_no_memory(
    scripts: Scripts, redis: Redis
):
    fill(scripts)
    used, count = read_source_bytes(redis, ["web"]), redis.dbsize()

    for _ in range(3):
        [verdict] = send(scripts, event("0"), on=receipt(idempotency_key="new")).verdicts
        assert verdict.duplicate

    assert read_source_bytes(redis, ["web"]) == used
    # The time series and counters may have begun; no receipt and no name is stored.
    assert redis.keys(f"{keys.IDEMPOTENCY}*") == []
    assert redis.dbsize() <= count + 6


def test_a_batch_with_one_new_event_is_refused_whole_above_the_share(scripts: Scripts, redis: Redis):
    fill(scripts)
    stored = redis.zcard(keys.EVENTS)

    with pytest.raises(TooManyRequests):
        send(scripts, event("0"), event("new"))

    assert redis.zcard(keys.EVENTS) == stored


def test_a_store_without_maxmemory_has_no_share(scripts: Scripts):
    for number in range(30):
        options = AcceptOptions(Retention(), store_bytes=None)
        accept(scripts, receipt(), [event(str(number))], now=NOW, options=options)


def test_a_source_may_send_the_events_of_one_minute_at_once_and_then_none(scripts: Scripts):
    for number in range(5):
        send(scripts, event(str(number)), events_per_minute=5)

    with pytest.raises(TooManyRequests) as refused:
        send(scripts, event("5"), events_per_minute=5)

    assert refused.value.code == "source_rate"
    # An event's worth of time is twelve seconds.
    assert 1 <= refused.value.retry_after <= 12


def test_after_the_time_of_retry_after_the_request_is_accepted(scripts: Scripts, redis: Redis):
    for number in range(5):
        send(scripts, event(str(number)), events_per_minute=5)
    with pytest.raises(TooManyRequests) as refused:
        send(scripts, event("5"), events_per_minute=5)

    pass_time(redis, "web", refused.value.retry_after)

    assert send(scripts, event("5"), events_per_minute=5).verdicts


def pass_time(redis: Redis, source: str, seconds: float) -> None:
    """Move the source's allowance into the past, as if this time had passed."""
    redis.hincrby(keys.SOURCE_USAGE + source, "allowance_at", -int(seconds * 1_000_000))


def test_the_rate_of_one_source_does_not_affect_another(scripts: Scripts):
    send(scripts, event("1"), events_per_minute=1)
    with pytest.raises(TooManyRequests):
        send(scripts, event("2"), events_per_minute=1)

    assert send(scripts, event("2"), source="shop", events_per_minute=1).verdicts


def test_a_batch_above_the_events_of_a_minute_is_accepted_after_a_silence_and_paid_for(
    scripts: Scripts, redis: Redis
):
    batch = [event(f"batch-{number}") for number in range(4)]
    assert len(send(scripts, *batch, events_per_minute=1).verdicts) == 4

    with pytest.raises(TooManyRequests) as refused:
        send(scripts, event("more"), events_per_minute=1)

    assert refused.value.retry_after > 180  # four minutes' worth of events, one of which may arrive at once
    pass_time(redis, "web", refused.value.retry_after)
    assert send(scripts, event("more"), events_per_minute=1).verdicts


def test_duplicates_count_towards_the_rate_but_a_repeated_request_does_not(scripts: Scripts):
    on = receipt(idempotency_key="k")
    send(scripts, event("1"), on=on, events_per_minute=2)
    send(scripts, event("1"), events_per_minute=2)
    with pytest.raises(TooManyRequests):
        send(scripts, event("1"), events_per_minute=2)

    again = send(scripts, event("1"), on=receipt(idempotency_key="k"), events_per_minute=2)

    assert again.repeated


def test_a_refused_request_may_use_its_idempotency_key_again(scripts: Scripts, redis: Redis):
    send(scripts, event("1"), events_per_minute=1)
    with pytest.raises(TooManyRequests) as refused:
        send(scripts, event("2"), on=receipt(idempotency_key="k"), events_per_minute=1)
    pass_time(redis, "web", refused.value.retry_after)

    assert not send(scripts, event("2"), on=receipt(idempotency_key="k"), events_per_minute=1).repeated


def test_old_events_without_a_size_never_make_the_count_negative(scripts: Scripts, redis: Redis):
    [verdict] = send(scripts, event("1")).verdicts
    for key in (*redis.keys(f"{keys.EVENT}*"), *redis.keys(f"{keys.RECEIPT}*")):
        redis.hdel(key, "bytes")
    redis.delete(keys.SOURCE_USAGE + "web")

    discard_event(scripts, verdict.id, keep_seconds=600)
    purge_events(scripts, [verdict.id], state=State.DISCARDED)

    assert read_source_bytes(redis, ["web"]) == {"web": 0}


def test_the_count_is_corrected_once_the_source_has_no_event_left(scripts: Scripts, redis: Redis):
    lost, last = (send(scripts, event(name)).verdicts[0].id for name in ("1", "2"))
    # A version with layout 2.0 prunes an event and does not uncount it.
    [receipt_id] = [redis.hget(keys.EVENT + lost, "receipt")]
    redis.delete(keys.EVENT + lost, keys.RECEIPT + receipt_id.decode())
    redis.zrem(keys.BY_SOURCE + "web", lost)

    discard_event(scripts, last, keep_seconds=600)
    purge_events(scripts, [last], state=State.DISCARDED)

    usage = redis.hgetall(keys.SOURCE_USAGE + "web")
    expiring = sum(int(value) for name, value in usage.items() if name.startswith(b"expires:"))
    assert int(usage[b"bytes"]) == expiring > 0
