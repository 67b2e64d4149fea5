"""How long requests took, and which were turned away: counted in the process, told to the store once a second at most.

What is taken is counted by the step that takes it. What is not comes from anybody: it must not cost a write each.
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
_FINE_KEPT, _HOURS_KEPT = 21_600, 3_024_000
"""As long as the scripts keep theirs, in seconds."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One request of a source that was not taken: with which code, and of a signature why."""

    source: str
    code: str
    reason: str
    at: datetime

    @property
    def outcome(self) -> str:
        return f"{self.code}:{self.reason}" if self.reason else self.code


class RequestStats:
    """Counts what is turned away, for as long as a process lives. Sources and codes are few, so this stays small."""

    def __init__(self, redis: Redis, clock: Callable[[], float]) -> None:
        """`redis` is the main store's. `clock` counts seconds and never goes back."""
        self._redis = redis
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._newest: dict[str, Rejection] = {}
        self._times: Counter[str] = Counter()
        self._told_at = float("-inf")

    def count(self, turned: Rejection) -> None:
        with self._lock:
            self._counts[turned.source, turned.outcome] += 1
            self._newest[turned.source] = turned

    def time(self, endpoint: str, seconds: float) -> None:
        """One request at a endpoint took so long, whatever came of it."""
        with self._lock:
            self._times[f"request:{endpoint}|{bucket_index(seconds)}"] += 1
            self._times[f"request:{endpoint}|sum"] += int(seconds * SECOND)

    def due(self) -> bool:
        """Whether there is something to tell, and a second has passed since the store was told last."""
        return bool(self._counts or self._times) and self._clock() - self._told_at >= FLUSH_SECONDS

    def flush_if_due(self) -> None:
        """Tell the store, unless it was told within the last second. Where it is away the counts wait."""
        with self._lock:
            if not self.due():
                return
            counts, newest, times = self._counts, self._newest, self._times
            self._counts, self._newest, self._times, self._told_at = Counter(), {}, Counter(), self._clock()
        try:
            self._tell(counts, newest, times)
        except Unavailable:
            with self._lock:
                self._counts.update(counts)
                self._times.update(times)
                self._newest = newest | self._newest

    def _tell(
        self, counts: Mapping[tuple[str, str], int], newest: Mapping[str, Rejection], times: Mapping[str, int]
    ) -> None:
        with redis_errors_as_unavailable(), self._redis.pipeline() as pipeline:
            for name, by in times.items():
                pipeline.hincrby(keys.TIMINGS, name, by)
            for (source, outcome), by in counts.items():
                pipeline.hincrby(keys.REQUEST_COUNTS, f"{source}|{outcome}", by)
                for key, kept in _buckets(source, newest[source].at):
                    pipeline.hincrby(key, outcome, by)
                    pipeline.expire(key, kept)
            for source, turned in newest.items():
                told: dict[Any, Any] = {
                    "at": int(turned.at.timestamp() * SECOND),
                    "code": turned.code,
                    "reason": turned.reason,
                }
                pipeline.hset(keys.LAST_REJECTED + source, mapping=told)
            pipeline.execute()


def _buckets(source: str, at: datetime) -> list[tuple[str, int]]:
    seconds, scope = int(at.timestamp()), source_scope(source)
    grains = ((Resolution.TEN_MINUTES, _FINE_KEPT), (Resolution.HOUR, _HOURS_KEPT))
    return [
        (f"{keys.SERIES}{grain.value[0]}{seconds // grain.seconds}{scope}", kept) for grain, kept in grains
    ]
