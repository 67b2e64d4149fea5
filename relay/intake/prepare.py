"""From an item to the calls it becomes: read, map, and say what is wrong, one item at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.core.call import Call
from relay.core.destination import Destination
from relay.core.errors import BadRequest, Invalid, Problem
from relay.core.event.event import read_event
from relay.core.mapping.choose import calls_for
from relay.core.mapping.naming import event_id_of
from relay.core.source import Source


@dataclass(frozen=True, slots=True)
class Prepared:
    """One item that was understood. Without calls it is filtered, and `filtered` says why in words.

    `dedupe_name` is what its call is deduplicated by, where that is not the call's own eventId.
    """

    index: int
    type: str
    event_id: str
    calls: tuple[Call, ...]
    warnings: tuple[Problem, ...]
    filtered: str | None
    dedupe_name: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One item that was not, with every reason."""

    index: int
    problems: tuple[Problem, ...]


def prepare(
    index: int, value: Any, *, route: tuple[Source, Destination], now: datetime
) -> Prepared | Rejected:
    """Read and map one item of a source for its destination."""
    if isinstance(value, BadRequest):
        return Rejected(index, (Problem("", value.code, value.detail),))
    source, destination = route
    try:
        event = read_event(value, now=now)
        mapped = calls_for(event, source, destination)
    except Invalid as error:
        return Rejected(index, error.problems)
    event_id = event_id_of(source.name, event.id)
    return Prepared(index, event.type, event_id, mapped.calls, mapped.warnings, mapped.filtered)
