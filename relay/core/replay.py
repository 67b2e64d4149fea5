"""A replay that somebody asks for: which events, mapped anew or as they were, how many at most."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.ids import id_timestamp
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.timestamps import parse_timestamp

IDS_MAX = 1_000
LIMIT_MAX = 1_000_000
REPLAYABLE = (State.DEAD, State.DISCARDED, State.FILTERED)
"""What has ended without reaching Gong."""


class ReplayStage(StrEnum):
    """Where a replay is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ReplayFilter:
    """Which events. None = any; moments are those of arrival, `since` within and `until` without."""

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    destination: str | None = None
    status: State = State.DEAD
    reason: DeadLetterReason | None = None
    cluster: str | None = None
    ids: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it is asked for, without what was left out."""
        moments = {
            name: moment.isoformat().replace("+00:00", "Z")
            for name, moment in (("since", self.since), ("until", self.until))
            if moment
        }
        words = {name: getattr(self, name) for name in ("source", "destination", "reason", "cluster")}
        told = moments | {name: word for name, word in words.items() if word is not None}
        return told | {"status": self.status} | ({} if self.ids is None else {"ids": list(self.ids)})

    def chosen(self) -> dict[str, Any]:
        """The same for a line of audit: how many ids were named, in place of them all."""
        return self.as_dict() | ({} if self.ids is None else {"ids": len(self.ids)})


@dataclass(frozen=True, slots=True)
class Replay:
    """`remap`: True maps anew, False sends bodies as they were, None maps anew only what has no body."""

    filter: ReplayFilter = ReplayFilter()
    remap: bool | None = None
    limit: int | None = None


def matches_filter(event: Mapping[str, str], wanted: ReplayFilter) -> bool:
    """Whether an event's fields are what the filter asks for. Its moment and its id are looked at elsewhere."""
    return event.get("state") == wanted.status and all(
        asked is None or event.get(name) == asked
        for name, asked in (
            ("source", wanted.source),
            ("destination", wanted.destination),
            ("reason", wanted.reason),
            ("cluster", wanted.cluster),
        )
    )


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A replay that is asked for. With `dry_run` only what it would do is."""

    replay: Replay
    dry_run: bool


def parse_replay_request(told: Any) -> ReplayRequest:
    """A request from JSON: `{filter, remap, limit, dry_run}`. Raises Invalid with everything that is wrong with it."""
    problems: list[Problem] = []
    fields = _object(told, "", ("filter", "remap", "limit", "dry_run"), problems)
    wanted = _filter({} if fields.get("filter") is None else fields["filter"], problems)
    remap, limit = fields.get("remap"), fields.get("limit")
    if remap is not None and not isinstance(remap, bool):
        problems.append(Problem("remap", "type", "is true, false or left out"))
    if not isinstance(fields.get("dry_run", False), bool):
        problems.append(Problem("dry_run", "type", "is true or false"))
    if limit is not None and not _is_count(limit):
        problems.append(Problem("limit", "range", f"is a whole number from 1 to {LIMIT_MAX}"))
    if not problems:
        problems += _contradictions(wanted, remap)
    if problems:
        raise ValidationFailed(problems)
    return ReplayRequest(Replay(ReplayFilter(**wanted), remap, limit), fields.get("dry_run", False))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LIMIT_MAX


def _filter(told: Any, problems: list[Problem]) -> dict[str, Any]:
    """The filter's fields, read; those that are wrong are left out."""
    found = {}
    for name, value in _object(told, "filter", tuple(_READERS), problems).items():
        if value is None:
            continue
        try:
            found[name] = _READERS[name](value)
        except _Wrong as error:
            problems.append(Problem(f"filter.{name}", error.code, str(error)))
    return found


def _object(told: Any, path: str, known: tuple[str, ...], problems: list[Problem]) -> dict[str, Any]:
    """Its known keys. Any other is a problem that names its nearest neighbour."""
    if not isinstance(told, dict):
        problems.append(Problem(path, "type", "is a JSON object"))
        return {}
    for name in told:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            meant = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}."
            problems.append(Problem(join_path(path, str(name)[:80]), "unknown", f"is no such key; {meant}"))
    return {name: value for name, value in told.items() if name in known}


def _contradictions(wanted: Mapping[str, Any], remap: bool | None) -> Iterator[Problem]:  # noqa: FBT001 - one of three words
    since, until = wanted.get("since"), wanted.get("until")
    if since and until and since >= until:
        yield Problem("filter.until", "rule", "lies before since: no event came between them")
    status = wanted.get("status", State.DEAD)
    if status is State.FILTERED and remap is not True:
        text = "filtered events have no call: send remap true, so that today's mapping makes one"
        yield Problem("remap", "rule", text)
    if status is not State.DEAD and ("reason" in wanted or "cluster" in wanted):
        yield Problem("filter.status", "rule", "only dead letters have a reason and a cluster")


class _Wrong(ValueError):
    """One value that is not what it must be."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise _Wrong("type", 'is a text such as "2026-11-20T10:00:00Z"')
    try:
        return parse_timestamp(value)
    except ValueError as error:
        raise _Wrong("format", str(error)) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _Wrong("type", "is a text, and not an empty one")
    return value


def _one_of(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        found = next((word for word in words if word == value), None)
        if found is None:
            raise _Wrong("enum", f"is one of: {', '.join(words)}")
        return found

    return read


def _ids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(map(_is_id, value)):
        raise _Wrong("type", "is a list of events' ids, as GET /v1/events gives them, and not an empty one")
    if len(value) > IDS_MAX:
        raise _Wrong("length", f"holds {len(value)} ids; at most {IDS_MAX} are taken. Say the rest by time")
    return tuple(sorted(set(value)))


def _is_id(value: Any) -> bool:
    try:
        id_timestamp(value)
    except (ValueError, TypeError):
        return False
    return True


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "since": _instant,
    "until": _instant,
    "source": _text,
    "destination": _text,
    "status": _one_of(REPLAYABLE),
    "reason": _one_of(tuple(DeadLetterReason)),
    "cluster": _text,
    "ids": _ids,
}
