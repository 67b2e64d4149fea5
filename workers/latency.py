"""How late a call can have arrived at Gong: what its answer tells beyond the quickest one from there.

Gong counts calls as they arrive. A call that a busy machine or network held up arrives closer to the next one than it
was written; its answer comes late by as much. So the next call keeps its distance from the latest possible arrival.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

_UNSURE = 0.03
"""What the first answer from a host is taken to be late by, in seconds."""

_STEADY = 0.08
"""Answers that vary by less than this, in seconds, tell of the way; others tell of Gong's own work."""

_MOST_OF_STEADY, _MOST_OF_UNSTEADY = 0.3, 0.05
"""No call is taken to be later than this, in seconds: what an address is slow at by itself does not count."""


_RISE = 0.0005
"""Seconds a second by which the quickest answer is forgotten, so that a host that has moved away is not late for ever."""


_TURN = 0.02
"""Seconds a second by which an opinion of how late answers usually are may change: a stall is not yet a habit."""


@dataclass(slots=True)
class _Known:
    quickest: float
    at: float
    usual: float = 0.0


class LatencyEstimator:
    """What is known of the way to each host. Times in seconds; `clock` never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def estimate_delay(self, base_url: str, seconds: float) -> float:
        """By how much a call may have arrived late whose answer took `seconds` from its first byte."""
        host = urlsplit(base_url).netloc
        with self._lock:
            known = self._known.get(host)
            if known is None:
                self._known[host] = _Known(seconds, self._clock())
                return _UNSURE
            now = self._clock()
            passed, known.at = min(now - known.at, 1.0), now
            known.quickest = min(seconds, known.quickest + _RISE * passed)
            late = min(seconds - known.quickest, _MOST_OF_STEADY)
            known.usual += max(min(late - known.usual, _TURN * passed), -_TURN * passed)
            return late if known.usual < _STEADY else min(late, _MOST_OF_UNSTEADY)
