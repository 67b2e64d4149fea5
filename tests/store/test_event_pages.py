"""Pages of events: every filter returns exactly the events that match, for a bounded number of commands."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from redis import Redis

from relay.core.ids import generate_ids
from relay.core.lifecycle import DeadLetterReason, State
from relay.store.engine import keys
from relay.store.engine.index_scan import MAX_ROUNDS, IdRange, scan_newest
from relay.store.events import MAX_SCANNED, EventFilter, EventPage, list_events

START = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING_MORE = None


def fill(redis: Redis, count: int, *, destinations: int = 1, **fields: str) -> list[str]:
    """Write events one second apart, to each destination in turn, with their indexes only; newest id first."""
    ids = []
    with redis.pipeline(transaction=False) as pipeline:
        for number in range(count):
            name = generate_ids(START + timedelta(seconds=number), number.to_bytes(9), 1)[0]
            record = {"state": "queued", "source": "web", "destination": f"d{number % destinations}"} | fields
            pipeline.hset(keys.EVENT + name, mapping=dict(record))
            pipeline.zadd(keys.EVENTS, {name: 0})
            pipeline.zadd(keys.BY_SOURCE + record["source"], {name: 0})
            pipeline.zadd(f"{keys.BY_STATE}{record['destination']}:{record['state']}", {name: 0})
            pipeline.sadd(keys.DESTINATIONS, record["destination"])
            ids.append(name)
        pipeline.execute()
    return ids[::-1]


def read_all_pages(redis: Redis, wanted: EventFilter, *, limit: int) -> list[str]:
    ids: list[str] = []
    cursor = None
    while True:
        page = list_events(redis, wanted, limit=limit, cursor=cursor)
        assert len(page.events) <= limit
        ids += [event["id"] for event in page.events]
        if page.cursor is NOTHING_MORE:
            return ids
        assert cursor is None or page.cursor < cursor
        cursor = page.cursor


@contextmanager
def count_commands(redis: Redis) -> Iterator[dict[str, int]]:
    """Count the commands of the block by name; the dictionary is filled when the block ends."""
    redis.config_resetstat()
    calls: dict[str, int] = {}
    yield calls
    command_stats: Mapping[str, Any] = redis.info("commandstats")
    calls |= {name.removeprefix("cmdstat_"): stats["calls"] for name, stats in command_stats.items()}
    del calls["config|resetstat"]


@pytest.mark.parametrize("destinations", [1, 3, 40])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_reading_all_pages_returns_each_event_once_newest_first(redis: Redis, destinations: int, limit: int):
    ids = fill(redis, 400, destinations=destinations)

    assert read_all_pages(redis, EventFilter(status=State.QUEUED), limit=limit) == ids


def test_a_time_filter_includes_since_and_excludes_until(redis: Redis):
    ids = fill(redis, 30)
    wanted = EventFilter(since=START + timedelta(seconds=5), until=START + timedelta(seconds=25))

    assert read_all_pages(redis, wanted, limit=4) == [
        event_id for event_id in ids if wanted.id_range().contains(event_id)
    ]
    assert len(read_all_pages(redis, wanted, limit=50)) == 20


def test_a_time_filter_costs_nothing_for_newer_events(redis: Redis):
    fill(redis, 3_000)
    wanted = EventFilter(until=START + timedelta(seconds=10))

    with count_commands(redis) as calls:
        page = list_events(redis, wanted, limit=50, cursor=None)

    assert len(page.events) == 10
    assert calls == {"zrange": 1, "hmget": 10}


def add_dead_letter(redis: Redis, number: int, reason: DeadLetterReason, cluster: str) -> str:
    name = generate_ids(START + timedelta(hours=1, seconds=number), number.to_bytes(9), 1)[0]
    record = {"state": "dead", "source": "web", "destination": "d0", "reason": reason, "cluster": cluster}
    redis.hset(keys.EVENT + name, mapping=dict(record))
    redis.zadd(f"{keys.BY_STATE}d0:dead", {name: 0})
    redis.zadd(keys.CLUSTER + cluster, {name: 0})
    redis.zadd(keys.CLUSTERS, {cluster: number})
    redis.hset(keys.CLUSTER_INFO + cluster, "reason", reason)
    return name


def test_dead_letters_are_found_by_their_reason_and_by_their_cluster(redis: Redis):
    first, second = (
        add_dead_letter(redis, 1, DeadLetterReason.REJECTED, "a"),
        add_dead_letter(redis, 2, DeadLetterReason.REJECTED, "b"),
    )
    third = add_dead_letter(redis, 3, DeadLetterReason.WORKER_CRASHED, "c")

    assert read_all_pages(redis, EventFilter(reason=DeadLetterReason.REJECTED), limit=1) == [second, first]
    assert read_all_pages(
        redis, EventFilter(reason=DeadLetterReason.WORKER_CRASHED, destination="d0"), limit=9
    ) == [third]
    assert read_all_pages(redis, EventFilter(cluster="a"), limit=9) == [first]
    assert (
        read_all_pages(redis, EventFilter(reason=DeadLetterReason.REJECTED, status=State.QUEUED), limit=9)
        == []
    )


def test_a_reason_is_found_among_more_clusters_than_are_read_one_by_one(redis: Redis):
    fill(redis, 1)
    event_id = add_dead_letter(redis, 1, DeadLetterReason.REJECTED, "a")
    redis.zadd(keys.CLUSTERS, {f"cluster-{number}": number + 2 for number in range(600)})

    assert read_all_pages(redis, EventFilter(reason=DeadLetterReason.REJECTED), limit=9) == [event_id]


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(),
        EventFilter(status=State.QUEUED),
        EventFilter(status=State.DEAD),
        EventFilter(source="shop"),
        EventFilter(source="shop", status=State.QUEUED),
        EventFilter(destination="d7", source="shop"),
        EventFilter(reason=DeadLetterReason.REJECTED),
    ],
    ids=str,
)
def test_a_page_costs_a_bounded_number_of_commands_for_any_filter(redis: Redis, wanted: EventFilter):
    """With 300 destinations. A filter that matches nothing costs most, because it scans as far as a page may."""
    fill(redis, 6_000, destinations=300)

    with count_commands(redis) as calls:
        list_events(redis, wanted, limit=50, cursor=None)

    assert calls.pop("hmget", 0) <= MAX_SCANNED
    assert calls.pop("zrange", 0) <= 300 * MAX_ROUNDS
    assert sum(calls.values()) <= 2


def test_a_page_that_reached_its_scan_limit_returns_a_cursor(redis: Redis):
    fill(redis, MAX_SCANNED + 10)

    page = list_events(redis, EventFilter(source="web", status=State.QUEUED), limit=50, cursor=None)
    empty = list_events(redis, EventFilter(source="shop", status=State.QUEUED), limit=50, cursor=None)

    assert len(page.events) == 50
    assert empty.events == []
    assert empty.cursor is not None
    assert list_events(
        redis, EventFilter(source="shop", status=State.QUEUED), limit=5, cursor=empty.cursor
    ) == EventPage([], None)


def test_a_scan_of_many_indexes_takes_few_rounds(redis: Redis):
    fill(redis, 6_000, destinations=300)
    indexes = [f"{keys.BY_STATE}d{number}:queued" for number in range(300)]

    batches = [batch for batch, _ in islice(scan_newest(redis, indexes, IdRange(), first=51), 4)]

    assert sum(map(len, batches)) >= MAX_SCANNED
