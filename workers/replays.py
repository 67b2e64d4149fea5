"""The chore of replays that each worker does about once a second: whichever wins feeds what is to be sent again."""

from dataclasses import dataclass

from relay.intake.replay_job import step
from relay.intake.replaying import Replaying
from relay.log import line


@dataclass(frozen=True, slots=True)
class ReplayChore:
    """What `step` needs."""

    replaying: Replaying

    def step(self) -> None:
        """Bring replays forward for half a second at most. Raises Unavailable when the store is away."""
        for replay_id in step(self.replaying):
            line("replay.ended", replay=replay_id)
