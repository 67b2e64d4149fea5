"""The chore of erasures that each worker does about once a second: whichever wins erases what is left."""

from dataclasses import dataclass

from relay.actions.erasure_job import ErasureContext, step
from relay.log import log_event


@dataclass(frozen=True, slots=True)
class ErasureTask:
    """What `step` needs."""

    eraser: ErasureContext

    def step(self) -> None:
        """Bring erasures forward for half a second at most. Raises Unavailable when the store is away."""
        for erasure_id in step(self.eraser):
            log_event("erasure.ended", erasure=erasure_id)
