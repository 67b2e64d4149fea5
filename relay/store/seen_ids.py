"""Which names have come before: remembered longer than the events that bore them."""

from collections.abc import Sequence
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable


def find_duplicates(redis: Redis, names: Sequence[str]) -> dict[str, str]:
    """Those of the dedupe names that an event has had, with its id: its record may be pruned by now."""
    if not names:
        return {}
    with redis_errors_as_unavailable():
        found: Any = redis.mget([keys.SEEN + name for name in names])
    return {name: told.decode() for name, told in zip(names, found, strict=True) if told}
