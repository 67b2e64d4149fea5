"""From an item to the calls it becomes: read, map, and say what is wrong, one item at a time."""

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


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """One item that was understood. Without calls it is filtered, and `filtered` says why in words.

    `dedupe_name` is what its call is deduplicated by, where that is not the call's own eventId. `account` is the value
    that told its destination, `no_destination` why it has none. `sessions` are those that its calls belong to, if any.
    `people` are those whom it tells of.
    """

    index: int
    type: str
    event_id: str
    calls: tuple[Call, ...]
    warnings: tuple[Problem, ...]
    filtered: str | None
    destination: Destination
    account: str | None = None
    dedupe_name: str | None = None
    priority: Priority = Priority.NORMAL
    no_destination: Problem | None = None
    sessions: tuple[VisitSession | None, ...] = ()
    happened_at: datetime | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """One item that was not, with every reason."""

    index: int
    problems: tuple[Problem, ...]


def prepare_event(
    index: int, value: Any, *, source: Source, router: Router, now: datetime
) -> PreparedEvent | RejectedItem:
    """Read and map one item of a source for its destination, or as for one that nothing is known of."""
    if isinstance(value, BadRequest):
        return RejectedItem(index, (Problem("", value.code, value.detail),))
    try:
        event = read_event(value, now=now)
        routed = router(_scope(value, source), StepCounter())
        mapped = build_calls(event, source, routed.destination)
    except ValidationFailed as error:
        return RejectedItem(index, error.problems)
    return PreparedEvent(
        index,
        event.type,
        make_event_id(source.name, event.id),
        mapped.calls,
        mapped.warnings,
        mapped.filter_reason,
        routed.destination,
        routed.account,
        priority=source.priority(event.type),
        no_destination=routed.problem,
        sessions=assign_sessions(source, event.type, mapped.calls),
        happened_at=event.occurred_at,
        people=find_people_in_json(value),
    )


def assign_sessions(
    source: Source, event_type: EventType, calls: Sequence[Call]
) -> tuple[VisitSession | None, ...]:
    """Which session each call belongs to, by its own `sessionId`; none where its source does not aggregate this type."""
    aggregate = source.aggregate.get(event_type)
    if aggregate is None:
        return ()
    origin = (source.name, event_type)
    return tuple(
        find_session(call, aggregate, origin=origin, key=call.body.get("sessionId")) for call in calls
    )


def _scope(value: Any, source: Source) -> dict[str, Any]:
    """An event is its own body, and comes without headers: what tells its destination stands in it."""
    return {"body": value, "item": value, "headers": {}, "query": {}, "source": source.name}
