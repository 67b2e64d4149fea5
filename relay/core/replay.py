"""Replay requests: which events to send again, whether to map them again, and how many at most."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Any

from relay.core.errors import PROBLEMS_MAX, Problem, ValidationFailed, join_path, shorten
from relay.core.ids import id_timestamp
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.timestamps import parse_timestamp

IDS_MAX = 1_000
LIMIT_MAX = 1_000_000
FILTER_TEXT_MAX = 200
"""Longer than any name or fingerprint."""
REPLAYABLE = (State.DEAD, State.DISCARDED, State.FILTERED)
"""States of events that ended without reaching Gong."""


class ReplayStage(StrEnum):
    """The state of a replay job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFilter:
    """Which events to replay; None matches any. `since` (inclusive) and `until` (exclusive) are times of arrival."""

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    destination: str | None = None
    status: State = State.DEAD
    reason: DeadLetterReason | None = None
    cluster: str | None = None
    ids: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the filter as in a request, without the fields that are None."""
        fields: dict[str, Any] = {}
        for name, timestamp in (("since", self.since), ("until", self.until)):
            if timestamp:
                fields[name] = timestamp.isoformat().replace("+00:00", "Z")
        for name in ("source", "destination", "reason", "cluster"):
            if getattr(self, name) is not None:
                fields[name] = getattr(self, name)
        fields["status"] = self.status
        if self.ids is not None:
            fields["ids"] = list(self.ids)
        return fields

    def as_audit_dict(self) -> dict[str, Any]:
        """Return the filter for the audit log, with the number of ids in place of the ids."""
        fields = self.as_dict()
        if self.ids is not None:
            fields["ids"] = len(self.ids)
        return fields


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay of the events that match a filter, at most `limit` of them."""

    filter: ReplayFilter = ReplayFilter()
    remap: bool | None = None
    """True: map again. False: send the stored bodies. None: map only events without a body."""
    limit: int | None = None


def matches_filter(event: Mapping[str, str], wanted: ReplayFilter) -> bool:
    """True if an event's fields match. The caller has already selected by time and id."""
    return event.get("state") == wanted.status and all(
        value is None or event.get(name) == value
        for name, value in (
            ("source", wanted.source),
            ("destination", wanted.destination),
            ("reason", wanted.reason),
            ("cluster", wanted.cluster),
        )
    )


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A request for a replay. With `dry_run`, the response only says what the replay would do."""

    replay: Replay
    dry_run: bool


def parse_replay_request(document: Any) -> ReplayRequest:
    """Parse `{filter, remap, limit, dry_run}`. Raises ValidationFailed with every problem."""
    problems: list[Problem] = []
    fields = read_object(document, "", ("filter", "remap", "limit", "dry_run"), problems)
    wanted = _read_filter({} if fields.get("filter") is None else fields["filter"], problems)
    remap, limit = fields.get("remap"), fields.get("limit")
    if remap is not None and not isinstance(remap, bool):
        problems.append(Problem("remap", "type", "must be true, false or absent"))
    if not isinstance(fields.get("dry_run", False), bool):
        problems.append(Problem("dry_run", "type", "must be true or false"))
    if limit is not None and not _is_count(limit):
        problems.append(Problem("limit", "range", f"must be a whole number from 1 to {LIMIT_MAX}"))
    if not problems:
        problems += _find_contradictions(wanted, remap)
    if problems:
        raise ValidationFailed(problems)
    return ReplayRequest(Replay(ReplayFilter(**wanted), remap, limit), fields.get("dry_run", False))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LIMIT_MAX


def _read_filter(value: Any, problems: list[Problem]) -> dict[str, Any]:
    """Return the filter's valid fields, and add a problem for each invalid one."""
    fields = {}
    for name, field in read_object(value, "filter", tuple(_READERS), problems).items():
        if field is None:
            continue
        try:
            fields[name] = _READERS[name](field)
        except FieldError as error:
            problems.append(Problem(f"filter.{name}", error.code, str(error)))
    return fields


def read_object(value: Any, path: str, keys: tuple[str, ...], problems: list[Problem]) -> dict[str, Any]:
    """Return the allowed keys of an object, and add a problem for each key that is not allowed."""
    if not isinstance(value, dict):
        problems.append(Problem(path, "type", "must be a JSON object"))
        return {}
    # A suggestion takes about 100 microseconds to find, and a hostile body may have a hundred thousand unknown keys.
    for name in islice((name for name in value if name not in keys), PROBLEMS_MAX):
        near = get_close_matches(shorten(name), keys, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the keys are {', '.join(keys)}."
        problems.append(Problem(join_path(path, shorten(name)), "unknown", f"unknown key; {hint}"))
    return {name: field for name, field in value.items() if name in keys}


def _find_contradictions(wanted: Mapping[str, Any], remap: bool | None) -> Iterator[Problem]:  # noqa: FBT001 - the value of a field, not a switch
    since, until = wanted.get("since"), wanted.get("until")
    if since and until and since >= until:
        yield Problem("filter.until", "rule", "must be later than since")
    status = wanted.get("status", State.DEAD)
    if status is State.FILTERED and remap is not True:
        text = "must be true: filtered events have no stored body, so they have to be mapped again"
        yield Problem("remap", "rule", text)
    if status is not State.DEAD and ("reason" in wanted or "cluster" in wanted):
        yield Problem("filter.status", "rule", "must be dead: only dead letters have a reason and a cluster")


class FieldError(ValueError):
    """A field has an invalid value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _read_timestamp(value: Any) -> datetime:
    if not isinstance(value, str):
        raise FieldError("type", 'must be a string such as "2026-11-20T10:00:00Z"')
    try:
        return parse_timestamp(value)
    except ValueError as error:
        raise FieldError("format", str(error)) from None


def read_text(value: Any) -> str:
    """Return the text of a filter. Raises FieldError unless it is a string of 1 to FILTER_TEXT_MAX characters."""
    if not isinstance(value, str) or not value:
        raise FieldError("type", "must be a string that is not empty")
    # The filter is kept in the audit log, and in the record of a replay.
    if len(value) > FILTER_TEXT_MAX:
        raise FieldError("length", f"has {len(value)} characters, but may have at most {FILTER_TEXT_MAX}")
    return value


def _read_choice(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        choice = next((word for word in words if word == value), None)
        if choice is None:
            raise FieldError("enum", f"must be one of: {', '.join(words)}")
        return choice

    return read


def _read_ids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(map(_is_id, value)):
        raise FieldError("type", "must be a list of event ids, as in GET /v1/events, that is not empty")
    if len(value) > IDS_MAX:
        raise FieldError(
            "length",
            f"contains {len(value)} ids, but may contain at most {IDS_MAX}; select more events by time",
        )
    return tuple(sorted(set(value)))


def _is_id(value: Any) -> bool:
    try:
        id_timestamp(value)
    except (ValueError, TypeError):
        return False
    return True


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "since": _read_timestamp,
    "until": _read_timestamp,
    "source": read_text,
    "destination": read_text,
    "status": _read_choice(REPLAYABLE),
    "reason": _read_choice(tuple(DeadLetterReason)),
    "cluster": read_text,
    "ids": _read_ids,
}
