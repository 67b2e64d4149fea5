"""What workers do step by step, whichever is free: a record for each piece of such work, those that are open, and a lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.store.engine.connection import redis_errors_as_unavailable

NEWEST_LIMIT = 50
"""Of the newest."""

JobRow = tuple[str, Mapping[bytes, bytes]]
"""A record's id, and its fields as they are kept."""


@dataclass(frozen=True, slots=True)
class JobRecords:
    """Where one kind of such work is kept: the prefix of its records, the sets of all and of the open ones, its lock."""

    record: str
    all: str
    open: str
    lock: str

    def may_step(self, redis: Redis, *, milliseconds: int) -> bool:
        """Whether this worker is the one to step now. True for one worker in so many milliseconds."""
        with redis_errors_as_unavailable():
            if not redis.exists(self.open):
                return False
            return bool(redis.set(self.lock, 1, nx=True, px=milliseconds))

    def open_rows(self, redis: Redis) -> list[JobRow]:
        """Those that have not ended, oldest first."""
        with redis_errors_as_unavailable():
            found: Any = redis.zrange(self.open, 0, -1)
        return self._rows(redis, [name.decode() for name in found])

    def newest_rows(self, redis: Redis) -> list[JobRow]:
        """The newest fifty, newest first."""
        with redis_errors_as_unavailable():
            found: Any = redis.zrange(self.all, "+", "-", desc=True, bylex=True, offset=0, num=NEWEST_LIMIT)
        return self._rows(redis, [name.decode() for name in found])

    def row(self, redis: Redis, own_id: str) -> JobRow | None:
        found = self._rows(redis, [own_id])
        return found[0] if found else None

    def _rows(self, redis: Redis, ids: Sequence[str]) -> list[JobRow]:
        with redis_errors_as_unavailable():
            pipeline = redis.pipeline(transaction=False)
            for own_id in ids:
                pipeline.hgetall(self.record + own_id)
            rows: list[Any] = pipeline.execute()
        return [(own_id, row) for own_id, row in zip(ids, rows, strict=True) if row]
