"""Records of background jobs that any worker can advance, one step at a time: replays and erasures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.scripts import Scripts, take_turn

NEWEST_LIMIT = 50
"""How many jobs a list shows."""

JobRow = tuple[str, Mapping[bytes, bytes]]
"""A job's id, and the fields of its record as Redis returns them."""


@dataclass(frozen=True, slots=True)
class JobRecords:
    """The Redis keys of one kind of job."""

    record: str
    """Prefix of the records: a hash for each job."""
    all: str
    """Sorted set of all job ids."""
    open: str
    """Sorted set of the jobs that have not ended."""
    lock: str

    def may_step(self, redis: Redis, scripts: Scripts, *, milliseconds: int) -> bool:
        """True if a job is open and this worker may advance it: one worker per `milliseconds`."""
        with redis_errors_as_unavailable():
            # Usually no job is open. Then the idle workers only read.
            if not redis.exists(self.open):
                return False
            # The lock expires by itself, so a worker that dies in a step blocks the job for one interval at most.
            return take_turn(scripts, self.lock, seconds=milliseconds / 1000)

    def open_rows(self, redis: Redis) -> list[JobRow]:
        """Return the jobs that have not ended, oldest first."""
        with redis_errors_as_unavailable():
            ids: Any = redis.zrange(self.open, 0, -1)
        return self._rows(redis, [job_id.decode() for job_id in ids])

    def newest_rows(self, redis: Redis) -> list[JobRow]:
        """Return the newest jobs, newest first, at most NEWEST_LIMIT."""
        with redis_errors_as_unavailable():
            # All scores are 0, so the set is ordered by id, and an id begins with its time.
            ids: Any = redis.zrange(self.all, "+", "-", desc=True, bylex=True, offset=0, num=NEWEST_LIMIT)
        return self._rows(redis, [job_id.decode() for job_id in ids])

    def row(self, redis: Redis, job_id: str) -> JobRow | None:
        """Return one job, or None if there is no record of it."""
        rows = self._rows(redis, [job_id])
        return rows[0] if rows else None

    def _rows(self, redis: Redis, ids: Sequence[str]) -> list[JobRow]:
        with redis_errors_as_unavailable():
            pipeline = redis.pipeline(transaction=False)
            for job_id in ids:
                pipeline.hgetall(self.record + job_id)
            rows: list[Any] = pipeline.execute()
        # A record may have expired since its id was read.
        return [(job_id, row) for job_id, row in zip(ids, rows, strict=True) if row]
