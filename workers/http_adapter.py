"""HTTP adapter for `requests`: connects first, waits for the rate gate, then writes, under a total deadline."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager


class _PendingWrite(threading.local):
    """What this thread's request must wait for before it writes, and the socket that it will write to."""

    wait: Callable[[], None] | None = None
    sock: socket.socket | None = None


# `requests` offers no way to pass a callback down to the connection, so a thread-local carries it.
_pending = _PendingWrite()


class _Connection(HTTPConnection):
    """Waits with the connection already open, so that a slow handshake cannot bunch calls together."""

    def request(self, *arguments: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        _pending.sock = self.sock
        if _pending.wait is not None:
            _pending.wait()
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection, _Connection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class PacedAdapter(HTTPAdapter):
    """A `requests` adapter that waits before it writes. It keeps up to `connections` open per host."""

    def __init__(self, connections: int) -> None:
        # No retries here: a repeated call must pass the rate gate again, and be recorded as an attempt.
        super().__init__(
            pool_connections=connections, pool_maxsize=connections, max_retries=0, pool_block=False
        )

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - the signature of requests
        super().init_poolmanager(connections, maxsize, block, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class RunningRequest:
    """A request in flight. If `timed_out` is set, its deadline passed and its response must not be trusted."""

    __slots__ = ("deadline", "sock", "timed_out")

    def __init__(self) -> None:
        self.sock: Any = None
        self.deadline = float("inf")
        self.timed_out = False


class Deadlines:
    """Closes sockets at a total deadline. A server that sends a byte now and then never triggers a read timeout."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[int, RunningRequest] = {}
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    @contextmanager
    def limit(self, wait: Callable[[], None]) -> Iterator[RunningRequest]:
        """Limit the one request that this thread makes inside the block. The time spent in `wait` does not count."""
        thread, running = threading.get_ident(), RunningRequest()

        def start() -> None:
            wait()
            running.sock, running.deadline = _pending.sock, time.monotonic() + self._seconds
            self._running[thread] = running

        _pending.wait, _pending.sock = start, None
        try:
            yield running
        finally:
            _pending.wait = _pending.sock = None
            self._running.pop(thread, None)

    def _watch(self) -> None:
        while True:
            time.sleep(min(self._seconds / 4, 1.0))
            now = time.monotonic()
            for running in list(self._running.values()):
                if now >= running.deadline and running.sock is not None:
                    running.timed_out = True
                    # The socket may be closed by now. `shutdown` wakes the thread that reads; `close` would not.
                    with suppress(OSError):
                        running.sock.shutdown(socket.SHUT_RDWR)
