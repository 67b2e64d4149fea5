"""Explain by any identifier why an event is or is not in Gong, also if there is no event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.explain.causes import Explanation
from relay.core.explain.not_found import (
    RejectedRequests,
    explain_not_received,
    explain_pruned,
    explain_repeated,
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
    name, value = _parse_query(query)
    sources = [only] if only else sorted(viewer.config.sources if viewer.config else ())
    ids = _find_ids(viewer, name, value, sources)[:_MAX_EVENTS]
    rows = (_render_event(viewer, event_id) for event_id in ids)
    events = [row for row in rows if row and only in {None, row["source"]}]
    page = {"query": {name: redact_name(value[:_MAX_NAME])}, "events": events}
    if events:
        return page | {"why": events[0]["why"]}
    return page | {"why": render_explanation(_explain_absence(viewer, name, value, sources))}


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


def _find_ids(viewer: Viewer, name: str, value: str, sources: Sequence[str]) -> Sequence[str]:
    """Return the ids of the matching events, newest first; those of a receipt in its own order."""
    if name == "id":
        return [value]
    if name == "receipt":
        return [event_id for event_id, duplicate in _read_verdicts(viewer, value) if not duplicate]
    if name == "request_id":
        return _list_ids(viewer, EventFilter(request_id=value))
    exact = _list_ids(viewer, EventFilter(event_id=value))
    if exact:
        return exact
    # Deduplication remembers ids with the prefix of their source, also those of pruned events.
    matches = [find_duplicates(store.redis, _candidate_names(value, sources)) for store in viewer.stores]
    return sorted((event_id for match in matches for event_id in match.values()), reverse=True)


def _list_ids(viewer: Viewer, event_filter: EventFilter) -> list[str]:
    page = list_events_in_all_stores(viewer.stores, event_filter, limit=_MAX_EVENTS, cursor=None)
    return [event["id"] for event in page.events]


def _candidate_names(value: str, sources: Sequence[str]) -> list[str]:
    # Senders know only their own ids; the relay stores them with the name of the source in front.
    return [value, *(f"{source}:{value}" for source in sources)]


def _read_verdicts(viewer: Viewer, receipt_id: str) -> list[tuple[str, bool]]:
    """Return each event of a receipt, and whether it was a duplicate."""
    for store in viewer.stores:
        receipt = read_receipt(store.redis, receipt_id)
        if receipt is not None:
            verdicts = (verdict.split("|") for verdict in receipt.get("verdicts", b"").decode().split())
            return [(event_id, duplicate == "1") for event_id, _, duplicate in verdicts]
    return []


def _render_event(viewer: Viewer, event_id: str) -> dict[str, Any] | None:
    match = find_event(viewer.stores, event_id)
    if match is None:
        return None
    store, record = match
    return {
        "id": event_id,
        "status": record["state"].decode(),
        "source": record["source"].decode(),
        "destination": record["destination"].decode(),
        "why": explain_event(viewer, store, record),
    }


def _explain_absence(viewer: Viewer, name: str, value: str, sources: Sequence[str]) -> Explanation:
    displayed = redact_name(value[:_MAX_NAME])
    if name == "receipt" and (verdicts := _read_verdicts(viewer, value)):
        duplicates = [event_id for event_id, duplicate in verdicts if duplicate]
        return (
            explain_repeated(displayed, duplicates) if duplicates else explain_pruned(f"receipt {displayed}")
        )
    if name == "event_id" and any(
        find_duplicates(store.redis, _candidate_names(value, sources)) for store in viewer.stores
    ):
        return explain_pruned(displayed)
    return explain_not_received(displayed, _find_rejections(viewer, value, sources))


def _find_rejections(viewer: Viewer, value: str, sources: Sequence[str]) -> list[RejectedRequests]:
    """Return the requests of each source that failed verification in the last day, the most frequent first."""
    named = [source for source in sources if value.startswith(f"{source}:")] or list(sources)
    traffic = read_traffic(viewer.stores, named, now=viewer.now)
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
