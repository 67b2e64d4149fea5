"""Requests for purges, and their results for display."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.lifecycle import State
from relay.core.replay import FieldError, read_object, read_text
from relay.queries.filters import read_filter
from relay.store.events import EventFilter
from relay.store.purges import Purged

PURGEABLE = (
    State.DEAD,
    State.DISCARDED,
    State.FILTERED,
    State.AGGREGATED,
    State.DELIVERED,
    State.DUPLICATE,
)
"""States whose events can be purged. An erased event holds no data, and shows what an erasure did."""

FILTERS = ("source", "destination", "status", "reason", "cluster", "since", "until")

_KEYS = ("filter", "cursor", "dry_run")


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Which events to purge. `fields` is the filter as it was written. With `dry_run`, the events are only counted."""

    filter: EventFilter
    state: State
    fields: Mapping[str, str]
    cursor: str | None = None
    dry_run: bool = False


def read_purge_request(document: Any, *, now: datetime) -> PurgeRequest:
    """Parse `{filter, cursor, dry_run}`; the filter needs a `status`. Raises ValidationFailed with every problem."""
    problems: list[Problem] = []
    values = _present(read_object(document, "", _KEYS, problems))
    fields = _read_fields(values.get("filter"), problems)
    if not isinstance(values.get("dry_run", False), bool):
        problems.append(Problem("dry_run", "type", "must be true or false"))
    if not isinstance(values.get("cursor", ""), str):
        problems.append(Problem("cursor", "type", "must be the cursor that the previous request returned"))
    if not problems:
        problems += _find_contradictions(fields)
    if problems:
        raise ValidationFailed(problems)
    state, cursor = State(fields["status"]), values.get("cursor") or None
    return PurgeRequest(read_filter(fields, now=now), state, fields, cursor, values.get("dry_run", False))


def _read_fields(value: Any, problems: list[Problem]) -> dict[str, str]:
    fields = {}
    for name, field in _present(read_object(value, "filter", FILTERS, problems)).items():
        try:
            fields[name] = read_text(field)
        except FieldError as error:
            problems.append(Problem(f"filter.{name}", error.code, str(error)))
    return fields


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Null counts as absent."""
    return {name: value for name, value in values.items() if value is not None}


def _find_contradictions(fields: Mapping[str, str]) -> list[Problem]:
    status = fields.get("status")
    if status not in PURGEABLE:
        return [Problem("filter.status", "enum", f"must be one of: {', '.join(PURGEABLE)}")]
    if status != State.DEAD and ("reason" in fields or "cluster" in fields):
        text = "must be dead: only dead letters have a reason and a cluster"
        return [Problem("filter.status", "rule", text)]
    return []


def purge_page(purged: Purged, *, cursor: str | None, dry_run: bool) -> dict[str, Any]:
    """Return `{dry_run, events, bytes, cursor}`. With a cursor, more events may match: repeat the request with it."""
    return {"dry_run": dry_run, "events": purged.events, "bytes": purged.bytes, "cursor": cursor}
