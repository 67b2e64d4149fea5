"""Periodic tasks that advance background jobs: replays and erasures."""

from collections.abc import Callable
from dataclasses import dataclass

from relay.actions.erasure_job import ErasureContext
from relay.actions.erasure_job import step as advance_erasures
from relay.actions.remap import ReplayContext
from relay.actions.replay_job import step as advance_replays
from relay.log import log_event


@dataclass(frozen=True, slots=True)
class ReplayTask:
    """Advances the replays of one store. Of all workers, the one that gets the job's lock does a step."""

    replaying: ReplayContext
    is_current: Callable[[], bool]
    """Returns True while this worker's configuration is the one in the file."""

    def step(self) -> None:
        """Send or remap events for half a second at most. Raises Unavailable if the store is unreachable."""
        # Someone who fixes a mapping and replays at once means the fixed mapping: reload first, replay after that.
        if not self.is_current():
            return
        for replay_id in advance_replays(self.replaying):
            log_event("replay.ended", replay=replay_id)


@dataclass(frozen=True, slots=True)
class ErasureTask:
    """Advances the erasures of one store. Of all workers, the one that gets the job's lock does a step."""

    eraser: ErasureContext

    def step(self) -> None:
        """Erase for half a second at most. Raises Unavailable if the store is unreachable."""
        for erasure_id in advance_erasures(self.eraser):
            log_event("erasure.ended", erasure=erasure_id)
