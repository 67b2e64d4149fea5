"""Durations and rejections of requests: counted in the process, and written to the store at most once a second.

Accepted requests are counted by the script that accepts them. Anyone can send requests that are rejected, so those must not
cost a write each.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from relay.core.errors import Unavailable
from relay.core.percentiles import bucket_index
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND
from relay.store.time_series import Resolution, source_scope

FLUSH_SECONDS = 1.0
_KEEP_FINE, _KEEP_HOURS = 21_600, 3_024_000
"""How long buckets are kept, in seconds, as in `series.lua`."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One rejected request of a source. `reason` says why a signature failed."""

    source: str
    code: str
    reason: str
    at: datetime

    @property
    def outcome(self) -> str:
        """The word that the request is counted under."""
        return f"{self.code}:{self.reason}" if self.reason else self.code


class RequestStats:
    """Collects what is to be counted. There are few sources and codes, so it stays small while the store is down."""

    def __init__(self, redis: Redis, clock: Callable[[], float]) -> None:
        """`redis` is the main store's. `clock` counts seconds and never goes back."""
        self._redis = redis
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._newest: dict[str, Rejection] = {}
        self._times: Counter[str] = Counter()
        self._flushed_at = float("-inf")

    def count(self, rejection: Rejection) -> None:
        with self._lock:
            self._counts[rejection.source, rejection.outcome] += 1
            self._newest[rejection.source] = rejection

    def time(self, endpoint: str, seconds: float) -> None:
        """Count the duration of one request to an endpoint group, whatever its outcome."""
        with self._lock:
            self._times[f"request:{endpoint}|{bucket_index(seconds)}"] += 1
            self._times[f"request:{endpoint}|sum"] += int(seconds * SECOND)

    def due(self) -> bool:
        """True if there is something to write, and the last write was at least a second ago."""
        return bool(self._counts or self._times) and self._clock() - self._flushed_at >= FLUSH_SECONDS

    def flush_if_due(self) -> None:
        """Write to the store, unless that was done within the last second. If the store is down, the counts are kept."""
        with self._lock:
            if not self.due():
                return
            counts, newest, times = self._counts, self._newest, self._times
            self._counts, self._newest, self._times, self._flushed_at = (
                Counter(),
                {},
                Counter(),
                self._clock(),
            )
        # Outside the lock, so that no request waits for Redis.
        try:
            self._write(counts, newest, times)
        except Unavailable:
            with self._lock:
                # Added, not restored: other threads may have counted in the meantime.
                self._counts.update(counts)
                self._times.update(times)
                # A newer rejection that came during the write must win.
                self._newest = newest | self._newest

    def _write(
        self, counts: Mapping[tuple[str, str], int], newest: Mapping[str, Rejection], times: Mapping[str, int]
    ) -> None:
        with redis_errors_as_unavailable(), self._redis.pipeline() as pipeline:
            for name, by in times.items():
                pipeline.hincrby(keys.TIMINGS, name, by)
            for (source, outcome), by in counts.items():
                pipeline.hincrby(keys.REQUEST_COUNTS, f"{source}|{outcome}", by)
                for key, keep in _buckets(source, newest[source].at):
                    pipeline.hincrby(key, outcome, by)
                    pipeline.expire(key, keep)
            for source, rejection in newest.items():
                fields: dict[Any, Any] = {
                    "at": int(rejection.at.timestamp() * SECOND),
                    "code": rejection.code,
                    "reason": rejection.reason,
                }
                # Only the newest one is kept, so that a flood of rejected requests needs no more memory.
                pipeline.hset(keys.LAST_REJECTED + source, mapping=fields)
            pipeline.execute()


def _buckets(source: str, at: datetime) -> list[tuple[str, int]]:
    seconds, scope = int(at.timestamp()), source_scope(source)
    grains = ((Resolution.TEN_MINUTES, _KEEP_FINE), (Resolution.HOUR, _KEEP_HOURS))
    return [
        (f"{keys.SERIES}{grain.value[0]}{seconds // grain.seconds}{scope}", keep) for grain, keep in grains
    ]
