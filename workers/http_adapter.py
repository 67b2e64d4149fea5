"""One connection's manners: connect first, wait for the company's turn, then write; and be cut off at a total deadline."""

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


class _Turn(threading.local):
    """What this thread's request must wait for before it writes, and the socket it then waits on."""

    wait: Callable[[], None] | None = None
    sock: socket.socket | None = None


_turn = _Turn()


class _Connection(HTTPConnection):
    """Waits for its turn with the connection already open, so that a slow handshake cannot bunch calls together."""

    def request(self, *arguments: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        _turn.sock = self.sock
        if _turn.wait is not None:
            _turn.wait()
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection, _Connection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class PacedAdapter(HTTPAdapter):
    """A `requests` adapter whose connections keep these manners. `connections` are kept open per host."""

    def __init__(self, connections: int) -> None:
        super().__init__(
            pool_connections=connections, pool_maxsize=connections, max_retries=0, pool_block=False
        )

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 - requests' signature
        super().init_poolmanager(connections, maxsize, block, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Deadlines:
    """Cuts sockets off at a total deadline: a server that drips a byte now and then defeats every read timeout."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[int, RunningRequest] = {}
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    @contextmanager
    def turn(self, wait: Callable[[], None]) -> Iterator["RunningRequest"]:
        """One request of this thread. The time waited for its turn does not count."""
        thread, turn = threading.get_ident(), RunningRequest()

        def start() -> None:
            wait()
            turn.sock, turn.deadline = _turn.sock, time.monotonic() + self._seconds
            self._running[thread] = turn

        _turn.wait, _turn.sock = start, None
        try:
            yield turn
        finally:
            _turn.wait = _turn.sock = None
            self._running.pop(thread, None)

    def _watch(self) -> None:
        while True:
            time.sleep(min(self._seconds / 4, 1.0))
            now = time.monotonic()
            for turn in list(self._running.values()):
                if now >= turn.deadline and turn.sock is not None:
                    turn.cut = True
                    with suppress(OSError):
                        turn.sock.shutdown(socket.SHUT_RDWR)


class RunningRequest:
    """One request on the wire. `cut`: its deadline passed, so whatever was read of its answer is not to be believed."""

    __slots__ = ("cut", "deadline", "sock")

    def __init__(self) -> None:
        self.sock: Any = None
        self.deadline = float("inf")
        self.cut = False
