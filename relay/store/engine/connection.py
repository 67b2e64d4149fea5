"""Redis clients with timeouts, which follow Sentinel failovers. Every failure becomes `Unavailable`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY, socket
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import (
    AbstractConnection,
    Connection,
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from relay.core.errors import Unavailable
from relay.core.redis_url import RedisUrl, parse_redis_url
from relay.settings import setting_error
from relay.sockets import Address, Deadline, NameLookup, connect
from relay.store.engine.deadline import time_left

Client = Redis
"""The client type for the other packages: they pass it to `relay.store`, and only that package sends commands."""


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """Timeouts in seconds, and the number of connections that one process may open."""

    command_timeout: float = 1.5
    connect_timeout: float = 1.0
    max_connections: int = 512


WEB = ClientOptions()
"""A sender gets 503 within two seconds instead of waiting longer."""

WORKER = ClientOptions(command_timeout=5.0, connect_timeout=2.0)
"""A worker can wait longer: its events are leased."""


RETRYABLE_ERRORS = (RedisConnectionError, ReadOnlyError)
"""Failures after which a command is sent once more, over a new connection.

A restart of the server breaks pooled connections, and a primary that became a replica rejects writes. Every script of the
relay may be repeated. Timeouts are not repeated: the time that the caller allowed is over.
"""

_SHARE_FOR_SENTINELS = 0.25
"""Share of the connect timeout for each Sentinel: three unreachable ones must not use up the sender's two seconds."""


def open_redis(url: str, client_options: ClientOptions) -> Redis:
    """Create a client for a URL in a form of `relay.core.redis_url`. It connects on first use."""
    location = parse_redis_url(url)
    options: dict[str, Any] = {
        "max_connections": client_options.max_connections,
        "socket_timeout": client_options.command_timeout,
        "socket_connect_timeout": client_options.connect_timeout,
        "retry": Retry(NoBackoff(), 1, supported_errors=RETRYABLE_ERRORS),
        # A PING before a command would cost a round trip; a broken connection is replaced by the retry anyway.
        "health_check_interval": 0,
    }
    options |= parse_url(location.server)  # type: ignore[no-untyped-call]
    is_socket = "path" in options
    options["connection_class"] = (
        _LimitedSocket if is_socket else _LimitedTls if location.tls else _LimitedTcp
    )
    if location.tls:
        # The default differs between versions of redis-py.
        options.setdefault("ssl_check_hostname", options.get("ssl_cert_reqs") != "none")
    if location.sentinels:
        options["connection_class"] = _SentinelTlsConnection if location.tls else _SentinelConnection
        options["find_primary"] = _primary_finder(location, options)
    return Redis.from_pool(ConnectionPool(**options))  # so that closing the client closes its sockets


def uses_sentinels(redis: Redis) -> bool:
    """True if the client asks Sentinels for its server."""
    return "find_primary" in redis.connection_pool.connection_kwargs


class _NoPrimary(RedisError):
    """No Sentinel knows the primary. Not in RETRYABLE_ERRORS: every Sentinel has just been asked."""


_LOOKUP = NameLookup()


_ARRIVED_SECONDS = 0.001
"""Timeout for a response that has arrived. 0 would make the socket non-blocking."""


class _Limited(AbstractConnection):
    """A connection whose commands end by the deadline of the request (`relay.store.engine.deadline`), if there is one."""

    _is_shortened = False
    """True while the socket has a shorter timeout than the client's."""

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's signature
        opened: socket | None = self._sock
        if opened is None:
            time_left(None)  # raises after the deadline
        else:
            self._set_timeout(opened)
        super().send_packed_command(command, check_health)  # type: ignore[no-untyped-call]

    def _set_timeout(self, opened: socket) -> None:
        seconds = time_left(self.socket_timeout)
        is_shorter = self.socket_timeout is None or seconds < self.socket_timeout
        # Usually the client's own timeout is shorter, and this runs for every command.
        if is_shorter or self._is_shortened:
            opened.settimeout(seconds)
            self._is_shortened = is_shorter

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        if "timeout" in options:
            return super().read_response(*arguments, **options)
        try:
            return self._read_in_time(*arguments, **options)
        except RedisTimeoutError:
            # This process may have been busy, and then the time is over although the response is here. A response that is
            # still to come must not be read as that of the next command: redis-py closes the connection.
            return super().read_response(*arguments, **options, timeout=_ARRIVED_SECONDS)

    def _read_in_time(self, *arguments: Any, **options: Any) -> Any:
        """Read the response by the deadline. After RedisTimeoutError the connection is still open."""
        seconds = time_left(self.socket_timeout)
        if self.socket_timeout is None or seconds < self.socket_timeout:
            options["timeout"] = seconds
        try:
            return super().read_response(*arguments, **options, disconnect_on_error=False)
        except (RedisTimeoutError, ResponseError):
            raise
        except BaseException:
            self.disconnect()  # type: ignore[no-untyped-call]
            raise

    def _with_timeout(self, opened: socket) -> socket:
        """Set the timeout of a socket for what follows the connecting: a TLS handshake, and the first commands."""
        self._is_shortened = True  # by the timeout for connecting
        try:
            self._set_timeout(opened)
        except BaseException:
            opened.close()
            raise
        return opened


