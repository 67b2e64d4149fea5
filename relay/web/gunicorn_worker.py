"""gunicorn's gevent worker, which lets go of idle connections when it is told to end: nobody is served by waiting for them."""

from types import TracebackType
from typing import Any, Self

import gevent
from gunicorn.workers.ggevent import GeventWorker

_EVERY_SECONDS = 0.2


class _Idle(gevent.Timeout):  # type: ignore[misc]  # gevent has no types
    """The time that a connection may be kept without a request. It ends quietly, by itself or by `let_go`."""

    def __init__(self, seconds: float, known: "set[_Idle]") -> None:
        super().__init__(seconds, exception=False)
        self._known, self._greenlet = known, gevent.getcurrent()

    def __enter__(self) -> Self:
        self._known.add(self)
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> Any:
        self._known.discard(self)
        return super().__exit__(kind, value, trace)

    def let_go(self) -> None:
        gevent.get_hub().loop.run_callback(self._end)

    def _end(self) -> None:
        # Asked once more at the very moment: a request that has come since is not cut off.
        if self in self._known:
            self._greenlet.throw(self)


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Without this it waits for them until its grace is over, and every restart takes so long."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._idle: set[_Idle] = set()

    def timeout_ctx(self) -> _Idle:
        """Gunicorn waits for each request."""
        return _Idle(self.cfg.keepalive, self._idle)

    def run(self) -> None:
        gevent.spawn(self._let_go)
        super().run()

    def _let_go(self) -> None:
        while self.alive:
            gevent.sleep(_EVERY_SECONDS)
        while True:
            for idle in list(self._idle):
                idle.let_go()
            gevent.sleep(_EVERY_SECONDS)
