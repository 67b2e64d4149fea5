"""From a body at one of Gong's endpoints to its calls: sent on as it came where the destination speaks its dialect, else told anew."""

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
from relay.core.gong_compat import from_catalog as catalog
from relay.core.gong_compat import from_gong as gong
from relay.core.gong_compat.internal_people import remove_internal_people
from relay.core.gong_compat.parse import CATALOG_OPERATIONS, ENGAGEMENT_OPERATIONS, ParsedBody, parse_body
from relay.core.source import Source

_EVENTS: Mapping[Operation, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    Operation.DIGITAL_INTERACTION: gong.read_interaction,
    Operation.CONTENT_SHARED: gong.read_share,
    Operation.CONTENT_VIEWED: gong.read_view,
    Operation.CUSTOM_ACTION: gong.read_action,
    Operation.CATALOG_INTERACTION: catalog.read_interaction,
    Operation.CATALOG_SHARE: catalog.read_share,
    Operation.CATALOG_VIEW: catalog.read_view,
    Operation.CATALOG_ACTION: catalog.read_action,
}
_PLACES = {**gong.BODY_PATHS, **catalog.BODY_PATHS}
_TYPES = {
    Operation.CONTENT_SHARED: EventType.CONTENT_SHARE,
    Operation.CATALOG_SHARE: EventType.CONTENT_SHARE,
    Operation.CONTENT_VIEWED: EventType.CONTENT_VIEW,
    Operation.CATALOG_VIEW: EventType.CONTENT_VIEW,
}


@dataclass(frozen=True, slots=True)
class MappedRequest:
    """What a body comes to. `dedupe_name` is None where each call's own eventId serves; `has_sender_id` = its sender gave an id."""

    type: EventType
    event_id: str
    dedupe_name: str | None
    has_sender_id: bool
    mapped: MappedCalls


def map_request(
    operation: Operation, value: object, *, route: tuple[Source, Destination], now: datetime
) -> MappedRequest:
    """The calls of one body. Invalid says, by the body's own paths, why there are none."""
    read = parse_body(operation, value)
    speaks = Dialect.CATALOG if operation in CATALOG_OPERATIONS else Dialect.GONG
    if route[1].dialect is speaks:
        return _sent_on(read, *route)
    return _told_anew(read, route=route, now=now)


def _sent_on(read: ParsedBody, source: Source, destination: Destination) -> MappedRequest:
    """The body itself, under the id that its sender chose. Only Gong's engagement calls get one that they lack."""
    found = remove_internal_people(read.operation, read.body, destination)
    dedupe_name = make_event_id(source.name, read.id)
    event_id = read.sender_id or dedupe_name
    given = {"eventId": event_id} if read.operation in ENGAGEMENT_OPERATIONS else {}
    call = Call(read.operation, event_id, {**found.body, **given})
    warnings = (*read.warnings, *found.warnings, *find_warnings(read.operation, call.body))
    mapped = MappedCalls(() if found.filter_reason else (call,), warnings, found.filter_reason)
    return MappedRequest(_type_of(read), event_id, dedupe_name, read.sender_id is not None, mapped)


def _told_anew(read: ParsedBody, *, route: tuple[Source, Destination], now: datetime) -> MappedRequest:
    """By way of a canonical event, so that whatever holds for events holds here: people, ids, what can be said."""
    source, destination = route
    try:
        event = read_event({"id": read.id} | _EVENTS[read.operation](read.body), now=now)
        mapped = build_calls(event, replace(source, send_as=_send_as(read.operation, source)), destination)
    except ValidationFailed as error:
        raise ValidationFailed(
            [_placed(problem, _PLACES[read.operation]) for problem in error.problems]
        ) from None
    if read.operation in CATALOG_OPERATIONS:
        mapped = replace(mapped, calls=tuple(map(catalog.use_gong_wording, mapped.calls)))
    lost = catalog.find_losses if read.operation in CATALOG_OPERATIONS else gong.find_losses
    mapped = replace(mapped, warnings=(*read.warnings, *mapped.warnings, *lost(read.body)))
    event_id = make_event_id(source.name, read.id)
    return MappedRequest(event.type, event_id, None, read.sender_id is not None, mapped)


def _send_as(operation: Operation, source: Source) -> SendAs:
    """Who calls Gong's own paths has chosen the API. The catalogue's three engagement bodies can be told in both."""
    if operation in {Operation.DIGITAL_INTERACTION, Operation.CATALOG_INTERACTION}:
        return SendAs.DIGITAL_INTERACTION
    return SendAs.ENGAGEMENT if operation in ENGAGEMENT_OPERATIONS else source.send_as


def _type_of(read: ParsedBody) -> EventType:
    if read.operation is Operation.DIGITAL_INTERACTION:
        return gong.parse_event_type(read.body["eventType"])
    return _TYPES.get(read.operation, EventType.CUSTOM)


def _placed(problem: Problem, places: Mapping[str, str]) -> Problem:
    """The same problem at the place where the sender wrote it. The longest part of the path that is known counts."""
    for ours in sorted(places, key=len, reverse=True):
        if problem.path == ours or problem.path.startswith((f"{ours}.", f"{ours}[")):
            return replace(problem, path=places[ours] + problem.path.removeprefix(ours))
    return problem
