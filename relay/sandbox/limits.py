"""What one company may still send: calls a second with a burst, then calls a day, and what it sent."""

import math
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate

from relay.sandbox.settings import DayReset, RetryAfterForm

DAY_SECONDS = 86_400
# Forgiven, so that a client that waits exactly Retry-After does not fail by rounding.
FORGIVEN = 0.001


@dataclass(frozen=True, slots=True)
class Limits:
    per_second: float
    burst: int
    per_day: int
    day_reset: DayReset


@dataclass(slots=True)
class Budget:
    """A company's counters. `day` holds `[second, calls]` pairs, oldest first; `arrivals` the last second's stamps."""

    tokens: float = math.inf
    refilled_at: float = 0.0
    calls_in_day: int = 0
    most_in_one_second: int = 0
    day: deque[list[int]] = field(default_factory=deque)
    arrivals: deque[float] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the limits said: `wait_seconds` is 0 for a call that may pass, `remaining` what the burst still holds."""

    wait_seconds: float
    remaining: int = 0


def arrive(budget: Budget, now: float) -> None:
    """Note a call's arrival, passed or not, for the busiest second."""
    arrivals = budget.arrivals
    while arrivals and arrivals[0] <= now - 1:
        arrivals.popleft()
    arrivals.append(now)
    budget.most_in_one_second = max(budget.most_in_one_second, len(arrivals))


def spend(budget: Budget, limits: Limits, now: float, *, count_rejected: bool) -> Spent:
    """Take one call out of the second, then out of the day."""
    _refill(budget, limits, now)
    forget_old_calls(budget, limits.day_reset, now)
    if budget.tokens < 1:
        if count_rejected:
            _count(budget, now)
        return Spent((1 - budget.tokens) / limits.per_second)
    if budget.calls_in_day >= limits.per_day:
        return Spent(_until_the_day_frees(budget, limits.day_reset, now))
    budget.tokens -= 1
    _count(budget, now)
    return Spent(0, int(budget.tokens))


def give_back(budget: Budget) -> None:
    """Take the newest call off the day again, where refused calls do not count."""
    if budget.day:
        budget.day[-1][1] -= 1
        budget.calls_in_day -= 1


def spend_the_day(budget: Budget, limits: Limits, now: float) -> None:
    """Leave nothing of the day, as another application of the company would."""
    forget_old_calls(budget, limits.day_reset, now)
    if (left := limits.per_day - budget.calls_in_day) > 0:
        _count(budget, now, left)


def forget_old_calls(budget: Budget, reset: DayReset, now: float) -> None:
    """Drop what no longer counts. Whole seconds, so that no call counts a moment longer than its 24 hours."""
    first = (
        now // DAY_SECONDS * DAY_SECONDS
        if reset is DayReset.UTC_MIDNIGHT
        else math.floor(now) - DAY_SECONDS + 1
    )
    while budget.day and budget.day[0][0] < first:
        budget.calls_in_day -= budget.day.popleft()[1]


def retry_after(form: RetryAfterForm, seconds: float, now: float) -> str | None:
    """The header's text in the form asked for; None leaves it out."""
    whole = max(1, math.ceil(seconds))
    forms = {
        RetryAfterForm.INT: str(whole),
        RetryAfterForm.MISSING: None,
        RetryAfterForm.ZERO: "0",
        RetryAfterForm.HTTP_DATE: formatdate(now + whole, usegmt=True),
        RetryAfterForm.FLOAT: f"{seconds:.3f}",
        RetryAfterForm.GARBAGE: "soon",
        RetryAfterForm.HUGE: "99999999999",
    }
    return forms[form]


def _refill(budget: Budget, limits: Limits, now: float) -> None:
    gained = max(0.0, now - budget.refilled_at) * limits.per_second
    budget.tokens = min(limits.burst, budget.tokens + gained)
    if 1 - budget.tokens < FORGIVEN:
        budget.tokens = max(1.0, budget.tokens)
    budget.refilled_at = now


def _count(budget: Budget, now: float, calls: int = 1) -> None:
    second = math.floor(now)
    if budget.day and budget.day[-1][0] == second:
        budget.day[-1][1] += calls
    else:
        budget.day.append([second, calls])
    budget.calls_in_day += calls


def _until_the_day_frees(budget: Budget, reset: DayReset, now: float) -> float:
    if reset is DayReset.UTC_MIDNIGHT:
        return DAY_SECONDS - now % DAY_SECONDS
    oldest = next((second for second, calls in budget.day if calls), math.floor(now))
    return max(0.0, oldest + DAY_SECONDS - now)
