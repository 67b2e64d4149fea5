"""Explain by any identifier why an event is or is not in Gong, also if there is no event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.explain.causes import Explanation
from relay.core.explain.not_found import (
    RejectedRequests,
    explain_not_received,
    explain_pruned,
    explain_repeated,
    explain_unknown,
)
from relay.core.redaction import redact_name
from relay.core.timestamps import parse_timestamp
from relay.queries.explain import Viewer, explain_event, render_explanation
from relay.queries.sources import read_traffic
from relay.store.all_stores import find_event, list_events_in_all_stores
from relay.store.events import EventFilter, find_duplicates, read_receipt

LOOKUP_NAMES = ("id", "event_id", "request_id", "receipt")
"""The identifiers to look up by: the relay's id of an event, Gong's eventId, Gong's requestId, a receipt's id."""

_MAX_EVENTS = 10
_MAX_NAME = 200
_VERIFICATION_FAILED = "verification_failed"


def explain_by_name_page(
    viewer: Viewer, query: Mapping[str, str], *, only: str | None = None
) -> dict[str, Any]:
    """Return `{query, why, events: [{id, status, source, destination, why}…]}` for one identifier.

    `events` are the newest ten that match, `why` explains the newest, or why there is none. `only` restricts the search
    to one source. Raises ValidationFailed unless the query has exactly one identifier.
    """
    lookup = _Lookup(viewer, *_parse_query(query), only)
    rows = (_render_event(lookup, event_id) for event_id in _find_ids(lookup)[:_MAX_EVENTS])
    events = [row for row in rows if row]
    page = {"query": {lookup.name: redact_name(lookup.value[:_MAX_NAME])}, "events": events}
    if events:
        return page | {"why": events[0]["why"]}
    return page | {"why": render_explanation(_explain_absence(lookup))}


@dataclass(frozen=True, slots=True)
class _Lookup:
    """One identifier to look up, and the only source whose events may be found (None: any)."""

    viewer: Viewer
    name: str
    value: str
    only: str | None

    @property
    def sources(self) -> list[str]:
        config = self.viewer.config
        return [self.only] if self.only else sorted(config.sources if config else ())


def _parse_query(query: Mapping[str, str]) -> tuple[str, str]:
    names = [(name, query[name].strip()) for name in LOOKUP_NAMES if query.get(name, "").strip()]
    problems = [
        Problem(name, "unknown", f"is not an identifier. Use one of {', '.join(LOOKUP_NAMES)}.")
        for name in query
        if name not in LOOKUP_NAMES
    ]
    if len(names) != 1 and not problems:
        problems.append(Problem("", "required", f"Give exactly one of {', '.join(LOOKUP_NAMES)}."))
    if problems:
        raise ValidationFailed(problems)
    return names[0]


def _find_ids(lookup: _Lookup) -> Sequence[str]:
    """Return the ids of the matching events, newest first; those of a receipt in its own order."""
    match lookup.name:
        case "id":
            return [lookup.value]
        case "receipt":
            return [event_id for event_id, duplicate in _read_verdicts(lookup) if not duplicate]
        case "request_id":
            return _list_ids(lookup, EventFilter(request_id=lookup.value, source=lookup.only))
        case _:
            exact = _list_ids(lookup, EventFilter(event_id=lookup.value, source=lookup.only))
            # Deduplication remembers ids with the prefix of their source, also those of pruned events. The log has only the
            # relay's own id, so it counts as a name too.
            return exact or sorted(_find_remembered_ids(lookup), reverse=True) or [lookup.value]


def _list_ids(lookup: _Lookup, event_filter: EventFilter) -> list[str]:
    page = list_events_in_all_stores(lookup.viewer.stores, event_filter, limit=_MAX_EVENTS, cursor=None)
    return [event["id"] for event in page.events]


def _find_remembered_ids(lookup: _Lookup) -> list[str]:
    """Return the ids of the events that deduplication remembers by this name. Their records may have been pruned."""
    names = _candidate_names(lookup)
    matches = [find_duplicates(store.redis, names, store.people) for store in lookup.viewer.stores]
    return [event_id for match in matches for event_id in match]


def _candidate_names(lookup: _Lookup) -> list[str]:
    # Senders know only their own ids; the relay stores them with the name of the source in front.
    prefixed = [f"{source}:{lookup.value}" for source in lookup.sources]
    # A name in another source's namespace must not reveal that the other source used it.
    own = lookup.only is None or lookup.value.startswith((f"{lookup.only}:", f"{lookup.only}@"))
    return [lookup.value, *prefixed] if own else prefixed


def _read_verdicts(lookup: _Lookup) -> list[tuple[str, bool]]:
    """Return each event of a receipt, and whether it was a duplicate; none of another source's receipt."""
    for store in lookup.viewer.stores:
        receipt = read_receipt(store.redis, lookup.value)
        if receipt is not None:
            if lookup.only not in {None, receipt["source"].decode()}:
                return []
            verdicts = (verdict.split("|") for verdict in receipt.get("verdicts", b"").decode().split())
            return [(event_id, duplicate == "1") for event_id, _, duplicate in verdicts]
    return []


def _render_event(lookup: _Lookup, event_id: str) -> dict[str, Any] | None:
    match = find_event(lookup.viewer.stores, event_id)
    if match is None:
        return None
    store, record = match
    source = record["source"].decode()
    if lookup.only not in {None, source}:
        return None
    return {
        "id": event_id,
        "status": record["state"].decode(),
        "source": source,
        "destination": record["destination"].decode(),
        "why": explain_event(lookup.viewer, store, record),
    }


def _explain_absence(lookup: _Lookup) -> Explanation:
    displayed = redact_name(lookup.value[:_MAX_NAME])
    if lookup.name == "event_id":
        if _find_remembered_ids(lookup):
            return explain_pruned(displayed)
        return explain_not_received(displayed, _find_rejections(lookup))
    if lookup.name == "receipt" and (verdicts := _read_verdicts(lookup)):
        duplicates = [event_id for event_id, duplicate in verdicts if duplicate]
        if duplicates:
            return explain_repeated(displayed, duplicates)
        return explain_pruned(f"receipt {displayed}")
    return explain_unknown(displayed)


def _find_rejections(lookup: _Lookup) -> list[RejectedRequests]:
    """Return the requests of each source that failed verification in the last day, the most frequent first."""
    sources = lookup.sources
    named = [source for source in sources if lookup.value.startswith(f"{source}:")] or sources
    traffic = read_traffic(lookup.viewer.stores, named, now=lookup.viewer.now)
    rejections = [_count_rejections(source, traffic[source]) for source in named if source in traffic]
    return sorted((item for item in rejections if item.count), key=lambda item: -item.count)


def _count_rejections(source: str, traffic: Mapping[str, Any]) -> RejectedRequests:
    counts = {
        outcome.partition(":")[2] or outcome: count
        for outcome, count in traffic["traffic"]["last_day"]["rejected"].items()
        if outcome.partition(":")[0] == _VERIFICATION_FAILED
    }
    newest = traffic["last_rejection"]
    last: datetime | None = None
    if newest and newest["code"] == _VERIFICATION_FAILED:
        last = parse_timestamp(newest["at"])
    reasons = ", ".join(sorted(counts, key=lambda reason: -counts[reason]))
    return RejectedRequests(source, sum(counts.values()), last, reasons)
