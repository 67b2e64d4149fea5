"""Forecast of a company's backlog: when it will be sent, and when the daily budget runs out."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.core.destination import Limits

_DAY = timedelta(hours=24)
_BUCKET = timedelta(minutes=10)
_MAX_ROUNDS = 150
"""More rounds than a day has buckets. After these, each day repeats the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLoad:
    """What a source has to send to a company, and what it has used of its share of the day."""

    backlog: int
    budget: int
    """Calls per 24 hours, at least 1."""
    buckets: Mapping[datetime, int]
    """Its calls of the last 24 hours, by the start of each ten minutes."""

    @property
    def sendable(self) -> int:
        """The part of the backlog for which the share has room now."""
        return min(self.backlog, max(self.budget - sum(self.buckets.values()), 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyLoad:
    """What a company has to send and what it has used of its budget."""

    backlog: int
    """Number of events that wait."""
    buckets: Mapping[datetime, int]
    """Calls of the last 24 hours, by the start of each ten minutes."""
    high: int = 0
    """How many of those calls had priority high."""
    only_high: bool = False
    """True if everything that waits has priority high."""
    frozen_until: datetime | None = None
    """No call is made before this time."""
    sources: tuple[SourceLoad, ...] = ()
    """The sources that may not use the whole day. Their events are part of the backlog."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the backlog is sent, if no more events arrive."""

    clears_at: datetime | None
    """None: never, with this budget."""
    budget_exhausted_at: datetime | None
    """When the daily budget runs out before that; None if it suffices."""


def forecast_backlog(load: CompanyLoad, limits: Limits, now: datetime) -> Forecast:
    """Forecast a backlog at full pace, if other systems use no more of the company's limit than their share."""
    reserved = 0 if load.only_high else max(limits.high_priority_reserve - load.high, 0)
    budget = limits.daily_budget - reserved
    start = max(now, load.frozen_until or now)
    if load.backlog == 0:
        return Forecast(start, None)
    if budget <= 0:
        return Forecast(None, now)
    company = _simulate(load, limits, start=start, budget=budget)
    sources = [
        _simulate(
            CompanyLoad(backlog=source.backlog, buckets=source.buckets),
            limits,
            start=start,
            budget=min(source.budget, budget),
        )
        for source in load.sources
        if source.backlog
    ]
    if not sources:
        return company
    times = [forecast.clears_at for forecast in (company, *sources)]
    # What the sources' own shares hold back does not use up the company's budget.
    sendable = load.backlog - sum(source.backlog - source.sendable for source in load.sources)
    room = budget - sum(load.buckets.values())
    return Forecast(
        None if None in times else max(time for time in times if time),
        company.budget_exhausted_at if sendable > room else None,
    )


def _simulate(load: CompanyLoad, limits: Limits, *, start: datetime, budget: int) -> Forecast:
    """Advance to each time at which budget becomes free, until everything is sent."""
    window = deque(sorted(load.buckets.items()))
    at, left, budget_exhausted_at = start, load.backlog, None
    for number in range(2 * _MAX_ROUNDS):
        while window and window[0][0] + _DAY + _BUCKET <= at:
            window.popleft()
        room = max(budget - sum(calls for _, calls in window), 0)
        duration = timedelta(seconds=min(room, left) / limits.per_second)
        if left <= room:
            return Forecast(at + duration, budget_exhausted_at)
        budget_exhausted_at = budget_exhausted_at or at + duration
        left -= room
        if room:
            window.append((at, room))
        # From here on every day is like the last one: skip whole days instead of simulating a backlog of months.
        if number == _MAX_ROUNDS:
            days = (left - 1) // budget
            at, left = at + days * _DAY, left - days * budget
            window = deque((bucket + days * _DAY, calls) for bucket, calls in window)
        at = max(at + duration, window[0][0] + _DAY + _BUCKET)
    return Forecast(None, budget_exhausted_at)
