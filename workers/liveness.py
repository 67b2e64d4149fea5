"""Liveness of a worker: when its loop last ran, and how many calls are in flight."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Liveness:
    """Written by the worker's loop and its call threads, read by the health server."""

    def __init__(self) -> None:
        self._looped_at: float | None = None
        self._calls = 0
        self._lock = threading.Lock()

    def record_loop(self) -> None:
        """Record one iteration of the worker's loop."""
        self._looped_at = time.monotonic()

    @property
    def started(self) -> bool:
        """True once the loop has run. Before that, the worker waits for its store."""
        return self._looped_at is not None

    @property
    def loop_age_seconds(self) -> float:
        """Seconds since the last loop iteration; 0 before the first."""
        return 0.0 if self._looped_at is None else time.monotonic() - self._looped_at

    @property
    def calls_in_flight(self) -> int:
        """Number of attempts that are running now."""
        return self._calls

    @contextmanager
    def track_call(self) -> Iterator[None]:
        """Count one attempt as in flight inside the block."""
        with self._lock:  # `+= 1` on an attribute is not atomic
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
