"""Lists of events for display, without payloads."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.ids import id_timestamp
from relay.core.redaction import redact_name, redact_sentence
from relay.store.all_stores import list_events_in_all_stores
from relay.store.engine.redis_time import to_datetime
from relay.store.events import EventFilter
from relay.store.stores import Stores

_MAX_LIMIT = 500
_NUMBERS = frozenset({"attempts", "replays", "repeats"})


def events_page(
    stores: Stores, event_filter: EventFilter, *, limit: int = 50, cursor: str | None = None
) -> dict[str, Any]:
    """Return `{events: […], cursor}`, newest first. `cursor` is null on the last page."""
    if not 1 <= limit <= _MAX_LIMIT:
        raise ValidationFailed([Problem("limit", "range", f"limit must be from 1 to {_MAX_LIMIT}.")])
    if cursor is not None and not _is_id(cursor):
        raise ValidationFailed(
            [Problem("cursor", "format", "cursor must be the one that the previous page returned.")]
        )
    page = list_events_in_all_stores(stores, event_filter, limit=limit, cursor=cursor)
    return {"events": [render_summary(event) for event in page.events], "cursor": page.cursor}


def _is_id(text: str) -> bool:
    try:
        id_timestamp(text)
    except ValueError:
        return False
    return True


_REDACTORS: Mapping[str, Callable[[str], str]] = {"detail": redact_sentence}
"""Redaction of the fields that may quote a payload."""


def masked_event_id(fields: Mapping[str, str]) -> str:
    """Return an event's id without what it says about people."""
    return fields.get("masked_id") or redact_name(fields["event_id"])


def render_summary(fields: Mapping[str, str], *, plain: bool = False) -> dict[str, Any]:
    """Return an event's fields for display. Fields that may quote its payload are redacted unless `plain`."""
    if not plain:
        fields = dict(fields) | {"event_id": masked_event_id(fields)}
    summary = {
        name: _render_value(name, value, plain=plain)
        for name, value in fields.items()
        if value != "" and name != "masked_id"
    }
    summary["status"] = summary.pop("state")
    return summary


def _render_value(name: str, value: str, *, plain: bool) -> str | int:
    if name.endswith("_at"):
        return render_stored_timestamp(value)
    if name in _NUMBERS:
        return int(value)
    return value if plain or name not in _REDACTORS else _REDACTORS[name](value)


def render_timestamp(timestamp: datetime) -> str:
    """Format a timestamp for pages, in UTC and with milliseconds."""
    return timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def render_stored_timestamp(microseconds: str | bytes) -> str:
    """Format a timestamp of the store for pages."""
    return render_timestamp(to_datetime(microseconds))
