"""What became of one item of a payload: a call, or why there is none."""

from dataclasses import dataclass
from enum import StrEnum

from relay.core.call import Call
from relay.core.destination import Destination
from relay.core.errors import Problem
from relay.core.mapping.routing import UNROUTED
from relay.core.priority import Priority
from relay.core.visit_session import VisitSession


class ResultStatus(StrEnum):
    """What became of one item."""

    READY = "ready"
    FILTERED = "filtered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class MappingResult:
    """What became of one item, or of one part of it where its rule fans out.

    `draft` is the call as far as it came; only `call` may be made. `filtered` says why Gong is not told, `problems`
    why the event is dead, `warnings` what was changed or left out. `destination` is UNROUTED where none was found;
    `account` is the value that told it. `session` is what its call is aggregated with. `people` are
    those whom its item tells of.
    """

    index: int
    event_id: str
    rule: str | None = None
    priority: Priority = Priority.NORMAL
    draft: Call | None = None
    filtered: str | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    destination: Destination = UNROUTED
    account: str | None = None
    session: VisitSession | None = None
    people: tuple[str, ...] = ()

    @property
    def status(self) -> ResultStatus:
        if self.problems:
            return ResultStatus.DEAD
        return ResultStatus.FILTERED if self.filtered else ResultStatus.READY

    @property
    def call(self) -> Call | None:
        return self.draft if self.status is ResultStatus.READY else None
