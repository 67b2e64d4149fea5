"""Visit sessions: the events of one visit are sent as one call, with their number and the duration of the visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from relay.core.call import Call, Operation
from relay.core.gong.accessors import get_object
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.timestamps import format_timestamp, parse_timestamp

_COUNT_FIELD, _DURATION_FIELD = "pages", "duration"


@dataclass(frozen=True, slots=True)
class AggregateOptions:
    """When a session ends, and what its call is named. Times in seconds."""

    idle_timeout_seconds: float = 900.0
    """The session ends when no event has arrived for this long …"""
    max_duration_seconds: float = 14_400.0
    """… or when it has lasted this long."""
    event_type: str | None = None
    """The eventType of the call; None for that of the first event."""


@dataclass(frozen=True, slots=True)
class VisitSession:
    """The session of an event. Events with the same `key` at one destination share a session."""

    key: tuple[str, ...]
    happened_at: datetime
    aggregate: AggregateOptions = AggregateOptions()

    @property
    def name(self) -> str:
        """A string that is different for every key."""
        return orjson.dumps(self.key).decode()

    @property
    def saved_options(self) -> bytes:
        """What the store keeps with the carrier, for `aggregate_body`."""
        return orjson.dumps({"event_type": self.aggregate.event_type})

    def as_dict(self) -> dict[str, Any]:
        """Return the session as JSON for previews."""
        return {
            "key": list(self.key),
            "idle_timeout_seconds": self.aggregate.idle_timeout_seconds,
            "max_duration_seconds": self.aggregate.max_duration_seconds,
            "as": self.aggregate.event_type,
        }


def find_session(
    call: Call, aggregate: AggregateOptions, *, origin: tuple[str, ...], key: object
) -> VisitSession | None:
    """Return the session of a call; None if `key` is empty or the call is not a digital interaction.

    `origin`, such as a source and its rule, keeps equal keys of different origins apart.
    """
    # Only digital interactions have custom fields, which carry the number of events and the duration.
    if call.operation is not Operation.DIGITAL_INTERACTION or not isinstance(key, str) or not key.strip():
        return None
    try:
        happened_at = parse_timestamp(str(call.body.get("timestamp")))
    except ValueError:
        return None
    # The person is part of the key: Gong shows a call on one person's timeline, so two must never share it.
    return VisitSession((*origin, key.strip(), _identify_person(call.body)), happened_at, aggregate)


def _identify_person(body: Mapping[str, Any]) -> str:
    """Return the most reliable identifier of a digital interaction's person, with its kind."""
    person, record = get_object(body, "person"), get_object(body, "person", "personBusinessContext")
    identifiers = {
        "email": str(person.get("email") or "").lower(),
        "record": record.get("objectId"),
        "phone": person.get("phoneNumber"),
        "id": person.get("personId"),
        "tracking": body.get("trackingId"),
    }
    for kind, identifier in identifiers.items():
        if identifier:
            return f"{kind} {identifier}".rstrip()
    return "unknown"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A summary of one session's events: their number, the first and last time, and the session's `saved_options`."""

    count: int
    first_at: datetime
    last_at: datetime
    options: bytes


def aggregate_body(operation: str, body: Mapping[str, Any], aggregate: Aggregate) -> dict[str, Any]:
    """Return the body of a session's call: its first event's body, with `pages` and `duration` as custom fields.

    The body of a session with one event stays unchanged.
    """
    # A replay may have mapped the carrier to another operation, which has no custom fields.
    if aggregate.count <= 1 or operation != Operation.DIGITAL_INTERACTION:
        return dict(body)
    duration = max(aggregate.last_at - aggregate.first_at, timedelta())
    fields = [
        {"name": _COUNT_FIELD, "value": str(aggregate.count), "dataType": "NUMBER"},
        {"name": _DURATION_FIELD, "value": str(int(duration.total_seconds())), "dataType": "DURATION"},
    ]
    own_fields = [
        custom_field
        for custom_field in body.get("customFields", [])
        if custom_field.get("name") not in {_COUNT_FIELD, _DURATION_FIELD}
    ]
    # Gong limits the number of custom fields; these two are worth more than the last of the event's own.
    result = dict(body)
    result["timestamp"] = format_timestamp(aggregate.first_at)
    event_type = orjson.loads(aggregate.options or b"{}").get("event_type")
    if event_type:
        result["eventType"] = event_type
    result["customFields"] = [*own_fields[: CUSTOM_FIELDS_MAX - len(fields)], *fields]
    return result
