"""Rate limits of one company: calls per second with a burst (a token bucket), and calls per day."""

import math
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate

from relay.sandbox.settings import DayReset, RetryAfterForm

DAY_SECONDS = 86_400
# A token this close to whole counts as whole, so that a client that waits exactly Retry-After does not fail by rounding.
ROUNDING_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    per_second: float
    burst: int
    per_day: int
    day_reset: DayReset


@dataclass(slots=True, kw_only=True)
class Budget:
    """A company's use of its limits."""

    tokens: float = math.inf
    """Calls that may still pass at once."""

    refilled_at: float = 0.0
    calls_in_day: int = 0
    peak_calls_per_second: int = 0
    """The most calls that arrived within any one second."""

    calls_by_second: deque[list[int]] = field(default_factory=deque)
    """The day's calls as `[second, calls]` pairs, oldest first."""

    recent_arrivals: deque[float] = field(default_factory=deque)
    """Timestamps of the calls of the last second."""


@dataclass(frozen=True, slots=True)
class LimitDecision:
    """Whether a call may pass."""

    wait_seconds: float
    """0 if it may pass; otherwise how long the caller has to wait."""

    remaining: int = 0
    """Calls that may still pass at once after this one."""


def record_arrival(budget: Budget, now: float) -> None:
    """Record a call, whether or not it passes, for `peak_calls_per_second`."""
    arrivals = budget.recent_arrivals
    while arrivals and arrivals[0] <= now - 1:
        arrivals.popleft()
    arrivals.append(now)
    budget.peak_calls_per_second = max(budget.peak_calls_per_second, len(arrivals))


def take_call(budget: Budget, limits: Limits, now: float, *, count_rejected: bool) -> LimitDecision:
    """Check the limit per second, then the limit per day, and count the call if it passes.

    With `count_rejected`, a call over the limit per second counts against the day too.
    """
    _refill(budget, limits, now)
    drop_old_calls(budget, limits.day_reset, now)
    if budget.tokens < 1:
        # The call takes no token, so that a client that keeps calling too fast is not locked out.
        if count_rejected:
            _count(budget, now)
        return LimitDecision((1 - budget.tokens) / limits.per_second)
    if budget.calls_in_day >= limits.per_day:
        return LimitDecision(_seconds_until_day_frees(budget, limits.day_reset, now))
    budget.tokens -= 1
    _count(budget, now)
    return LimitDecision(0, int(budget.tokens))


def refund_call(budget: Budget) -> None:
    """Remove the newest call from the day's count, because rejected calls do not count."""
    if budget.calls_by_second:
        budget.calls_by_second[-1][1] -= 1
        budget.calls_in_day -= 1


def exhaust_day(budget: Budget, limits: Limits, now: float) -> None:
    """Use up the rest of the day, as another application of the company could."""
    drop_old_calls(budget, limits.day_reset, now)
    if (remaining := limits.per_day - budget.calls_in_day) > 0:
        _count(budget, now, remaining)


def drop_old_calls(budget: Budget, reset: DayReset, now: float) -> None:
    """Drop the calls that are not in the current day."""
    # Calls are counted per whole second. Dropping the oldest, partial second keeps every call within its 24 hours.
    first_second = (
        now // DAY_SECONDS * DAY_SECONDS
        if reset is DayReset.UTC_MIDNIGHT
        else math.floor(now) - DAY_SECONDS + 1
    )
    while budget.calls_by_second and budget.calls_by_second[0][0] < first_second:
        budget.calls_in_day -= budget.calls_by_second.popleft()[1]


def format_retry_after(form: RetryAfterForm, seconds: float, sent_at: float) -> str | None:
    """Return the value of the Retry-After header in the given form. None leaves the header out.

    `sent_at` is the real time, in seconds since 1970.
    """
    whole_seconds = max(1, math.ceil(seconds))
    forms = {
        RetryAfterForm.INT: str(whole_seconds),
        RetryAfterForm.MISSING: None,
        RetryAfterForm.ZERO: "0",
        RetryAfterForm.HTTP_DATE: formatdate(sent_at + whole_seconds, usegmt=True),
        RetryAfterForm.FLOAT: f"{seconds:.3f}",
        RetryAfterForm.GARBAGE: "soon",
        RetryAfterForm.HUGE: "99999999999",
    }
    return forms[form]


def _refill(budget: Budget, limits: Limits, now: float) -> None:
    refill = max(0.0, now - budget.refilled_at) * limits.per_second
    budget.tokens = min(limits.burst, budget.tokens + refill)
    if 1 - budget.tokens < ROUNDING_TOLERANCE:
        budget.tokens = max(1.0, budget.tokens)
    budget.refilled_at = now


def _count(budget: Budget, now: float, calls: int = 1) -> None:
    # One entry per second instead of per call keeps a day at no more than 86,400 entries.
    second = math.floor(now)
    if budget.calls_by_second and budget.calls_by_second[-1][0] == second:
        budget.calls_by_second[-1][1] += calls
    else:
        budget.calls_by_second.append([second, calls])
    budget.calls_in_day += calls


def _seconds_until_day_frees(budget: Budget, reset: DayReset, now: float) -> float:
    if reset is DayReset.UTC_MIDNIGHT:
        return DAY_SECONDS - now % DAY_SECONDS
    oldest = next((second for second, calls in budget.calls_by_second if calls), math.floor(now))
    return max(0.0, oldest + DAY_SECONDS - now)
