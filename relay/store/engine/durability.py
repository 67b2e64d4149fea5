"""Durability settings of a store, and the high-water mark above which it accepts no new events."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from relay.core.errors import Unavailable
from relay.store.engine.connection import redis_errors_as_unavailable, uses_sentinels

_CHECK_SECONDS = 1.0

_MAX_LAG_SECONDS = 10
"""A healthy replica reports to its primary once a second."""

_SETTING_NAMES = ("appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write")


@dataclass(frozen=True, slots=True)
class Durability:
    """The server's settings that decide whether accepted events survive a crash. "?" means unknown."""

    appendonly: str
    appendfsync: str
    maxmemory_policy: str
    relaxed: tuple[str, ...]
    """One sentence for each way in which accepted events could be lost."""


def read_durability(redis: Redis) -> Durability:
    """Read the server's settings and the state of its replicas. Raises Unavailable."""
    with redis_errors_as_unavailable():
        try:
            values: Any = redis.config_get(*_SETTING_NAMES)
        except ResponseError:
            # Some managed services forbid CONFIG. Unknown settings count as relaxed, so that an operator checks them.
            text = "The server rejects CONFIG GET, so its durability settings are unknown."
            return Durability("?", "?", "?", (text,))
        replication: Any = redis.info("replication")
    server = {_text(name): _text(value) for name, value in values.items()}
    appendonly, fsync, policy, min_replicas = (server.get(name, "?") for name in _SETTING_NAMES)
    relaxed = []
    if appendonly != "yes":
        relaxed.append("appendonly is off: a restart of the server loses accepted events.")
    # Without an append-only file, when it is flushed does not matter.
    elif fsync != "always":
        relaxed.append(f"appendfsync is {fsync}: a power failure loses the events of the last second or two.")
    if policy != "noeviction":
        relaxed.append(f"maxmemory-policy is {policy}: a full server evicts accepted events.")
    # A server without Sentinels may have no replica at all; then the setting would stop every write.
    if uses_sentinels(redis) and min_replicas == "0":
        relaxed.append(
            "min-replicas-to-write is 0: a primary that lost its replicas still accepts events; a failover loses them."
        )
    return Durability(appendonly, fsync, policy, (*relaxed, *_lagging(replication)))


def _lagging(replication: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each replica that lacks recent writes."""
    for name, replica in replication.items():
        if not re.fullmatch(r"slave\d+", name) or not isinstance(replica, Mapping):
            continue
        if replica.get("state") != "online":
            yield f"Replica {replica.get('ip')} is not in sync yet: a failover to it loses events."
        elif int(replica.get("lag", 0)) > _MAX_LAG_SECONDS:
            yield f"Replica {replica.get('ip')} is {replica['lag']} seconds behind: a failover to it loses events."


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


class Watermark:
    """Rejects new events while the store is nearly full, so that workers keep enough memory to send what it holds."""

    def __init__(self, redis: Redis, *, percent: int, clock: Callable[[], float]) -> None:
        """`percent`: of the server's `maxmemory`. `clock` counts seconds and never goes back."""
        self._redis = redis
        self._share = percent / 100
        self._clock = clock
        self._checked_at = float("-inf")
        self._full = False
        self._limit: int | None = None

    def check(self) -> int | None:
        """Raise Unavailable if the store is above the mark. Reads its memory at most once a second.

        Returns the server's `maxmemory` in bytes; None if it has none.
        """
        if self._clock() - self._checked_at >= _CHECK_SECONDS:
            # Set before the read, so that other threads do not read as well.
            self._checked_at = self._clock()
            with redis_errors_as_unavailable():
                memory = read_memory(self._redis)
            self._full = (memory.share or 0.0) >= self._share
            self._limit = memory.limit
        if self._full:
            text = "The store is nearly full and accepts no new events now. It is safe to send the request again."
            raise Unavailable("store_nearly_full", text, retry_after=30)
        return self._limit


@dataclass(frozen=True, slots=True)
class Memory:
    """What a server uses, in bytes, and its `maxmemory`; None if it has none."""

    used: int
    limit: int | None

    @property
    def share(self) -> float | None:
        """Used memory as a share of `maxmemory`."""
        return self.used / self.limit if self.limit else None


def read_memory(redis: Redis) -> Memory:
    """Read a server's memory. Raises whatever the client raises."""
    memory: Any = redis.info("memory")
    return Memory(int(memory["used_memory"]), int(memory.get("maxmemory", 0)) or None)


def read_memory_share(redis: Redis) -> float | None:
    """Used memory as a share of `maxmemory`; None when no maximum is set."""
    return read_memory(redis).share


def is_reachable(redis: Redis) -> bool:
    """True if the store answers now."""
    try:
        return bool(redis.ping())
    except RedisError:
        return False
