"""The result of mapping one item: a call, or the reason why there is none."""

from dataclasses import dataclass
from enum import StrEnum

from relay.core.call import Call
from relay.core.destination import Destination
from relay.core.errors import Problem
from relay.core.mapping.routing import UNROUTED
from relay.core.priority import Priority
from relay.core.visit_session import VisitSession


class ResultStatus(StrEnum):
    """The kind of result of mapping one item."""

    READY = "ready"
    FILTERED = "filtered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingResult:
    """The result of mapping one item, or one part of it if its rule splits items."""

    index: int
    """The item's position in the payload. Parts of one item share it."""
    event_id: str
    rule: str | None = None
    """The name of the rule that matched."""
    priority: Priority = Priority.NORMAL
    draft: Call | None = None
    """The call as far as it could be built, for display. Only `call` may be sent."""
    filter_reason: str | None = None
    """Why the event is not meant for Gong."""
    problems: tuple[Problem, ...] = ()
    """Why the event is a dead letter."""
    warnings: tuple[Problem, ...] = ()
    """What was changed or left out."""
    destination: Destination = UNROUTED
    account: str | None = None
    """The value that the event was routed by."""
    session: VisitSession | None = None
    """The session whose events are sent as one call."""
    people: tuple[str, ...] = ()
    """E-mail addresses and phone numbers in the item, for erasure."""

    @property
    def status(self) -> ResultStatus:
        if self.problems:
            return ResultStatus.DEAD
        return ResultStatus.FILTERED if self.filter_reason else ResultStatus.READY

    @property
    def call(self) -> Call | None:
        return self.draft if self.status is ResultStatus.READY else None
