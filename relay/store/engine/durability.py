"""What the store promises: how surely it keeps what it has taken, and whether there is room for more."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from relay.core.errors import Unavailable
from relay.store.engine.connection import redis_errors_as_unavailable, uses_sentinels

_EVERY_SECONDS = 1.0
_LAG_SECONDS = 10
_ASKED = ("appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write")


@dataclass(frozen=True, slots=True)
class Durability:
    """The settings that decide whether an accepted event outlives a crash. `relaxed` says, in words, what is weaker."""

    appendonly: str
    appendfsync: str
    maxmemory_policy: str
    relaxed: tuple[str, ...]


def read_durability(redis: Redis) -> Durability:
    """What the server is set to. Where it may not be asked (some hosts forbid CONFIG), that is said as relaxed."""
    with redis_errors_as_unavailable():
        try:
            found: Any = redis.config_get(*_ASKED)
        except ResponseError:
            return Durability(
                "?", "?", "?", ("The server does not tell its settings (CONFIG GET is refused).",)
            )
        replication: Any = redis.info("replication")
    told = {_text(name): _text(value) for name, value in found.items()}
    appendonly, fsync, policy, least = (told.get(name, "?") for name in _ASKED)
    relaxed = []
    if appendonly != "yes":
        relaxed.append("appendonly is off: a restart of the server loses accepted events.")
    elif fsync != "always":
        relaxed.append(
            f"appendfsync is {fsync}: a power cut loses the last second or two of accepted events."
        )
    if policy != "noeviction":
        relaxed.append(f"maxmemory-policy is {policy}: a full server throws accepted events away.")
    if uses_sentinels(redis) and least == "0":
        relaxed.append(
            "min-replicas-to-write is 0: a primary without replicas goes on taking events, which a failover loses."
        )
    return Durability(appendonly, fsync, policy, (*relaxed, *_lagging(replication)))


def _lagging(replication: Mapping[str, Any]) -> Iterator[str]:
    """A replica that is behind is no place to fail over to."""
    for name, replica in replication.items():
        if not re.fullmatch(r"slave\d+", name) or not isinstance(replica, Mapping):
            continue
        if replica.get("state") != "online":
            yield f"The replica {replica.get('ip')} is still being filled: a failover to it loses events."
        elif int(replica.get("lag", 0)) > _LAG_SECONDS:
            yield f"The replica {replica.get('ip')} is {replica['lag']} seconds behind: a failover to it loses events."


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


class Watermark:
    """Keeps new events out while the store is nearly full, so that workers always have room to drain it."""

    def __init__(self, redis: Redis, *, percent: int, clock: Callable[[], float]) -> None:
        """`clock` counts seconds and never goes back."""
        self._redis = redis
        self._share = percent / 100
        self._clock = clock
        self._looked_at = float("-inf")
        self._full = False

    def check(self) -> None:
        """Raise Unavailable above the mark. Looks at the server at most once a second."""
        if self._clock() - self._looked_at >= _EVERY_SECONDS:
            self._looked_at = self._clock()
            with redis_errors_as_unavailable():
                self._full = (read_memory_share(self._redis) or 0.0) >= self._share
        if self._full:
            text = "The store is nearly full; what it holds is being sent. Nothing was kept: send it again."
            raise Unavailable("store_nearly_full", text, retry_after=30)


def read_memory_share(redis: Redis) -> float | None:
    """Used memory as a share of `maxmemory`; None when no maximum is set."""
    told: Any = redis.info("memory")
    limit = int(told.get("maxmemory", 0))
    return int(told["used_memory"]) / limit if limit else None


def is_reachable(redis: Redis) -> bool:
    """Whether the store answers now."""
    try:
        return bool(redis.ping())
    except RedisError:
        return False
