"""Pacing within one worker: a rate gate per company, and an estimate of how late a call reached Gong.

The store paces all workers together (`lease_events`). Between that permission and the first byte on the wire a busy
thread can lose tens of milliseconds, which would push one call towards the next. The gate spaces the writes
themselves, and the estimator reports late arrivals back to the store.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


class RateGate:
    """Spaces the writes of each company: at most `per_second` of them in any `window` seconds of `clock`."""

    def __init__(self, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._opened_at = clock()
        self._lock = threading.Lock()
        self._reserved: dict[str, deque[float]] = {}

    def wait(self, company: str, per_second: int) -> None:
        """Sleep until this company may write, and count that write."""
        seconds = self.reserve(company, per_second)
        # The lock is free while this thread sleeps: others reserve the slots after this one.
        if seconds > 0:
            time.sleep(seconds)

    def reserve(self, company: str, per_second: int) -> float:
        """Reserve the company's next write, and return the seconds until then."""
        with self._lock:
            reserved = self._reserved.get(company)
            if reserved is None or reserved.maxlen != per_second:
                # A worker that was killed may have written until this one started: assume a full window of its calls.
                past = [self._opened_at] * per_second if reserved is None else reserved
                reserved = self._reserved[company] = deque(past, maxlen=per_second)
            now = write_at = self._clock()
            # A full deque holds the last `per_second` writes: the next one may follow the oldest by one window.
            if len(reserved) == per_second:
                write_at = max(now, reserved[0] + self._window)
            reserved.append(write_at)
        return write_at - now


_FIRST_DELAY = 0.03
"""Delay assumed for the first call to a host, in seconds: there is nothing yet to compare it with."""

_STEADY_DELAY = 0.08
"""Below this usual delay, in seconds, a slow response points to the network; above it, to Gong's own work."""

_MAX_STEADY_DELAY, _MAX_UNSTEADY_DELAY = 0.3, 0.05
"""Upper bounds of an estimate, in seconds. A host that is always slow must not slow the pace down."""

_QUICKEST_RISE = 0.0005
"""Seconds per second by which the quickest response time rises again, so that a host that moved is measured again."""

_USUAL_CHANGE = 0.02
"""Seconds per second by which the usual delay may change: a single stall is not the new normal."""


@dataclass(slots=True)
class _HostTiming:
    """What was measured of one host. Times in seconds."""

    quickest: float
    measured_at: float
    usual_delay: float = 0.0


class LatencyEstimator:
    """Estimates how late calls arrive at each host. Times in seconds; `clock` must be monotonic.

    Gong counts calls when they arrive, not when they are written. A call that a busy machine or network delays arrives
    closer to the next one; its response is late by as much. So the delay of a response beyond the quickest one from
    that host is an upper bound for the delay of the call.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _HostTiming] = {}

    def estimate_delay(self, base_url: str, seconds: float) -> float:
        """Return how late a call may have arrived whose response took `seconds` from the first byte written."""
        host = urlsplit(base_url).netloc
        with self._lock:
            timing = self._hosts.get(host)
            if timing is None:
                self._hosts[host] = _HostTiming(seconds, self._clock())
                return _FIRST_DELAY
            now = self._clock()
            # At most one second counts: after a quiet hour the old measurements still say more than one call does.
            passed, timing.measured_at = min(now - timing.measured_at, 1.0), now
            timing.quickest = min(seconds, timing.quickest + _QUICKEST_RISE * passed)
            delay = min(seconds - timing.quickest, _MAX_STEADY_DELAY)
            step = _USUAL_CHANGE * passed
            timing.usual_delay += max(min(delay - timing.usual_delay, step), -step)
            return delay if timing.usual_delay < _STEADY_DELAY else min(delay, _MAX_UNSTEADY_DELAY)
