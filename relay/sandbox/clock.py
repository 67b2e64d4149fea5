"""The sandbox's clock: real time, which a test may advance, set or freeze."""

import time
from dataclasses import dataclass

# Wall time at the start carried by the monotonic clock, so that a stepped system clock shortens no window.
_STARTED_AT = time.time() - time.monotonic()


@dataclass(slots=True)
class Clock:
    """Seconds since 1970 as this Gong sees them. Limits, day counters and stamps all read it."""

    offset_seconds: float = 0.0
    frozen_at: float | None = None

    def now(self) -> float:
        if self.frozen_at is not None:
            return self.frozen_at
        return _STARTED_AT + time.monotonic() + self.offset_seconds

    def advance(self, seconds: float) -> None:
        self.offset_seconds += seconds
        if self.frozen_at is not None:
            self.frozen_at += seconds

    def set(self, now: float) -> None:
        self.advance(now - self.now())

    def freeze(self) -> None:
        self.frozen_at = self.now()

    def run(self) -> None:
        """Go on from where the clock stood."""
        stood_at, self.frozen_at = self.now(), None
        self.set(stood_at)
