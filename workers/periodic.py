"""What a worker does beside delivering, about once a second: consents and tokens, replays. Each chore in a thread of its own."""

import threading
from collections.abc import Callable, Sequence

from relay.core.errors import Unavailable
from relay.log import log_event

Task = Callable[[], None]
"""Does whatever is due, if no other worker is at it, and returns. It may be cut off anywhere and begun again."""


class PeriodicTasks:
    """Runs chores from `start` to `stop`. A chore that fails is told in the log, and tried again."""

    def __init__(self, chores: Sequence[Task], *, every_seconds: float = 1.0) -> None:
        self._chores = chores
        self._every = every_seconds
        self._stopped = threading.Event()

    def start(self) -> None:
        for number, chore in enumerate(self._chores):
            threading.Thread(target=self._run, args=(chore,), name=f"chore-{number}", daemon=True).start()

    def stop(self) -> None:
        """Begin nothing more. What is begun is safe to leave."""
        self._stopped.set()

    def _run(self, chore: Task) -> None:
        while not self._stopped.is_set():
            try:
                chore()
            except Unavailable as error:
                log_event("chore.waits_for_store", error=error.code)
            except Exception as error:  # noqa: BLE001 - the next round may go better; the others must go on
                log_event("chore.crashed", level="error", error=f"{type(error).__name__}: {error}"[:300])
            self._stopped.wait(self._every)
