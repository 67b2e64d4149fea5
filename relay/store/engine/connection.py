"""The way to Redis: one client per process, with deadlines, and every failure turned into `Unavailable`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import socket
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool, SSLConnection, parse_url
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from relay.core.errors import Unavailable
from relay.core.redis_url import RedisUrl, parse_redis_url
from relay.settings import setting_error

Client = Redis
"""What the rest of the relay holds and hands to `relay.store`, which alone speaks through it."""


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How long one command may take, in seconds, and how many sockets one process may open."""

    answer: float = 1.5
    connect: float = 1.0
    connections: int = 512


WEB = ClientOptions()
"""A sender is told 503 within two seconds rather than kept waiting."""

WORKER = ClientOptions(answer=5.0, connect=2.0, connections=512)
"""A worker has time; what it holds is leased."""


RETRYABLE_ERRORS = (RedisConnectionError, ReadOnlyError)
"""Failures after which a command is sent once more, over a new connection.

Pooled sockets die with a restarted server, and one to a primary that became a replica takes no writes. Every script of
the relay may be repeated. A timeout is not in the list: the deadline has passed.
"""

_SHARE_FOR_SENTINELS = 0.25
"""Of the time to connect: so that three Sentinels which are away do not use up the sender's two seconds."""


def open_redis(url: str, patience: ClientOptions) -> Redis:
    """A client for `url`, as `relay.core.redis_url` reads it. Connects on first use."""
    told = parse_redis_url(url)
    options: dict[str, Any] = {
        "max_connections": patience.connections,
        "socket_timeout": patience.answer,
        "socket_connect_timeout": patience.connect,
        "retry": Retry(NoBackoff(), 1, supported_errors=RETRYABLE_ERRORS),
        "health_check_interval": 0,
    }
    options |= parse_url(told.server)  # type: ignore[no-untyped-call]
    if told.tls:
        # Versions of redis-py differ in their default.
        options.setdefault("ssl_check_hostname", options.get("ssl_cert_reqs") != "none")
    if told.sentinels:
        options["connection_class"] = _FollowingTls if told.tls else _Following
        options["find_primary"] = _finder(told, options)
    return Redis.from_pool(ConnectionPool(**options))  # so that closing the client closes its sockets


def uses_sentinels(redis: Redis) -> bool:
    """Whether Sentinels say which server `redis` speaks to."""
    return "find_primary" in redis.connection_pool.connection_kwargs


class _NoPrimary(RedisError):
    """No Sentinel says where the primary is. Not worth another try at once: each has been asked."""


class _Following(Connection):
    """A connection that asks the Sentinels, each time it opens, where the primary is.

    In place of redis-py's own, which keeps its socket after a timeout, so that an answer that comes too late is read
    as the next command's, and which asks only when a pool opens it.
    """

    def __init__(self, *, find_primary: Callable[[], tuple[str, int]], **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._find_primary = find_primary

    def _connect(self) -> socket:
        self.host, self.port = self._find_primary()
        return super()._connect()  # type: ignore[no-any-return, no-untyped-call]


class _FollowingTls(_Following, SSLConnection):
    """The same over TLS."""


def _finder(told: RedisUrl, options: dict[str, Any]) -> Callable[[], tuple[str, int]]:
    """What asks one Sentinel after the other for the primary's address."""
    seconds = options["socket_connect_timeout"] * _SHARE_FOR_SENTINELS
    how: dict[str, Any] = {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        "username": told.sentinel_username,
        "password": told.sentinel_password,
    }
    if told.tls:
        how |= {"ssl": True} | {name: value for name, value in options.items() if name.startswith("ssl_")}
    sentinels = [Redis(host, port, **how) for host, port in told.sentinels]

    def find() -> tuple[str, int]:
        for sentinel in sentinels:
            with suppress(RedisError):
                found: Any = sentinel.sentinel_get_master_addr_by_name(told.primary)
                if found:
                    return found[0].decode() if isinstance(found[0], bytes) else found[0], int(found[1])
        raise _NoPrimary(f"No Sentinel knows the primary {told.primary!r}.")

    return find


def refuse_cluster(redis: Redis, *, setting: str = "RELAY_REDIS_URL") -> None:
    """Raise SettingsError when the server is part of a Redis Cluster. Silent when it cannot be asked."""
    try:
        told: Any = redis.info("cluster")
    except RedisError:
        return
    if told.get("cluster_enabled"):
        text = (
            "the server is part of a Redis Cluster, which would part what must be kept in one step: "
            "name a server on its own, or Sentinels"
        )
        raise setting_error(setting, text)


@contextmanager
def redis_errors_as_unavailable() -> Iterator[None]:
    """Turns every failure of Redis into `Unavailable`: full, away, frozen, loading, or read-only."""
    try:
        yield
    except RedisTimeoutError as error:
        raise Unavailable("store_timeout", "The store does not answer in time.", retry_after=2) from error
    except (RedisConnectionError, _NoPrimary) as error:
        raise Unavailable("store_unavailable", "The store cannot be reached.", retry_after=2) from error
    except RedisError as error:
        code = "store_full" if "OOM" in str(error) or "maxmemory" in str(error) else "store_failed"
        text = "The store is full." if code == "store_full" else "The store rejected the write."
        raise Unavailable(code, text, retry_after=10) from error
