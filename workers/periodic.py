"""Periodic tasks: what a worker does besides delivering, about once per second, each task in its own thread."""

import threading
from collections.abc import Callable, Sequence

from relay.core.errors import Unavailable
from relay.log import log_crash, log_event

Task = Callable[[], None]
"""Does what is due, unless another worker is doing it, and returns. It must be safe to kill at any line."""


class PeriodicTasks:
    """Runs tasks from `start` to `stop`. A task that raises is logged and runs again in the next round."""

    def __init__(self, tasks: Sequence[Task], *, every_seconds: float = 1.0) -> None:
        self._tasks = tasks
        self._every = every_seconds
        self._stopped = threading.Event()

    def start(self) -> None:
        # One thread per task: an OAuth request that hangs for ten seconds must not delay replays or alerts.
        for number, task in enumerate(self._tasks):
            threading.Thread(target=self._run, args=(task,), name=f"task-{number}", daemon=True).start()

    def stop(self) -> None:
        """Start no further round. A round that is running may be killed with the process."""
        self._stopped.set()

    def _run(self, task: Task) -> None:
        while not self._stopped.is_set():
            try:
                task()
            except Unavailable as error:
                log_event("task.waiting_for_store", error=error.code)
            except Exception as error:  # noqa: BLE001 - one failed round must not end the task
                log_crash("task.crashed", error)
            self._stopped.wait(self._every)
