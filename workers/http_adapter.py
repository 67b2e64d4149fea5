"""HTTP adapter for `requests`: connects first, waits for the rate gate, then writes, all by one deadline."""

import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager, ProxyManager
from urllib3.util.connection import create_connection

from relay.sockets import Address, Deadline, NameLookup, connect
from workers.http_response import StrictResponse

_MAX_CONNECTS = 3
_CLOSED_BY_PEER = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""Without POLLRDHUP, which only Linux has, a half-closed connection is noticed when the response is missing."""

# urllib3 warns of each connection that it closes because enough are open. That is intended.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class NoTimeLeftError(Exception):
    """Too little is left of the lease for a call. Nothing was written."""


class RunningRequest:
    """A request in flight. If `timed_out` is set, its deadline passed and its response must not be trusted."""

    __slots__ = ("_until", "_wait", "deadline", "fresh", "reused", "sock", "timed_out", "written")

    def __init__(self, seconds: float, until: float, wait: Callable[[], None], *, fresh: bool) -> None:
        self.deadline = Deadline(seconds)
        self.sock: socket.socket | None = None
        self.written = False
        """True once bytes of the request may have left."""
        self.timed_out = False
        self.fresh = fresh
        """True if no kept connection may be used."""
        self.reused = False
        """True if the connection was kept from an earlier request."""
        self._until, self._wait = until, wait
        self._shorten()

    def wait(self, sock: socket.socket | None) -> None:
        """Wait for the rate gate. That time does not count, except towards `until`. Raises NoTimeLeftError."""
        self.sock = sock
        started = time.monotonic()
        # The deadline must not close the socket of a request that waits for its turn.
        deadline, self.deadline = self.deadline, Deadline(float("inf"))
        self._wait()
        deadline.at += time.monotonic() - started
        self.deadline = deadline
        self._shorten()
        if time.monotonic() >= self._until:
            raise NoTimeLeftError

    def _shorten(self) -> None:
        self.deadline.at = min(self.deadline.at, self._until)


class _Pending(threading.local):
    """The request that this thread makes, and how its connection is opened."""

    request: RunningRequest | None = None
    lookup: NameLookup = NameLookup()


# `requests` offers no way to pass these down to the connection, so a thread-local carries them.
_pending = _Pending()


class _Paced(HTTPConnection):
    """Waits with the connection already open, so that a slow handshake cannot bunch calls together."""

    response_class = StrictResponse

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            request = _pending.request
            if request is not None and request.sock is not None:
                request.sock.close()  # the duplicate that `_new_conn` made
                request.sock = None

    def _new_conn(self) -> socket.socket:
        """Open the socket. Raises what urllib3's own method raises."""
        request = _pending.request
        if request is None:
            return super()._new_conn()
        try:
            addresses = _pending.lookup.find(
                self._dns_host.strip("[]"), self.port, request.deadline.remaining
            )
            longest = self.timeout if isinstance(self.timeout, int | float) else request.deadline.remaining
            sock = connect(addresses, request.deadline, longest, self._open)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"connecting to {self.host} took too long") from error
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, f"cannot connect: {error}") from error
        # TLS takes the socket over, and a duplicate can still be shut down at the deadline.
        request.sock = sock.dup()
        return sock

    def _open(self, address: Address, seconds: float) -> socket.socket:
        return create_connection(address[4][:2], seconds, self.source_address, self.socket_options)

    def request(self, *arguments: Any, **options: Any) -> None:
        if _pending.request is not None:
            self._wait_for_turn(_pending.request)
        super().request(*arguments, **options)

    def _wait_for_turn(self, request: RunningRequest) -> None:
        """Wait with an open connection. The peer may close it meanwhile; what is written then is lost for certain."""
        if request.fresh:
            self._close_socket()
        for _ in range(_MAX_CONNECTS):
            request.reused = self.sock is not None
            if self.sock is None:
                self.connect()
            request.wait(self.sock)
            if not self._is_closed_by_peer(reused=request.reused):
                break
            self._close_socket()
        else:
            # The peer closes what is idle for less than a wait: write at once.
            self.connect()
            request.sock = self.sock
        request.written = True

    def _close_socket(self) -> None:
        # `close` would forget the proxy's tunnel too, and the next socket would speak to the proxy as if it were Gong.
        tunnel = (self._tunnel_host, self._tunnel_port, self._tunnel_scheme)
        self.close()
        self._tunnel_host, self._tunnel_port, self._tunnel_scheme = tunnel

    def _is_closed_by_peer(self, *, reused: bool) -> bool:
        # Nothing was requested, so bytes on a kept connection belong to no request. A new one may have TLS session tickets.
        if reused and not self.is_connected:
            return True
        poll = select.poll()
        poll.register(self.sock, _CLOSED_BY_PEER)
        return bool(poll.poll(0))


class _Connection(_Paced, HTTPConnection):
    """A plain connection."""


class _SecureConnection(_Paced, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class PacedAdapter(HTTPAdapter):
    """A `requests` adapter that waits before it writes. It keeps up to `connections` open for each of `hosts` hosts."""

    def __init__(self, connections: int, hosts: int) -> None:
        # No retries here: a repeated call must pass the rate gate again, and be recorded as an attempt.
        super().__init__(pool_connections=hosts, pool_maxsize=connections, max_retries=0, pool_block=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - the signature of requests
        super().init_poolmanager(connections, maxsize, block, **options)
        _use_paced_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:
        """Return the pools of a proxy, which wait like those without one."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        _use_paced_pools(manager)
        return manager


def _use_paced_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Deadlines:
    """Closes sockets at a deadline. A server that sends a byte now and then never triggers a read timeout."""

    def __init__(self, seconds: float, lookup: NameLookup) -> None:
        self._seconds = seconds
        self._lookup = lookup
        self._running: dict[int, RunningRequest] = {}
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    @contextmanager
    def limit(self, wait: Callable[[], None], until: float, *, fresh: bool) -> Iterator[RunningRequest]:
        """Limit the one request that this thread makes inside the block.

        It may take `seconds` without the time spent in `wait`, and must end by `until`, a `time.monotonic`. With
        `fresh` it uses no connection that was kept from an earlier request.
        """
        thread, running = threading.get_ident(), RunningRequest(self._seconds, until, wait, fresh=fresh)
        _pending.request, _pending.lookup = running, self._lookup
        self._running[thread] = running
        try:
            yield running
        finally:
            _pending.request = None
            self._running.pop(thread, None)

    def _watch(self) -> None:
        while True:
            time.sleep(min(self._seconds / 8, 0.5))
            for running in list(self._running.values()):
                if running.deadline.remaining == 0.0 and running.sock is not None:
                    running.timed_out = True
                    # The socket may be closed by now. `shutdown` wakes the thread that reads; `close` would not.
                    with suppress(OSError):
                        running.sock.shutdown(socket.SHUT_RDWR)
