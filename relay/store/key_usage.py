"""When each key of a source was last used."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime


def read_key_uses(redis: Redis, names: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """Return the time of each key's last use, by source and key id. Unused keys are missing."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(keys.KEY_USES + name)
        rows: list[Any] = pipeline.execute()
    return {name: _times(fields) for name, fields in zip(names, rows, strict=True)}


def _times(fields: Mapping[bytes, bytes]) -> dict[str, datetime]:
    return {key_id.decode(): to_datetime(microseconds) for key_id, microseconds in fields.items()}
