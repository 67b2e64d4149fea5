"""Limits how many large requests a process reads at once: each may need a hundred megabytes until it is stored."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import gevent
from gevent.lock import BoundedSemaphore

from relay.core.errors import Unavailable
from relay.web.server.connection_table import busy
from relay.web.server.native_threads import MIN_BYTES

_AT_ONCE = 2
_WAIT_SECONDS = 20.0


class LargeRequests:
    """Two at a time, and one of each source: so a source that sends many delays only its own."""

    def __init__(self, *, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._all = BoundedSemaphore(_AT_ONCE)
        self._sources: dict[str, BoundedSemaphore] = {}

    @contextmanager
    def admit(self, source: str, work: int, /) -> Iterator[None]:
        """Wait until a request of this source may begin. Raises Unavailable if that takes too long.

        work: the work for the request, in bytes. A small request begins at once.
        """
        if work < MIN_BYTES:
            yield
            return
        own = self._sources.setdefault(source, BoundedSemaphore(1))
        with ExitStack() as held:
            # The source's own first: a request that waits for it must not take a place of the others.
            with gevent.Timeout(self._wait_seconds, _busy_error()):
                for places in (own, self._all):
                    places.acquire()
                    held.callback(places.release)
            yield


def _busy_error() -> Unavailable:
    return busy(
        "The process is still reading other large requests. Nothing was stored. Send the request again after the seconds in "
        "Retry-After, or send fewer events per request."
    )
