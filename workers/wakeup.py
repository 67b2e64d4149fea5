"""The doorbell: wakes an idle worker the moment an event is accepted, or at the very moment it asked to be woken.

A thread of its own listens, because Redis ends a blocking command up to 100 ms late: waiting for the next company's
turn inside one would cost a tenth of the allowed rate.
"""

import threading

from redis import Redis
from redis.exceptions import RedisError

from relay.store.engine import keys

_LISTEN_SECONDS = 2.0


class Wakeup:
    """Listens from `start` on, for as long as the process lives."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._rung = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._listen, name="bell", daemon=True).start()

    def notify(self) -> None:
        """Wake the worker from within."""
        self._rung.set()

    def wait(self, seconds: float) -> None:
        """Return when the bell has rung, or after `seconds`."""
        self._rung.wait(seconds)
        self._rung.clear()

    def _listen(self) -> None:
        pause = threading.Event()
        while True:
            try:
                if self._redis.blpop([keys.BELL], _LISTEN_SECONDS):
                    self._rung.set()
            except RedisError:
                pause.wait(0.5)  # away: the worker's own commands say so
