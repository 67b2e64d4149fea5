"""Retry delays after failed attempts and after rate limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How many times and for how long an event is retried. Times in seconds."""

    first_delay: float = 2.0
    longest_delay: float = 900.0
    max_attempts: int = 12
    max_age: float = 24 * 3600.0

    def delay(self, attempts: int, age: float, jitter: float) -> float | None:
        """Return the seconds until the next attempt after `attempts` failed ones; None to give up.

        `age` is the time since the event was received, `jitter` a random number in [0, 1).
        """
        if attempts >= self.max_attempts or age >= self.max_age:
            return None
        step = min(self.first_delay * 2.0 ** min(attempts - 1, 32), self.longest_delay)
        # Half of the delay is random, so that events that failed together are not retried together.
        return step * (0.5 + jitter / 2)


MAX_FAILURE_PAUSE_SECONDS = 3600.0
"""Upper limit for the Retry-After of a failed call: a proxy's mistake must not stop a company for a day."""


def failure_pause(retry_after: float | None) -> float:
    """Return how long the Retry-After of a failed call is obeyed, in seconds; 0 without one."""
    return min(retry_after or 0.0, MAX_FAILURE_PAUSE_SECONDS)


def rate_limit_pause(retry_after: float | None, consecutive_429s: int) -> float:
    """Return how long a company pauses after a 429: Gong's Retry-After, else 1, 2, 4 … 60 seconds."""
    if retry_after is not None:
        return retry_after
    return min(2.0 ** min(consecutive_429s, 6), 60.0)
