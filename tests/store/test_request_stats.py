"""Rejected requests are counted, and a flood of them causes few writes."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.request_stats import Rejection, RequestStats
from relay.store.time_series import (
    RejectedRequest,
    Resolution,
    SeriesWindow,
    read_rejected_requests,
    read_series,
    source_scope,
)
from tests.valkey import Valkey

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
STALE = Rejection("web", "verification_failed", "timestamp_out_of_range", NOW)
LARGE = Rejection("web", "body_too_large", "", NOW)


class Clock:
    """A clock that the test advances."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def count_increments(redis: Redis) -> int:
    command_stats: Any = redis.info("commandstats")
    return int(command_stats.get("cmdstat_hincrby", {"calls": 0})["calls"])


def test_rejected_requests_are_counted_by_code_and_reason(redis: Redis):
    stats = RequestStats(redis, Clock())
    for rejection in (STALE, STALE, LARGE):
        stats.count(rejection)

    stats.flush_if_due()

    for resolution in (Resolution.TEN_MINUTES, Resolution.HOUR):
        [bucket] = read_series(redis, [source_scope("web")], SeriesWindow(resolution, 1), now=NOW)[
            source_scope("web")
        ]
        assert bucket.counts == {"verification_failed:timestamp_out_of_range": 2, "body_too_large": 1}
    assert redis.hgetall(keys.REQUEST_COUNTS) == {
        b"web|verification_failed:timestamp_out_of_range": b"2",
        b"web|body_too_large": b"1",
    }
    assert read_rejected_requests(redis, ["web", "shop"]) == {
        "web": RejectedRequest(NOW, "body_too_large", "")
    }


def test_a_flood_costs_one_write_per_second(redis: Redis):
    clock = Clock()
    stats = RequestStats(redis, clock)
    redis.config_resetstat()
    for _ in range(1_000):
        stats.count(STALE)
        stats.flush_if_due()
    first = count_increments(redis)

    clock.seconds += 1.0
    stats.flush_if_due()

    assert (first, count_increments(redis)) == (3, 6)
    assert redis.hget(keys.REQUEST_COUNTS, f"web|{STALE.outcome}") == b"1000"


def test_counts_are_kept_in_memory_while_the_store_is_unavailable():
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        clock, server = Clock(), Valkey(Path(folder))
        store = open_redis(server.url, WORKER)
        stats = RequestStats(store, clock)
        stats.count(STALE)
        stats.flush_if_due()

        server.start()
        stats.count(STALE)
        clock.seconds += 1.0
        stats.flush_if_due()

        assert store.hget(keys.REQUEST_COUNTS, f"web|{STALE.outcome}") == b"2"
        store.close()
        server.stop()


def test_nothing_is_written_if_no_request_was_rejected(redis: Redis):
    RequestStats(redis, Clock()).flush_if_due()

    assert redis.dbsize() == 0
