"""Turn one item into the calls for Gong, or into the problems that reject it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.core.call import Call
from relay.core.default_mapping.ids_and_titles import make_event_id
from relay.core.default_mapping.select import build_calls
from relay.core.destination import Destination
from relay.core.errors import BadRequest, Problem, ValidationFailed
from relay.core.event.event import read_event
from relay.core.event.model import EventType
from relay.core.mapping.routing import Router
from relay.core.mapping.work_limit import StepCounter
from relay.core.personal_data import find_people_in_json
from relay.core.priority import Priority
from relay.core.source import Source
from relay.core.visit_session import VisitSession, find_session


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedEvent:
    """One valid item and the calls that it becomes."""

    index: int
    type: str
    event_id: str
    calls: tuple[Call, ...]
    warnings: tuple[Problem, ...]
    filtered: str | None
    """Why the item has no calls, in words; None if it has some."""
    destination: Destination
    account: str | None = None
    """The value in the item that chose the destination."""
    dedupe_name: str | None = None
    """The name by which a repeated call is recognized, unless that is its eventId."""
    priority: Priority = Priority.NORMAL
    no_destination: Problem | None = None
    """Why routing found no destination; `destination` is then the placeholder for unrouted events."""
    sessions: tuple[VisitSession | None, ...] = ()
    """The session of each call; empty if the source does not aggregate this type."""
    happened_at: datetime | None = None
    people: tuple[str, ...] = ()
    """The people whose data the item contains, as the index of people names them."""


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """One invalid item, with its problems."""

    index: int
    problems: tuple[Problem, ...]
    omitted: int = 0
    """Number of further problems."""

    def list_at_most(self, count: int) -> "RejectedItem":
        """Return the item with its first `count` problems, but at least one."""
        listed = self.problems[: max(count, 1)]
        return RejectedItem(self.index, listed, len(self.problems) - len(listed))


def prepare_event(
    index: int, value: Any, *, source: Source, router: Router, now: datetime
) -> PreparedEvent | RejectedItem:
    """Validate one item, find its destination and map it.

    An item without a destination is mapped too, with default settings, so that its own problems show at once.
    """
    # `read_items` passes a damaged line as the error that it caused.
    if isinstance(value, BadRequest):
        return RejectedItem(index, (Problem("", value.code, value.detail),))
    try:
        event = read_event(value, now=now)
        routed = router(_build_scope(value, source), StepCounter())
        mapped = build_calls(event, source, routed.destination)
    except ValidationFailed as error:
        return RejectedItem(index, error.problems)
    return PreparedEvent(
        index=index,
        type=event.type,
        event_id=make_event_id(source.name, event.id),
        calls=mapped.calls,
        warnings=mapped.warnings,
        filtered=mapped.filter_reason,
        destination=routed.destination,
        account=routed.account,
        priority=source.priority(event.type),
        no_destination=routed.problem,
        sessions=assign_sessions(source, event.type, mapped.calls),
        happened_at=event.occurred_at,
        people=find_people_in_json(value),
    )


def assign_sessions(
    source: Source, event_type: EventType, calls: Sequence[Call]
) -> tuple[VisitSession | None, ...]:
    """Return the session of each call, by its `sessionId`; empty if the source does not aggregate this type."""
    aggregate = source.aggregate.get(event_type)
    if aggregate is None:
        return ()
    origin = (source.name, event_type)
    return tuple(
        find_session(call, aggregate, origin=origin, key=call.body.get("sessionId")) for call in calls
    )


def _build_scope(value: Any, source: Source) -> dict[str, Any]:
    # A canonical event is both the body and its only item, and has no headers: the value that chooses the destination
    # must be in the event itself.
    return {"body": value, "item": value, "headers": {}, "query": {}, "source": source.name}
