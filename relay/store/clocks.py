"""The clocks of an installation: whether a store's clock was set, and which workers' clocks differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, clock_offset, queue_store_time, store_time, to_datetime

_FORGOTTEN_AFTER = 60 * SECOND
"""Workers report every ten seconds; one that has stopped no longer counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreClock:
    """How the store's time and the workers' clocks compare with the clock of the store's server. Times in seconds."""

    offset: float = 0.0
    """What the store's time is ahead of the server's clock. 0 unless that clock was set lately."""
    step: float = 0.0
    """How far the server's clock was set the last time; less than 0 is back."""
    stepped_at: datetime | None = None
    workers: Mapping[str, float] = field(default_factory=dict)
    """What the clocks of workers are ahead of the server's, by worker. Only those that differ."""


def read_store_clock(redis: Redis) -> StoreClock:
    """Return how the clocks compare. Raises Unavailable."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        queue_store_time(pipeline)
        pipeline.hmget(keys.CLOCK_STEP, "step", "at")
        pipeline.hgetall(keys.WORKER_CLOCKS)
        clock, note, (step, stepped_at), workers = pipeline.execute()
    oldest = store_time(clock, note) - _FORGOTTEN_AFTER
    reports = {name.decode(): report.split() for name, report in workers.items()}
    return StoreClock(
        offset=clock_offset(note) / SECOND,
        step=int(step or 0) / SECOND,
        stepped_at=to_datetime(stepped_at) if stepped_at else None,
        workers={name: float(seconds) for name, (seconds, at) in reports.items() if int(at) > oldest},
    )


def report_worker_clock(redis: Redis, worker: str, seconds: float | None, *, now: datetime) -> None:
    """Save what a worker's clock is ahead of the server's; None if they agree. `now` is the store's time."""
    with redis_errors_as_unavailable():
        if seconds is None:
            redis.hdel(keys.WORKER_CLOCKS, worker)
            return
        reports: Any = redis.hgetall(keys.WORKER_CLOCKS)
        at = int(now.timestamp() * SECOND)
        old = [name for name, report in reports.items() if int(report.split()[1]) < at - _FORGOTTEN_AFTER]
        if old:
            redis.hdel(keys.WORKER_CLOCKS, *old)
        redis.hset(keys.WORKER_CLOCKS, worker, f"{seconds:.3f} {at}")
