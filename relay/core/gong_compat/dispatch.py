"""From a body at one of Gong's endpoints to its calls: sent on as it came where the destination speaks its dialect, else told anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from relay.core.call import Call, Dialect, Operation, SendAs
from relay.core.default_mapping.ids_and_titles import event_id_of
from relay.core.default_mapping.select import Mapped, calls_for
from relay.core.destination import Destination
from relay.core.errors import Problem, ValidationFailed
from relay.core.event.event import read_event
from relay.core.event.model import EventType
from relay.core.gong.validate import find_warnings
from relay.core.gong_compat import from_catalog as catalog
from relay.core.gong_compat import from_gong as gong
from relay.core.gong_compat.internal_people import outside
from relay.core.gong_compat.parse import CATALOG, ENGAGEMENT, Reading, read_body
from relay.core.source import Source

_EVENTS: Mapping[Operation, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    Operation.DIGITAL_INTERACTION: gong.interaction,
    Operation.CONTENT_SHARED: gong.shared,
    Operation.CONTENT_VIEWED: gong.viewed,
    Operation.CUSTOM_ACTION: gong.acted,
    Operation.CATALOG_INTERACTION: catalog.interaction,
    Operation.CATALOG_SHARE: catalog.shared,
    Operation.CATALOG_VIEW: catalog.viewed,
    Operation.CATALOG_ACTION: catalog.acted,
}
_PLACES = {**gong.PLACES, **catalog.PLACES}
_TYPES = {
    Operation.CONTENT_SHARED: EventType.CONTENT_SHARE,
    Operation.CATALOG_SHARE: EventType.CONTENT_SHARE,
    Operation.CONTENT_VIEWED: EventType.CONTENT_VIEW,
    Operation.CATALOG_VIEW: EventType.CONTENT_VIEW,
}


@dataclass(frozen=True, slots=True)
class Understood:
    """What a body comes to. `dedupe_name` is None where each call's own eventId serves; `named` = its sender gave an id."""

    type: EventType
    event_id: str
    dedupe_name: str | None
    named: bool
    mapped: Mapped


def understand(
    operation: Operation, value: object, *, route: tuple[Source, Destination], now: datetime
) -> Understood:
    """The calls of one body. Invalid says, by the body's own paths, why there are none."""
    read = read_body(operation, value)
    speaks = Dialect.CATALOG if operation in CATALOG else Dialect.GONG
    if route[1].dialect is speaks:
        return _sent_on(read, *route)
    return _told_anew(read, route=route, now=now)


def _sent_on(read: Reading, source: Source, destination: Destination) -> Understood:
    """The body itself, under the id that its sender chose. Only Gong's engagement calls get one that they lack."""
    found = outside(read.operation, read.body, destination)
    dedupe_name = event_id_of(source.name, read.id)
    event_id = read.own_id or dedupe_name
    given = {"eventId": event_id} if read.operation in ENGAGEMENT else {}
    call = Call(read.operation, event_id, {**found.body, **given})
    warnings = (*read.warnings, *found.warnings, *find_warnings(read.operation, call.body))
    mapped = Mapped(() if found.filtered else (call,), warnings, found.filtered)
    return Understood(_type_of(read), event_id, dedupe_name, read.own_id is not None, mapped)


def _told_anew(read: Reading, *, route: tuple[Source, Destination], now: datetime) -> Understood:
    """By way of a canonical event, so that whatever holds for events holds here: people, ids, what can be said."""
    source, destination = route
    try:
        event = read_event({"id": read.id} | _EVENTS[read.operation](read.body), now=now)
        mapped = calls_for(event, replace(source, send_as=_send_as(read.operation, source)), destination)
    except ValidationFailed as error:
        raise ValidationFailed(
            [_placed(problem, _PLACES[read.operation]) for problem in error.problems]
        ) from None
    if read.operation in CATALOG:
        mapped = replace(mapped, calls=tuple(map(catalog.in_gongs_words, mapped.calls)))
    lost = catalog.losses if read.operation in CATALOG else gong.losses
    mapped = replace(mapped, warnings=(*read.warnings, *mapped.warnings, *lost(read.body)))
    event_id = event_id_of(source.name, read.id)
    return Understood(event.type, event_id, None, read.own_id is not None, mapped)


def _send_as(operation: Operation, source: Source) -> SendAs:
    """Who calls Gong's own paths has chosen the API. The catalogue's three engagement bodies can be told in both."""
    if operation in {Operation.DIGITAL_INTERACTION, Operation.CATALOG_INTERACTION}:
        return SendAs.DIGITAL_INTERACTION
    return SendAs.ENGAGEMENT if operation in ENGAGEMENT else source.send_as


def _type_of(read: Reading) -> EventType:
    if read.operation is Operation.DIGITAL_INTERACTION:
        return gong.type_of(read.body["eventType"])
    return _TYPES.get(read.operation, EventType.CUSTOM)


def _placed(problem: Problem, places: Mapping[str, str]) -> Problem:
    """The same problem at the place where the sender wrote it. The longest part of the path that is known counts."""
    for ours in sorted(places, key=len, reverse=True):
        if problem.path == ours or problem.path.startswith((f"{ours}.", f"{ours}[")):
            return replace(problem, path=places[ours] + problem.path.removeprefix(ours))
    return problem
