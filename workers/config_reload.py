"""Following the configuration file while a worker works: after a good change it ends its calls and begins anew."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from relay.config.reload import ConfigFile

_EVERY_SECONDS = 2.0


class ConfigWatcher:
    """A worker's chore. `restart_needed` is set once there is something new to begin with; then `stop` has been called.

    To begin anew is to become the same program again: whatever was made of the old configuration is gone for certain.
    """

    def __init__(self, file: ConfigFile, clock: Callable[[], float] = time.monotonic) -> None:
        self.restart_needed = False
        self.stop: Callable[[], None] = lambda: None
        self._file, self._clock = file, clock
        self._due_at = clock() + _EVERY_SECONDS
        self._asked = threading.Event()
        self._looking = threading.Lock()

    def handle_sighup(self) -> None:
        """Take SIGHUP as the wish to begin anew, whether the file has changed or not."""
        signal.signal(signal.SIGHUP, self._ask)

    def step(self) -> None:
        """Look at the file, every other second or when it is asked for."""
        if self._asked.is_set() or self._clock() >= self._due_at:
            self._look()

    def is_current(self) -> bool:
        """Whether the worker still works by what the file says, looked at this very moment."""
        self._look()
        return not self.restart_needed

    def _look(self) -> None:
        with self._looking:  # chores have threads of their own
            if self.restart_needed:
                return
            self._due_at = self._clock() + _EVERY_SECONDS
            asked = self._asked.is_set()
            self._asked.clear()
            if self._file.reload(anyway=asked) is not None:
                self.restart_needed = True
                self.stop()

    def _ask(self, _: int, __: FrameType | None) -> None:
        self._asked.set()