class _LimitedSocket(_Limited, UnixDomainSocketConnection):
    """A limited connection to a Unix socket."""

    def _connect(self) -> socket:
        longest = self.socket_connect_timeout
        self.socket_connect_timeout = time_left(longest)
        try:
            return self._with_timeout(super()._connect())  # type: ignore[no-untyped-call]
        finally:
            self.socket_connect_timeout = longest


class _LimitedTcp(_Limited, Connection):
    """A limited connection over TCP. The name lookup and all addresses share the timeout for connecting."""

    def _connect(self) -> socket:
        deadline = Deadline(time_left(self.socket_connect_timeout))
        addresses = _LOOKUP.find(self.host, self.port, deadline.remaining)
        return self._with_timeout(connect(addresses, deadline, deadline.remaining, self._open))

    def _open(self, address: Address, seconds: float) -> socket:
        family, _, _, _, place = address
        opened = socket(family, SOCK_STREAM)
        try:
            opened.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            if self.socket_keepalive:
                opened.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
                for option, value in self.socket_keepalive_options.items():
                    opened.setsockopt(IPPROTO_TCP, option, value)
            opened.settimeout(seconds)
            opened.connect(place)
        except BaseException:
            opened.close()
            raise
        return opened


class _LimitedTls(SSLConnection, _LimitedTcp):
    """A limited connection over TLS."""


class _SentinelConnection(_LimitedTcp):
    """A connection that asks the Sentinels for the primary each time it opens.

    It replaces redis-py's own Sentinel connection, which keeps its socket after a timeout: a late response would then be
    read as that of the next command. And that one asks the Sentinels only when its pool opens it.
    """

    def __init__(self, *, find_primary: Callable[[], tuple[str, int]], **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._find_primary = find_primary

    def _connect(self) -> socket:
        self.host, self.port = self._find_primary()
        return super()._connect()


class _SentinelTlsConnection(SSLConnection, _SentinelConnection):
    """A Sentinel connection over TLS."""


def _primary_finder(location: RedisUrl, options: dict[str, Any]) -> Callable[[], tuple[str, int]]:
    """Create the function that asks the Sentinels, one after the other, for the primary's address."""
    seconds = options["socket_connect_timeout"] * _SHARE_FOR_SENTINELS
    options_of_sentinels: dict[str, Any] = {
        "connection_class": _LimitedTls if location.tls else _LimitedTcp,
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        # Never the server's account: a Sentinel has its own users, and must not learn the server's password.
        "username": location.sentinel_username,
        "password": location.sentinel_password,
    }
    if location.tls:
        options_of_sentinels |= {name: value for name, value in options.items() if name.startswith("ssl_")}
    sentinels = [
        Redis.from_pool(ConnectionPool(host=host, port=port, **options_of_sentinels))
        for host, port in location.sentinels
    ]

    def find() -> tuple[str, int]:
        for sentinel in sentinels:
            # The next Sentinel may answer.
            with suppress(RedisError):
                address: Any = sentinel.sentinel_get_master_addr_by_name(location.primary)
                if address:
                    host, port = address
                    return host.decode() if isinstance(host, bytes) else host, int(port)
        raise _NoPrimary(f"No Sentinel knows the primary {location.primary!r}.")

    return find


def refuse_cluster(redis: Redis, *, setting: str = "RELAY_REDIS_URL") -> None:
    """Raise SettingsError if the server is part of a Redis Cluster. Do nothing if it does not answer.

    `setting` names the setting with the server's URL.
    """
    try:
        info: Any = redis.info("cluster")
    except RedisError:
        return
    if info.get("cluster_enabled"):
        text = (
            "the server is part of a Redis Cluster, which the relay does not support. "
            "Use a server without cluster mode, or Sentinels"
        )
        raise setting_error(setting, text)


@contextmanager
def redis_errors_as_unavailable() -> Iterator[None]:
    """Raise `Unavailable` for every failure of Redis: full, unreachable, too slow, loading, or read-only."""
    try:
        yield
    except RedisTimeoutError as error:
        raise Unavailable("store_timeout", "The store did not answer in time.", retry_after=2) from error
    except (RedisConnectionError, _NoPrimary) as error:
        raise Unavailable("store_unavailable", "The store cannot be reached.", retry_after=2) from error
    except RedisError as error:
        # Redis has no error class for a full server; its message names one of these.
        code = "store_full" if "OOM" in str(error) or "maxmemory" in str(error) else "store_failed"
        text = "The store is full." if code == "store_full" else "The store returned an error."
        raise Unavailable(code, text, retry_after=10) from error
