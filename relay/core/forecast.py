"""When a company's backlog will be gone, and when its day's budget ends: arithmetic on what it has spent."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.core.destination import Limits

_DAY = timedelta(hours=24)
_BUCKET = timedelta(minutes=10)
_ROUNDS = 150
"""More than a day has buckets: after so many rounds one day is like the next."""


@dataclass(frozen=True, slots=True)
class CompanyLoad:
    """Where a company stands: events that wait, and calls of its last day by the moment at which ten minutes began.

    `high` of those calls were of priority high; `only_high`: so is all that waits. Nothing is sent before `rests_until`.
    """

    backlog: int
    buckets: Mapping[datetime, int]
    high: int = 0
    only_high: bool = False
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """`clears_at`: when the last of what waits is sent, if nothing more comes. None: never, with this budget.

    `day_ends_at`: when the day's budget is spent before that; None where it reaches.
    """

    clears_at: datetime | None
    day_ends_at: datetime | None


def forecast_backlog(standing: CompanyLoad, limits: Limits, now: datetime) -> Forecast:
    """What to expect at full pace. It takes as given that the others spend no more of the company's day."""
    kept = 0 if standing.only_high else max(limits.high_priority_reserve - standing.high, 0)
    cap = limits.day_budget - kept
    start = max(now, standing.rests_until or now)
    if standing.backlog == 0:
        return Forecast(start, None)
    if cap <= 0:
        return Forecast(None, now)
    return _walk(standing, limits, start=start, cap=cap)


def _walk(standing: CompanyLoad, limits: Limits, *, start: datetime, cap: int) -> Forecast:
    """From one moment at which there is room to the next, until everything is sent."""
    window = deque(sorted(standing.buckets.items()))
    at, left, ends = start, standing.backlog, None
    for round_ in range(2 * _ROUNDS):
        while window and window[0][0] + _DAY + _BUCKET <= at:
            window.popleft()
        room = max(cap - sum(calls for _, calls in window), 0)
        lasts = timedelta(seconds=min(room, left) / limits.per_second)
        if left <= room:
            return Forecast(at + lasts, ends)
        ends = ends or at + lasts
        left -= room
        if room:
            window.append((at, room))
        if round_ == _ROUNDS:
            days = (left - 1) // cap
            at, left = at + days * _DAY, left - days * cap
            window = deque((moment + days * _DAY, calls) for moment, calls in window)
        at = max(at + lasts, window[0][0] + _DAY + _BUCKET)
    return Forecast(None, ends)
