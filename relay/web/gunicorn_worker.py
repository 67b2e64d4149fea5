"""A gevent worker for gunicorn that closes idle keep-alive connections when it shuts down."""

from types import TracebackType
from typing import Any, Self

import gevent
from gunicorn.workers.ggevent import GeventWorker

_INTERVAL_SECONDS = 0.2


class _IdleTimeout(gevent.Timeout):  # type: ignore[misc]  # gevent has no types
    """The keep-alive timeout of one connection. It ends silently, when it expires or by `close`."""

    def __init__(self, seconds: float, active: "set[_IdleTimeout]") -> None:
        super().__init__(seconds, exception=False)
        self._active, self._greenlet = active, gevent.getcurrent()

    def __enter__(self) -> Self:
        self._active.add(self)
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> Any:
        self._active.discard(self)
        return super().__exit__(kind, value, trace)

    def close(self) -> None:
        """End the timeout in the event loop's next iteration."""
        gevent.get_hub().loop.run_callback(self._end)

    def _end(self) -> None:
        # Checked again here: a request that arrived in the meantime must not be interrupted.
        if self in self._active:
            self._greenlet.throw(self)


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Without this, gunicorn waits for idle connections until its graceful timeout, at every restart."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._idle: set[_IdleTimeout] = set()

    def timeout_ctx(self) -> _IdleTimeout:
        """Return the context in which gunicorn waits for the next request of a connection."""
        return _IdleTimeout(self.cfg.keepalive, self._idle)

    def run(self) -> None:
        """Serve until the worker is asked to stop."""
        gevent.spawn(self._close_idle_connections)
        super().run()

    def _close_idle_connections(self) -> None:
        while self.alive:
            gevent.sleep(_INTERVAL_SECONDS)
        # Repeated: connections that still serve a request become idle later.
        while True:
            for timeout in list(self._idle):
                timeout.close()
            gevent.sleep(_INTERVAL_SECONDS)
