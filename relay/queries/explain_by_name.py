"""Why something is, or is not, in Gong, asked by whatever name is at hand, and answered also where there is no event."""

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
"""What may be asked by: the relay's id of an event, Gong's eventId, Gong's requestId, the id of a receipt."""

_MOST_EVENTS = 10
_LONGEST_NAME = 200
_VERIFICATION_FAILED = "verification_failed"


def explain_by_name_page(
    viewer: Viewer, asked: Mapping[str, str], *, only: str | None = None
) -> dict[str, Any]:
    """`{query, why, events: [{id, status, source, destination, why}]}`: the newest events of that name, ten at most.

    `explain_event` is that of the newest; without one, why there is none. `only` is the source whose events alone may be told of.
    Raises ValidationFailed unless exactly one name is asked by.
    """
    name, value = _one_name(asked)
    sources = [only] if only else sorted(viewer.config.sources if viewer.config else ())
    found = (_event(viewer, one) for one in _found(viewer, name, value, sources)[:_MOST_EVENTS])
    told = [each for each in found if each and only in {None, each["source"]}]
    page = {"query": {name: redact_name(value[:_LONGEST_NAME])}, "events": told}
    return page | {
        "why": told[0]["why"] if told else render_explanation(_absent(viewer, name, value, sources))
    }


def _one_name(asked: Mapping[str, str]) -> tuple[str, str]:
    given = [(name, asked[name].strip()) for name in LOOKUP_NAMES if asked.get(name, "").strip()]
    problems = [
        Problem(name, "unknown", f"There is no such name. Known: {', '.join(LOOKUP_NAMES)}.")
        for name in asked
        if name not in LOOKUP_NAMES
    ]
    if len(given) != 1 and not problems:
        problems.append(Problem("", "required", f"Ask by one of {', '.join(LOOKUP_NAMES)}."))
    if problems:
        raise ValidationFailed(problems)
    return given[0]


def _found(viewer: Viewer, name: str, value: str, sources: Sequence[str]) -> Sequence[str]:
    """The ids of the events that bear the name, newest first; of a receipt in its own order."""
    if name == "id":
        return [value]
    if name == "receipt":
        return [event_id for event_id, again in _verdicts(viewer, value) if not again]
    if name == "request_id":
        return _listed(viewer, EventFilter(request_id=value))
    exact = _listed(viewer, EventFilter(event_id=value))
    if exact:
        return exact
    told = [find_duplicates(store.redis, _names(value, sources)) for store in viewer.stores]
    return sorted((event_id for each in told for event_id in each.values()), reverse=True)


def _listed(viewer: Viewer, wanted: EventFilter) -> list[str]:
    page = list_events_in_all_stores(viewer.stores, wanted, limit=_MOST_EVENTS, cursor=None)
    return [event["id"] for event in page.events]


def _names(value: str, sources: Sequence[str]) -> list[str]:
    """Senders know their own ids, the relay knows them with the source's name in front."""
    return [value, *(f"{source}:{value}" for source in sources)]


def _verdicts(viewer: Viewer, receipt_id: str) -> list[tuple[str, bool]]:
    """Each event of a receipt, and whether it had come before."""
    for store in viewer.stores:
        receipt = read_receipt(store.redis, receipt_id)
        if receipt is not None:
            told = (verdict.split("|") for verdict in receipt.get("verdicts", b"").decode().split())
            return [(event_id, again == "1") for event_id, _, again in told]
    return []


def _event(viewer: Viewer, event_id: str) -> dict[str, Any] | None:
    found = find_event(viewer.stores, event_id)
    if found is None:
        return None
    store, record = found
    shown = {name: record[name].decode() for name in ("source", "destination")}
    told = {"id": event_id, "status": record["state"].decode()} | shown
    return told | {"why": explain_event(viewer, store, record)}


def _absent(viewer: Viewer, name: str, value: str, sources: Sequence[str]) -> Explanation:
    shown = redact_name(value[:_LONGEST_NAME])
    if name == "receipt" and (verdicts := _verdicts(viewer, value)):
        again = [event_id for event_id, was in verdicts if was]
        return explain_repeated(shown, again) if again else explain_pruned(f"receipt {shown}")
    if name == "event_id" and any(
        find_duplicates(store.redis, _names(value, sources)) for store in viewer.stores
    ):
        return explain_pruned(shown)
    return explain_not_received(shown, _turned_away(viewer, value, sources))


def _turned_away(viewer: Viewer, value: str, sources: Sequence[str]) -> list[RejectedRequests]:
    """What each source's requests of the last day were refused for as not its sender's, the busiest first."""
    named = [source for source in sources if value.startswith(f"{source}:")] or list(sources)
    told = read_traffic(viewer.stores, named, now=viewer.now)
    found = [_turned(source, told[source]) for source in named if source in told]
    return sorted((each for each in found if each.count), key=lambda each: -each.count)


def _turned(source: str, told: Mapping[str, Any]) -> RejectedRequests:
    counts = {
        outcome.partition(":")[2] or outcome: count
        for outcome, count in told["traffic"]["last_day"]["rejected"].items()
        if outcome.partition(":")[0] == _VERIFICATION_FAILED
    }
    newest = told["last_rejection"]
    last: datetime | None = None
    if newest and newest["code"] == _VERIFICATION_FAILED:
        last = parse_timestamp(newest["at"])
    reasons = ", ".join(sorted(counts, key=lambda reason: -counts[reason]))
    return RejectedRequests(source, sum(counts.values()), last, reasons)
