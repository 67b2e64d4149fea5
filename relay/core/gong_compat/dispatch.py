"""Maps a body sent to one of the Gong-compatible endpoints to calls.

A body in the destination's dialect is forwarded. Any other body is converted through a canonical event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from relay.core.call import Call, Dialect, Operation, SendAs
from relay.core.default_mapping.ids_and_titles import make_event_id
from relay.core.default_mapping.select import MappedCalls, build_calls
from relay.core.destination import Destination
from relay.core.errors import Problem, ValidationFailed
from relay.core.event.event import read_event
from relay.core.event.model import EventType
from relay.core.gong.validate import find_warnings
from relay.core.gong_compat import from_catalog, from_gong
from relay.core.gong_compat.internal_people import remove_internal_people
from relay.core.gong_compat.parse import CATALOG_OPERATIONS, ENGAGEMENT_OPERATIONS, ParsedBody, parse_body
from relay.core.source import Source

_EVENT_READERS: Mapping[Operation, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    Operation.DIGITAL_INTERACTION: from_gong.read_interaction,
    Operation.CONTENT_SHARED: from_gong.read_share,
    Operation.CONTENT_VIEWED: from_gong.read_view,
    Operation.CUSTOM_ACTION: from_gong.read_action,
    Operation.CATALOG_INTERACTION: from_catalog.read_interaction,
    Operation.CATALOG_SHARE: from_catalog.read_share,
    Operation.CATALOG_VIEW: from_catalog.read_view,
    Operation.CATALOG_ACTION: from_catalog.read_action,
}
_BODY_PATHS = {**from_gong.BODY_PATHS, **from_catalog.BODY_PATHS}
_TYPES = {
    Operation.CONTENT_SHARED: EventType.CONTENT_SHARE,
    Operation.CATALOG_SHARE: EventType.CONTENT_SHARE,
    Operation.CONTENT_VIEWED: EventType.CONTENT_VIEW,
    Operation.CATALOG_VIEW: EventType.CONTENT_VIEW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedRequest:
    """The calls of one body."""

    type: EventType
    event_id: str
    dedupe_name: str | None
    """Recognizes a repeated request. None if the eventId of each call does."""
    has_sender_id: bool
    mapped: MappedCalls
    sender_id_path: str | None = None
    """Where the body has the id that Gong gets exactly as the sender chose it. None if the relay chose the id."""


def map_request(
    operation: Operation, value: object, *, route: tuple[Source, Destination], now: datetime
) -> MappedRequest:
    """Map one body to calls. Raises ValidationFailed with paths of the body."""
    source, destination = route
    parsed = parse_body(operation, value)
    dialect = Dialect.CATALOG if operation in CATALOG_OPERATIONS else Dialect.GONG
    if destination.dialect is dialect:
        return _forward(parsed, source, destination)
    return _convert(parsed, source, destination, now=now)


def _forward(parsed: ParsedBody, source: Source, destination: Destination) -> MappedRequest:
    """Send the body itself, under the sender's id."""
    filtered = remove_internal_people(parsed.operation, parsed.body, destination)
    dedupe_name = make_event_id(source.name, parsed.id)
    event_id = parsed.sender_id or dedupe_name
    body = dict(filtered.body)
    if parsed.operation in ENGAGEMENT_OPERATIONS:
        # Only these calls may lack an eventId. With one, Gong recognizes a repeated call.
        body["eventId"] = event_id
    call = Call(parsed.operation, event_id, body)
    warnings = (*parsed.warnings, *filtered.warnings, *find_warnings(parsed.operation, call.body))
    return MappedRequest(
        type=_event_type(parsed),
        event_id=event_id,
        dedupe_name=dedupe_name,
        has_sender_id=parsed.sender_id is not None,
        mapped=MappedCalls(() if filtered.filter_reason else (call,), warnings, filtered.filter_reason),
        sender_id_path=parsed.id_key if parsed.sender_id else None,
    )


def _convert(parsed: ParsedBody, source: Source, destination: Destination, *, now: datetime) -> MappedRequest:
    """Convert the body to a canonical event and map that event, so that all rules for events apply here too."""
    operation = parsed.operation
    try:
        event = read_event({"id": parsed.id} | _EVENT_READERS[operation](parsed.body), now=now)
        mapped = build_calls(event, replace(source, send_as=_send_as(operation, source)), destination)
    except ValidationFailed as error:
        problems = [_with_body_path(problem, _BODY_PATHS[operation]) for problem in error.problems]
        raise ValidationFailed(problems) from None
    if operation in CATALOG_OPERATIONS:
        mapped = replace(mapped, calls=tuple(map(from_catalog.use_gong_wording, mapped.calls)))
    find_losses = from_catalog.find_losses if operation in CATALOG_OPERATIONS else from_gong.find_losses
    warnings = (*parsed.warnings, *mapped.warnings, *find_losses(parsed.body))
    return MappedRequest(
        type=event.type,
        event_id=make_event_id(source.name, parsed.id),
        dedupe_name=None,
        has_sender_id=parsed.sender_id is not None,
        mapped=replace(mapped, warnings=warnings),
    )


def _send_as(operation: Operation, source: Source) -> SendAs:
    # A call to one of Gong's own paths has already chosen its API. The engagement bodies of the catalog dialect fit
    # both, so the source's setting decides.
    if operation in {Operation.DIGITAL_INTERACTION, Operation.CATALOG_INTERACTION}:
        return SendAs.DIGITAL_INTERACTION
    return SendAs.ENGAGEMENT if operation in ENGAGEMENT_OPERATIONS else source.send_as


def _event_type(parsed: ParsedBody) -> EventType:
    if parsed.operation is Operation.DIGITAL_INTERACTION:
        return from_gong.parse_event_type(parsed.body["eventType"])
    return _TYPES.get(parsed.operation, EventType.CUSTOM)


def _with_body_path(problem: Problem, body_paths: Mapping[str, str]) -> Problem:
    """Replace the event's path of a problem with the path in the sender's body."""
    # The longest matching path is the most precise one, so try it first.
    for event_path in sorted(body_paths, key=len, reverse=True):
        if problem.path == event_path or problem.path.startswith((f"{event_path}.", f"{event_path}[")):
            return replace(problem, path=body_paths[event_path] + problem.path.removeprefix(event_path))
    return problem
