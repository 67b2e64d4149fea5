"""Periodic task that keeps room in a store: applies a changed retention, and deletes the oldest ended events when it is full."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from relay.log import log_event
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.durability import read_memory
from relay.store.engine.scripts import take_turn
from relay.store.retention import apply_retention, delete_oldest
from relay.store.stores import Store

_TURN_SECONDS = 0.9
_STEP_SECONDS = 0.5
_ROOM_FACTOR = 0.82
"""Deleting stops at this share of the mark, which is 70 % for a mark of 85 %: far enough below it not to start again soon."""
_PAUSE_SECONDS = 60.0
"""If nothing can be deleted, every look at all ended events is in vain for a while."""


@dataclass(slots=True)
class RoomTask:
    """Keeps room in one store. Of all workers, one at a time does it."""

    store: Store
    mark: float
    """Share of the store's memory from which on it accepts no events."""
    clock: Callable[[], float] = time.monotonic
    _is_freeing: bool = field(default=False, init=False)
    _paused_until: float = field(default=float("-inf"), init=False)

    def step(self) -> None:
        """Do half a second of what is due, unless another worker does. Raises Unavailable."""
        with redis_errors_as_unavailable():
            if not take_turn(self.store.scripts, keys.ROOM_LOCK, seconds=_TURN_SECONDS):
                return
        until = self.clock() + _STEP_SECONDS
        while apply_retention(self.store.scripts) and self.clock() < until:
            pass
        if self.clock() >= self._paused_until and self._needs_room():
            self._free(until)

    def _needs_room(self) -> bool:
        with redis_errors_as_unavailable():
            share = read_memory(self.store.redis).share or 0.0
        self._is_freeing = share >= self.mark * (_ROOM_FACTOR if self._is_freeing else 1.0)
        return self._is_freeing

    def _free(self, until: float) -> None:
        deleted, passed, is_end = 0, 0, False
        while not is_end and self.clock() < until and self._needs_room():
            more, dead = delete_oldest(self.store.scripts, after=passed)
            deleted, passed, is_end = deleted + more, passed + dead, not (more or dead)
        if is_end:
            self._paused_until = self.clock() + _PAUSE_SECONDS
        if deleted or is_end:
            log_event("store.deleted_early", level="warning", name=self.store.name, events=deleted)
