"""How many bytes of a store each source uses. The scripts count them, in the step that stores or deletes the data."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable


def read_source_bytes(redis: Redis, names: Sequence[str]) -> Mapping[str, int]:
    """Return the bytes that each of the sources uses. Events that layout 2.0 stored count nothing."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hget(keys.SOURCE_USAGE + name, "bytes")
        rows: list[Any] = pipeline.execute()
    return {name: int(row) if row else 0 for name, row in zip(names, rows, strict=True)}
