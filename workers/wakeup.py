"""Wakeup: wakes an idle worker when an event is accepted, or at the time at which the worker asked to be woken.

A separate thread listens, because Redis ends a blocking command up to 100 ms late: waiting for the next company's
turn inside one would cost a tenth of the allowed rate.
"""

import threading

from redis import Redis
from redis.exceptions import RedisError

from relay.store.engine import keys

_LISTEN_SECONDS = 2.0


class Wakeup:
    """Listens for wakeups in Redis from `start` until the process ends."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._event = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._listen, name="wakeup", daemon=True).start()

    def notify(self) -> None:
        """Wake the worker from within its process."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Return at the next wakeup, or after `seconds`."""
        self._event.wait(seconds)
        # A wakeup between the two lines is lost; the worker looks at its queues next in any case.
        self._event.clear()

    def _listen(self) -> None:
        pause = threading.Event()
        while True:
            try:
                if self._redis.blpop([keys.WAKEUP], _LISTEN_SECONDS):
                    self._event.set()
            except RedisError:
                pause.wait(0.5)  # Redis is unreachable; the worker's own commands log that
