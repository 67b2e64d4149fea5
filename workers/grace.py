"""Grace period: the time in which a worker that has to stop may finish its work."""

import time
from collections.abc import Callable


class GracePeriod:
    """Lasts `seconds` from `begin`. It needs no lock and no thread, so a signal handler may begin it."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._ends_at = float("inf")

    def begin(self) -> None:
        """Start the period. Has no effect after the first time."""
        self._ends_at = min(self._ends_at, self._clock() + self._seconds)

    @property
    def remaining(self) -> float:
        """Seconds until the period is over; infinite before it begins."""
        return max(self._ends_at - self._clock(), 0.0)

    @property
    def is_over(self) -> bool:
        return self.remaining == 0.0

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, or until the period is over. Returns True if it is over."""
        time.sleep(min(seconds, self.remaining))
        return self.is_over
