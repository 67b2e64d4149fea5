"""Sessions: many events of one visit become one call, which says how many there were and how long it lasted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from relay.core.call import Call, Operation
from relay.core.gong.accessors import get_object
from relay.core.gong.limits import CUSTOM_FIELDS_MAX
from relay.core.timestamps import format_timestamp, parse_timestamp

_COUNT, _LASTED = "pages", "duration"


@dataclass(frozen=True, slots=True)
class AggregateOptions:
    """When a session is over: it has been quiet for so long, or has lasted for so long. Times in seconds.

    `event_type` is what the one call is called, None as its first event is.
    """

    idle_timeout_seconds: float = 900.0
    max_duration_seconds: float = 14_400.0
    event_type: str | None = None


@dataclass(frozen=True, slots=True)
class VisitSession:
    """What an event belongs to: those with the same `ties` at one destination come together."""

    ties: tuple[str, ...]
    happened_at: datetime
    aggregate: AggregateOptions = AggregateOptions()

    @property
    def name(self) -> str:
        """One text for each session, and none for two."""
        return orjson.dumps(self.ties).decode()

    @property
    def told(self) -> bytes:
        """What is kept of it with the event that gathers the others."""
        return orjson.dumps({"event_type": self.aggregate.event_type})

    def as_dict(self) -> dict[str, Any]:
        """As it is shown to those who set it up."""
        times = {
            "idle_timeout_seconds": self.aggregate.idle_timeout_seconds,
            "max_duration_seconds": self.aggregate.max_duration_seconds,
        }
        return {"ties": list(self.ties)} | times | {"as": self.aggregate.event_type}


def find_session(
    call: Call, aggregate: AggregateOptions, *, origin: tuple[str, ...], key: object
) -> VisitSession | None:
    """The session of a call, None where `key` is empty or it is no digital interaction: those alone can be counted.

    `origin`, such as a source and its rule, keeps equal keys apart. So does the person: two never share a session.
    """
    if call.operation is not Operation.DIGITAL_INTERACTION or not isinstance(key, str) or not key.strip():
        return None
    try:
        happened_at = parse_timestamp(str(call.body.get("timestamp")))
    except ValueError:
        return None
    return VisitSession((*origin, key.strip(), _who(call.body)), happened_at, aggregate)


def _who(body: Mapping[str, Any]) -> str:
    """Whom a digital interaction is about, by the surest that it says."""
    person, record = get_object(body, "person"), get_object(body, "person", "personBusinessContext")
    ids = (person.get("phoneNumber"), person.get("personId"), body.get("trackingId"))
    surest = (str(person.get("email") or "").lower(), record.get("objectId"), *ids)
    place, found = next(((place, each) for place, each in enumerate(surest) if each), (len(surest), ""))
    return f"{('email', 'record', 'phone', 'id', 'tracking', 'unknown')[place]} {found}".rstrip()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What has come together: how many events, from when to when, and what was `told` of the session."""

    count: int
    first_at: datetime
    last_at: datetime
    told: bytes


def aggregate_body(operation: str, body: Mapping[str, Any], aggregated: Aggregate) -> dict[str, Any]:
    """The body of the one digital interaction: its first event's, with `pages` (NUMBER) and `duration` (DURATION, s).

    A session of one event stays what that event is; so does what a replay has made another call of.
    """
    if aggregated.count <= 1 or operation != Operation.DIGITAL_INTERACTION:
        return dict(body)
    lasted = max(aggregated.last_at - aggregated.first_at, timedelta())
    fields = [
        {"name": _COUNT, "value": str(aggregated.count), "dataType": "NUMBER"},
        {"name": _LASTED, "value": str(int(lasted.total_seconds())), "dataType": "DURATION"},
    ]
    others = [each for each in body.get("customFields", []) if each.get("name") not in {_COUNT, _LASTED}]
    event_type = orjson.loads(aggregated.told or b"{}").get("event_type")
    return (
        dict(body)
        | {"timestamp": format_timestamp(aggregated.first_at)}
        | ({"eventType": event_type} if event_type else {})
        | {"customFields": [*others[: CUSTOM_FIELDS_MAX - len(fields)], *fields]}
    )
