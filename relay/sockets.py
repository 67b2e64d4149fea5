"""Sockets that open by a deadline: name lookup and connecting together, however many addresses a name has."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

Address = tuple[Any, ...]
"""An element of what `socket.getaddrinfo` returns: family, type, protocol, canonical name, socket address."""


class Resolve(Protocol):
    """Looks up a name, like `socket.getaddrinfo`."""

    def __call__(self, host: str, port: int, *, type: socket.SocketKind) -> Sequence[Address]: ...  # noqa: A002 - its name


class Deadline:
    """A point in time of `clock`."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.at = clock() + seconds

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; 0 after it."""
        return max(self.at - self._clock(), 0.0)


class NameLookup:
    """Looks up names in threads, because the operating system's lookup has no timeout and cannot be stopped.

    At most one thread at a time looks up a name, and all callers share its result. So name servers that do
    not answer cost one thread per name.
    """

    def __init__(self, resolve: Resolve | None = None) -> None:
        """`resolve` is `socket.getaddrinfo` by default."""
        self._resolve = resolve or _resolve
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], Future[Sequence[Address]]] = {}

    def find(self, host: str, port: int, seconds: float) -> Sequence[Address]:
        """Return the addresses of a host. Raises TimeoutError after `seconds`, and OSError like `socket.getaddrinfo`."""
        if _is_numeric(host):
            return self._resolve(host, port, type=socket.SOCK_STREAM)
        name = (host, port)
        with self._lock:
            lookup = self._running.get(name)
            if lookup is None:
                lookup = self._running[name] = Future()
                self._start(name, lookup)
        return lookup.result(seconds)

    def _start(self, name: tuple[str, int], lookup: "Future[Sequence[Address]]") -> None:
        def run() -> None:
            try:
                addresses = self._resolve(*name, type=socket.SOCK_STREAM)
            except Exception as error:  # noqa: BLE001 - the callers get it
                self._running.pop(name, None)
                lookup.set_exception(error)
            else:
                self._running.pop(name, None)
                lookup.set_result(addresses)

        try:
            threading.Thread(target=run, name="name lookup", daemon=True).start()
        except RuntimeError as error:
            self._running.pop(name, None)
            raise OSError("no thread can be started for a name lookup") from error


def connect(
    addresses: Sequence[Address],
    deadline: Deadline,
    longest: float,
    open_address: Callable[[Address, float], socket.socket],
) -> socket.socket:
    """Connect to the first address that accepts, and return its socket.

    Each address gets an equal share of the time until `deadline`, and at most `longest` seconds. `open_address` connects
    to one address within a timeout. Raises TimeoutError, or the OSError of the last address.
    """
    error: OSError = OSError("the name has no address")
    for position, address in enumerate(addresses):
        seconds = min(deadline.remaining / (len(addresses) - position), longest)
        # A timeout of 0 would make the socket non-blocking.
        if seconds <= 0:
            raise TimeoutError("connecting took too long")
        try:
            return open_address(address, seconds)
        except OSError as failure:
            error = failure
    raise error


def _resolve(host: str, port: int, *, type: socket.SocketKind) -> Sequence[Address]:  # noqa: A002 - its name
    # Read at each call: gevent replaces the function after this module is loaded.
    return socket.getaddrinfo(host, port, type=type)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
