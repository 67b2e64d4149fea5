"""The sandbox's clock: real time, which a test can advance, set or freeze."""

import time
from dataclasses import dataclass

# Wall-clock time at start plus the monotonic clock, so that a correction of the system clock shortens no rate window.
_EPOCH_OF_MONOTONIC = time.time() - time.monotonic()


@dataclass(slots=True)
class Clock:
    """The current time of this Gong, in seconds since 1970. Rate limits, day counters and timestamps all use it."""

    offset_seconds: float = 0.0
    frozen_at: float | None = None

    def now(self) -> float:
        if self.frozen_at is not None:
            return self.frozen_at
        return _EPOCH_OF_MONOTONIC + time.monotonic() + self.offset_seconds

    def advance(self, seconds: float) -> None:
        self.offset_seconds += seconds
        if self.frozen_at is not None:
            self.frozen_at += seconds

    def set(self, now: float) -> None:
        self.advance(now - self.now())

    def freeze(self) -> None:
        self.frozen_at = self.now()

    def resume(self) -> None:
        """Run again from the time at which the clock was frozen."""
        stopped_at, self.frozen_at = self.now(), None
        self.set(stopped_at)
