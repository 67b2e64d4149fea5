"""The last word on pace within one process: no company's calls are written closer together than its window allows.

`take` paces in Redis, for all workers together. Between a call's leave there and its first byte a busy thread can lose
tens of milliseconds, which would push it towards the next; here the moment of writing itself is spaced.
"""

import threading
import time
from collections import deque
from collections.abc import Callable


class RateGate:
    """Spaces the writes of each company: `per_second` of them in any `window` seconds of `clock`."""

    def __init__(self, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._opened = clock()
        self._lock = threading.Lock()
        self._booked: dict[str, deque[float]] = {}

    def wait(self, company: str, per_second: int) -> None:
        """Sleep until this company may write."""
        seconds = self.reserve(company, per_second)
        if seconds > 0:
            time.sleep(seconds)

    def reserve(self, company: str, per_second: int) -> float:
        """Book the company's next write, and return the seconds until then."""
        with self._lock:
            booked = self._booked.get(company)
            if booked is None or booked.maxlen != per_second:
                # A worker that was killed may have written until the moment this one began: its calls count.
                past = [self._opened] * per_second if booked is None else booked
                booked = self._booked[company] = deque(past, maxlen=per_second)
            now = moment = self._clock()
            if len(booked) == per_second:
                moment = max(now, booked[0] + self._window)
            booked.append(moment)
        return moment - now
