"""The chore of replays that each worker does about once a second: whichever wins feeds what is to be sent again."""

from collections.abc import Callable
from dataclasses import dataclass

from relay.actions.remap import ReplayContext
from relay.actions.replay_job import step
from relay.log import log_event


@dataclass(frozen=True, slots=True)
class ReplayTask:
    """What `step` needs. `is_current`: this worker's mappings are those of the configuration as it stands."""

    replaying: ReplayContext
    is_current: Callable[[], bool]

    def step(self) -> None:
        """Bring replays forward for half a second at most. Raises Unavailable when the store is away.

        Who mends a mapping and replays at once means the mended one: a worker that has to follow it first does that.
        """
        if not self.is_current():
            return
        for replay_id in step(self.replaying):
            log_event("replay.ended", replay=replay_id)
