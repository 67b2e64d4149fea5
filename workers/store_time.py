"""The store's time in a worker: read every ten seconds, and compared with what the worker measured and with its own clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from relay.core.errors import Unavailable
from relay.log import log_event
from relay.store.clocks import read_store_clock, report_worker_clock
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import (
    SECOND,
    clock_offset,
    queue_store_time,
    server_time,
    to_datetime,
    uptime,
)
from relay.store.stores import Store

_INTERVAL_SECONDS = 10.0
_TOLERANCE_SECONDS = 2.0
"""A larger difference between clocks is reported. Smaller ones are common and harmless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What the server's clock and this process's own showed between two moments of `uptime`."""

    sent_at: float
    received_at: float
    server: int
    """Microseconds."""
    offset: int
    """What the store's time is ahead of the server's clock, in microseconds."""
    own: datetime

    @property
    def own_ahead(self) -> float | None:
        """Seconds that this process's clock is ahead of the server's; None if they agree as far as can be measured."""
        seconds = (self.own - to_datetime(self.server)).total_seconds()
        return seconds if abs(seconds) > _TOLERANCE_SECONDS + self.received_at - self.sent_at else None

    def shows_real_time_since(self, earlier: "ClockReading") -> bool:
        """Return True if the server's clock has advanced by the time that this process measured."""
        advanced = (self.server - earlier.server) / SECOND
        shortest, longest = self.sent_at - earlier.received_at, self.received_at - earlier.sent_at
        return shortest - _TOLERANCE_SECONDS <= advanced <= longest + _TOLERANCE_SECONDS


@dataclass(slots=True, kw_only=True)
class StoreTime:
    """The time of one store, for decisions of a worker. Its own clock may be wrong, and differs from other workers'."""

    store: Store
    worker: str
    own_clock: Callable[[], datetime]
    measure: Callable[[], float] = uptime
    _reading: ClockReading | None = field(default=None, init=False)
    _due_at: float = field(default=float("-inf"), init=False)
    _reported: bool = field(default=False, init=False)
    _last_step: datetime | None = field(default=None, init=False)
    """Time of the last step that was logged or that had happened before this worker started."""
    _has_read_step: bool = field(default=False, init=False)

    def now(self) -> datetime:
        """Return the store's time, estimated since the last reading; by the own clock before the first."""
        if self._reading is None:
            try:
                self._reading = self._read()
            except Unavailable:
                return self.own_clock()
        reading = self._reading
        passed = timedelta(seconds=self.measure() - reading.received_at)
        return to_datetime(reading.server + reading.offset) + passed

    def step(self) -> None:
        """Read the time if that is due, and report clocks that were set or differ. Raises Unavailable."""
        if self.measure() < self._due_at:
            return
        self._due_at = self.measure() + _INTERVAL_SECONDS
        before, reading = self._reading, self._read()
        self._reading = reading
        # The server's clock jumped with the time that passed, such as while the server was frozen: that is no step.
        if before is not None and reading.offset < 0 and reading.shows_real_time_since(before):
            self._confirm(before)
        self._log_step()
        self._compare_own_clock(reading)

    def _read(self) -> ClockReading:
        with redis_errors_as_unavailable():
            pipeline: Any = self.store.redis.pipeline(transaction=False)
            queue_store_time(pipeline)
            sent_at, own = self.measure(), self.own_clock()
            clock, note = pipeline.execute()
        return ClockReading(
            sent_at=sent_at,
            received_at=self.measure(),
            server=server_time(clock),
            offset=clock_offset(note),
            own=own,
        )

    def _confirm(self, before: ClockReading) -> None:
        with redis_errors_as_unavailable():
            if self.store.scripts.run("confirm_clock", before.server):
                log_event("store.time_confirmed", worker=self.worker, name=self.store.name)
        self._reading = None

    def _log_step(self) -> None:
        clock = read_store_clock(self.store.redis)
        if clock.stepped_at not in {None, self._last_step} and self._has_read_step:
            name, seconds = self.store.name, round(clock.step, 1)
            log_event("store.clock_set", level="warning", worker=self.worker, name=name, seconds=seconds)
        self._last_step, self._has_read_step = clock.stepped_at, True

    def _compare_own_clock(self, reading: ClockReading) -> None:
        seconds = reading.own_ahead
        if seconds is None and not self._reported:
            return
        if seconds is not None and not self._reported:
            log_event("worker.clock_differs", level="warning", worker=self.worker, seconds=round(seconds, 1))
        report_worker_clock(self.store.redis, self.worker, seconds, now=self.now())
        self._reported = seconds is not None
