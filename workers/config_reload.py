"""Reloads the configuration in a worker: after a valid change it finishes its calls and restarts itself."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from relay.config.reload import ConfigFile

_EVERY_SECONDS = 2.0


class ConfigWatcher:
    """A periodic task that watches the configuration file.

    After a valid change it sets `restart_needed` and calls `stop`. The worker then executes its own program again, so
    that nothing made from the old configuration can survive.
    """

    def __init__(self, file: ConfigFile, clock: Callable[[], float] = time.monotonic) -> None:
        self.restart_needed = False
        self.stop: Callable[[], None] = lambda: None
        self._file, self._clock = file, clock
        self._due_at = clock() + _EVERY_SECONDS
        self._requested = threading.Event()
        self._lock = threading.Lock()

    def handle_sighup(self) -> None:
        """Install a SIGHUP handler that reloads the file, whether or not it has changed."""
        signal.signal(signal.SIGHUP, self._request)

    def step(self) -> None:
        """Check the file every two seconds, or at once after SIGHUP."""
        if self._requested.is_set() or self._clock() >= self._due_at:
            self._check()

    def is_current(self) -> bool:
        """Check the file now, and return True if this worker's configuration is still the one in it."""
        self._check()
        return not self.restart_needed

    def _check(self) -> None:
        with self._lock:  # the replay task calls `is_current` from another thread
            if self.restart_needed:
                return
            self._due_at = self._clock() + _EVERY_SECONDS
            requested = self._requested.is_set()
            self._requested.clear()
            if self._file.reload(force=requested) is not None:
                self.restart_needed = True
                self.stop()

    def _request(self, _: int, __: FrameType | None) -> None:
        self._requested.set()  # a signal handler does as little as possible; `step` does the rest
