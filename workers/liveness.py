"""Whether a worker is at work: when its loop came round last, and how many calls it has under way."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Liveness:
    """Written by the worker's loop and its threads, read by whoever asks after it."""

    def __init__(self) -> None:
        self._beat_at: float | None = None
        self._calls = 0
        self._lock = threading.Lock()

    def record_loop(self) -> None:
        """The loop has come round."""
        self._beat_at = time.monotonic()

    @property
    def started(self) -> bool:
        """Whether it ever has: before that the worker waits for its store."""
        return self._beat_at is not None

    @property
    def loop_age_seconds(self) -> float:
        """Since when it has not. 0 before the first time."""
        return 0.0 if self._beat_at is None else time.monotonic() - self._beat_at

    @property
    def calls_in_flight(self) -> int:
        """How many attempts are under way."""
        return self._calls

    @contextmanager
    def track_call(self) -> Iterator[None]:
        """One attempt, while it lasts."""
        with self._lock:
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
