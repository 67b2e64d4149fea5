"""When to try again: pure arithmetic, with the random number passed in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How often and how long an event is tried. Times in seconds."""

    first_delay: float = 2.0
    longest_delay: float = 900.0
    max_attempts: int = 12
    max_age: float = 24 * 3600.0

    def delay(self, attempts: int, age: float, luck: float) -> float | None:
        """Seconds until the next attempt after `attempts` failed ones; None = give up.

        `age` is how long ago the event was received, `luck` a random number in [0, 1): half of each delay is
        jitter, so that what failed together does not come back together.
        """
        if attempts >= self.max_attempts or age >= self.max_age:
            return None
        step = min(self.first_delay * 2.0 ** min(attempts - 1, 32), self.longest_delay)
        return step * (0.5 + luck / 2)


def rate_limit_pause(told: float | None, throttles_in_a_row: int) -> float:
    """How long a company rests after a 429: as long as Gong says, else 1, 2, 4 … 60 seconds."""
    if told is not None:
        return told
    return min(2.0 ** min(throttles_in_a_row, 6), 60.0)
