"""Reading what the store knows of sources: which of their keys came when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime


def read_key_uses(redis: Redis, names: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """For each source named, when each of its keys was last used, by key id. A key that never came is not there."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(keys.KEY_USES + name)
        found: list[Any] = pipeline.execute()
    return {name: _moments(fields) for name, fields in zip(names, found, strict=True)}


def _moments(fields: Mapping[bytes, bytes]) -> dict[str, datetime]:
    return {key_id.decode(): to_datetime(microseconds) for key_id, microseconds in fields.items()}
