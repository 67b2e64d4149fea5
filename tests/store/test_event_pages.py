"""Pages of events: every filter finds just what fits, and no page costs more than so many commands."""

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

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING_MORE = None


def fill(redis: Redis, count: int, *, destinations: int = 1, **fields: str) -> list[str]:
    """Events a second apart, in turn to each destination, with their indexes and nothing else."""
    ids = []
    with redis.pipeline(transaction=False) as pipeline:
        for number in range(count):
            name = generate_ids(BEGAN + timedelta(seconds=number), number.to_bytes(9), 1)[0]
            told = {"state": "queued", "source": "web", "destination": f"d{number % destinations}"} | fields
            pipeline.hset(keys.EVENT + name, mapping=dict(told))
            pipeline.zadd(keys.EVENTS, {name: 0})
            pipeline.zadd(keys.BY_SOURCE + told["source"], {name: 0})
            pipeline.zadd(f"{keys.BY_STATE}{told['destination']}:{told['state']}", {name: 0})
            pipeline.sadd(keys.DESTINATIONS, told["destination"])
            ids.append(name)
        pipeline.execute()
    return ids[::-1]


def walk(redis: Redis, wanted: EventFilter, *, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = list_events(redis, wanted, limit=limit, cursor=cursor)
        assert len(page.events) <= limit
        found += [event["id"] for event in page.events]
        if page.cursor is NOTHING_MORE:
            return found
        assert cursor is None or page.cursor < cursor
        cursor = page.cursor


@contextmanager
def counted(redis: Redis) -> Iterator[dict[str, int]]:
    """Fills in, at its end, how often each command was given."""
    redis.config_resetstat()
    calls: dict[str, int] = {}
    yield calls
    told: Mapping[str, Any] = redis.info("commandstats")
    calls |= {name.removeprefix("cmdstat_"): each["calls"] for name, each in told.items()}
    del calls["config|resetstat"]


@pytest.mark.parametrize("destinations", [1, 3, 40])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_walking_shows_each_event_once_from_the_newest_on(redis: Redis, destinations: int, limit: int):
    ids = fill(redis, 400, destinations=destinations)

    assert walk(redis, EventFilter(status=State.QUEUED), limit=limit) == ids


def test_moments_cut_the_walk_within_since_and_without_until(redis: Redis):
    ids = fill(redis, 30)
    wanted = EventFilter(since=BEGAN + timedelta(seconds=5), until=BEGAN + timedelta(seconds=25))

    assert walk(redis, wanted, limit=4) == [one for one in ids if wanted.id_range().contains(one)]
    assert len(walk(redis, wanted, limit=50)) == 20


def test_a_moment_costs_nothing_though_much_newer_is_held(redis: Redis):
    fill(redis, 3_000)
    wanted = EventFilter(until=BEGAN + timedelta(seconds=10))

    with counted(redis) as calls:
        page = list_events(redis, wanted, limit=50, cursor=None)

    assert len(page.events) == 10
    assert calls == {"zrange": 1, "hmget": 10}


def dead(redis: Redis, number: int, reason: DeadLetterReason, cluster: str) -> str:
    name = generate_ids(BEGAN + timedelta(hours=1, seconds=number), number.to_bytes(9), 1)[0]
    told = {"state": "dead", "source": "web", "destination": "d0", "reason": reason, "cluster": cluster}
    redis.hset(keys.EVENT + name, mapping=dict(told))
    redis.zadd(f"{keys.BY_STATE}d0:dead", {name: 0})
    redis.zadd(keys.CLUSTER + cluster, {name: 0})
    redis.zadd(keys.CLUSTERS, {cluster: number})
    redis.hset(keys.CLUSTER_INFO + cluster, "reason", reason)
    return name


def test_dead_letters_are_found_by_their_reason_and_by_their_fault(redis: Redis):
    first, second = (
        dead(redis, 1, DeadLetterReason.REJECTED, "a"),
        dead(redis, 2, DeadLetterReason.REJECTED, "b"),
    )
    third = dead(redis, 3, DeadLetterReason.WORKER_CRASHED, "c")

    assert walk(redis, EventFilter(reason=DeadLetterReason.REJECTED), limit=1) == [second, first]
    assert walk(redis, EventFilter(reason=DeadLetterReason.WORKER_CRASHED, destination="d0"), limit=9) == [
        third
    ]
    assert walk(redis, EventFilter(cluster="a"), limit=9) == [first]
    assert walk(redis, EventFilter(reason=DeadLetterReason.REJECTED, status=State.QUEUED), limit=9) == []


def test_a_reason_is_found_among_more_faults_than_are_asked_one_by_one(redis: Redis):
    fill(redis, 1)
    kept = dead(redis, 1, DeadLetterReason.REJECTED, "a")
    redis.zadd(keys.CLUSTERS, {f"fault-{number}": number + 2 for number in range(600)})

    assert walk(redis, EventFilter(reason=DeadLetterReason.REJECTED), limit=9) == [kept]


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
def test_a_page_costs_a_bounded_number_of_commands_whatever_it_looks_for(redis: Redis, wanted: EventFilter):
    """With 300 destinations. One that nothing fits is the dearest: it looks as far as a page may."""
    fill(redis, 6_000, destinations=300)

    with counted(redis) as calls:
        list_events(redis, wanted, limit=50, cursor=None)

    assert calls.pop("hmget", 0) <= MAX_SCANNED
    assert calls.pop("zrange", 0) <= 300 * MAX_ROUNDS
    assert sum(calls.values()) <= 2


def test_a_page_that_may_look_no_further_says_where_to_go_on(redis: Redis):
    fill(redis, MAX_SCANNED + 10)

    page = list_events(redis, EventFilter(source="web", status=State.QUEUED), limit=50, cursor=None)
    none = list_events(redis, EventFilter(source="shop", status=State.QUEUED), limit=50, cursor=None)

    assert len(page.events) == 50
    assert none.events == []
    assert none.cursor is not None
    assert list_events(
        redis, EventFilter(source="shop", status=State.QUEUED), limit=5, cursor=none.cursor
    ) == EventPage([], None)


def test_a_walk_over_many_sets_takes_few_rounds(redis: Redis):
    fill(redis, 6_000, destinations=300)
    indexes = [f"{keys.BY_STATE}d{number}:queued" for number in range(300)]

    batches = [batch for batch, _ in islice(scan_newest(redis, indexes, IdRange(), first=51), 4)]

    assert sum(map(len, batches)) >= MAX_SCANNED
