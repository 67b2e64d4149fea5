"""Times in the store: whole microseconds since 1970, by the store's own time.

That is the time of Redis's clock unless that clock is set (`clock.lua`).
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys

SECOND = 1_000_000
"""One second in microseconds."""

# macOS has no CLOCK_BOOTTIME. Its CLOCK_MONOTONIC counts the time in which the machine sleeps, as CLOCK_BOOTTIME does.
_UPTIME_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def uptime() -> float:
    """Return seconds from a clock that is never set and also counts while the machine sleeps."""
    return time.clock_gettime(_UPTIME_CLOCK)


def to_datetime(microseconds: bytes | str | int) -> datetime:
    """Convert a time that the store wrote."""
    return datetime.fromtimestamp(int(microseconds) / SECOND, tz=UTC)


def read_store_time(redis: Redis) -> int:
    """Return the store's time in microseconds. Raises whatever the client raises."""
    pipeline = redis.pipeline(transaction=False)
    queue_store_time(pipeline)
    clock, note = pipeline.execute()
    return store_time(clock, note)


def queue_store_time(pipeline: Any) -> None:
    """Add the two commands to a pipeline whose answers `store_time` expects."""
    pipeline.time()
    pipeline.get(keys.CLOCK)


def store_time(clock: Sequence[int], note: bytes | None) -> int:
    """Return the store's time in microseconds from the answers to `queue_store_time`."""
    return server_time(clock) + clock_offset(note)


def server_time(clock: Sequence[int]) -> int:
    """Return the time of Redis's clock in microseconds."""
    return clock[0] * SECOND + clock[1]


def clock_offset(note: bytes | None) -> int:
    """Return what the store's time is ahead of Redis's clock, in microseconds."""
    _, _, offset = (note or b"").partition(b" ")
    return int(offset or 0)
