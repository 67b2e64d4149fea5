"""Events as an operator sees them in a list: each with its state, and none with its payload."""

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

_MOST_LISTED = 500
_NUMBERS = frozenset({"attempts", "replays", "repeats"})


def events_page(
    stores: Stores, wanted: EventFilter, *, limit: int = 50, cursor: str | None = None
) -> dict[str, Any]:
    """`{events: [summary…], cursor}`, newest first. `cursor` is null on the last page."""
    if not 1 <= limit <= _MOST_LISTED:
        raise ValidationFailed([Problem("limit", "range", f"limit must be from 1 to {_MOST_LISTED}.")])
    if cursor is not None and not _is_id(cursor):
        raise ValidationFailed(
            [Problem("cursor", "format", "cursor must be the one that the page before gave.")]
        )
    page = list_events_in_all_stores(stores, wanted, limit=limit, cursor=cursor)
    return {"events": [render_summary(event) for event in page.events], "cursor": page.cursor}


def _is_id(text: str) -> bool:
    try:
        id_timestamp(text)
    except ValueError:
        return False
    return True


_SHOWN_AS: Mapping[str, Callable[[str], str]] = {"detail": redact_sentence, "event_id": redact_name}
"""What may quote a payload."""


def render_summary(fields: Mapping[str, str], *, plain: bool = False) -> dict[str, Any]:
    """An event's fields as they are shown: moments in words, and what quotes its payload redacted unless `plain`."""
    told = {name: _value(name, value, plain=plain) for name, value in fields.items() if value != ""}
    told["status"] = told.pop("state")
    return told


def _value(name: str, value: str, *, plain: bool) -> str | int:
    if name.endswith("_at"):
        return render_stored_timestamp(value)
    if name in _NUMBERS:
        return int(value)
    return value if plain or name not in _SHOWN_AS else _SHOWN_AS[name](value)


def render_timestamp(moment: datetime) -> str:
    """A moment as every page has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def render_stored_timestamp(microseconds: str | bytes) -> str:
    """A moment of the store as every page has it."""
    return render_timestamp(to_datetime(microseconds))
