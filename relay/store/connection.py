"""The way to Redis: one client per process, with deadlines, and every failure turned into `Unavailable`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from relay.core.errors import Unavailable

Client = Redis
"""What the rest of the relay holds and hands to `relay.store`, which alone speaks through it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one command may take, in seconds, and how many sockets one process may open."""

    answer: float = 1.5
    connect: float = 1.0
    connections: int = 512


WEB = Patience()
"""A sender is told 503 within two seconds rather than kept waiting."""

WORKER = Patience(answer=5.0, connect=2.0, connections=512)
"""A worker has time; what it holds is leased."""


def open_redis(url: str, patience: Patience) -> Redis:
    """A client for `url` (redis://, rediss:// or unix://). Connects on first use.

    A broken connection is tried once more at once: pooled sockets die with a restarted server, and every script of
    the relay may be repeated. A timeout is not: the deadline has passed.
    """
    pool = ConnectionPool.from_url(
        url,
        max_connections=patience.connections,
        socket_timeout=patience.answer,
        socket_connect_timeout=patience.connect,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        health_check_interval=0,
    )
    return Redis(connection_pool=pool)


@contextmanager
def translated() -> Iterator[None]:
    """Turns every failure of Redis into `Unavailable`: full, away, frozen, loading, or read-only."""
    try:
        yield
    except RedisTimeoutError as error:
        raise Unavailable("store_timeout", "The store does not answer in time.", retry_after=2) from error
    except RedisConnectionError as error:
        raise Unavailable("store_away", "The store cannot be reached.", retry_after=2) from error
    except RedisError as error:
        code = "store_full" if "OOM" in str(error) or "maxmemory" in str(error) else "store_failed"
        text = "The store is full." if code == "store_full" else "The store refused the write."
        raise Unavailable(code, text, retry_after=10) from error
