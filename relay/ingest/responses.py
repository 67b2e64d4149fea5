"""What a sender is told: one object for one event, or the result of each item by its index."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import zip_longest
from typing import Any

import orjson

from relay.core.call import Call
from relay.core.gong.validate import assess_association, find_warnings
from relay.core.visit_session import VisitSession
from relay.ingest.prepare import PreparedEvent, RejectedItem
from relay.store.accept import AcceptResult, NewEvent, Verdict


@dataclass(frozen=True, slots=True)
class IngestResponse:
    """Status and body of an answer. `repeated`: an Idempotency-Key brought the first answer back."""

    status: int
    body: dict[str, Any]
    repeated: bool
    events: int


def single_event_response(
    accepted: AcceptResult, events: Sequence[NewEvent], item: PreparedEvent
) -> IngestResponse:
    """The answer to one event: its id, and where it stands. A share that became several calls lists them all."""
    told = [_told(event, verdict) for event, verdict in zip(events, accepted.verdicts, strict=False)]
    body = told[0] | _extras(item)
    if len(told) > 1:
        body["events"] = told
    return IngestResponse(HTTPStatus.ACCEPTED, body, accepted.repeated, len(told))


def batch_response(
    accepted: AcceptResult, events: Sequence[NewEvent], items: Sequence[PreparedEvent]
) -> IngestResponse:
    """The answer to several: counts, and one result for each item, rejected ones among them, in their order."""
    rejected = orjson.loads(accepted.rejections) if accepted.rejections else []
    results = [*_results(accepted, events, items), *rejected]
    kinds = Counter(_kind(result) for result in results)
    counts = {name: kinds[name] for name in ("queued", "duplicates", "filtered", "dead", "rejected")}
    body = counts | {
        "receipt": accepted.receipt,
        "results": sorted(results, key=lambda result: result["index"]),
    }
    return IngestResponse(HTTPStatus.ACCEPTED, body, accepted.repeated, len(events))


def rejection_result(outcome: RejectedItem) -> dict[str, Any]:
    """The result of an item that was not taken."""
    return {
        "index": outcome.index,
        "status": "rejected",
        "errors": [problem.as_dict() for problem in outcome.problems],
    }


def preview_result(outcome: PreparedEvent | RejectedItem) -> dict[str, Any]:
    """What an item would become, without sending it."""
    if isinstance(outcome, RejectedItem):
        return rejection_result(outcome)
    body: dict[str, Any] = {
        "index": outcome.index,
        "status": _foreseen(outcome),
        "destination": outcome.destination.name,
        "calls": [_shown(call, session) for call, session in zip_longest(outcome.calls, outcome.sessions)],
    }
    return body | _extras(outcome)


def _foreseen(outcome: PreparedEvent) -> str:
    if outcome.filtered:
        return "filtered"
    return "dead" if outcome.no_destination else "ready"


def _shown(call: Call, session: VisitSession | None) -> dict[str, Any]:
    told = find_warnings(call.operation, call.body)
    shown = {
        "operation": call.operation,
        "method": call.operation.method,
        "path": call.operation.path,
        "event_id": call.event_id,
        "association": assess_association(call.operation, call.body),
        "warnings": [problem.as_dict() for problem in told],
        "body": call.body,
    }
    return shown | ({"session": session.as_dict()} if session else {})


def _told(event: NewEvent, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "event_id": event.event_id,
        "status": verdict.status,
        "duplicate": verdict.duplicate,
        "destination": event.destination,
    }


def _extras(item: PreparedEvent) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if item.warnings:
        extras["warnings"] = [warning.as_dict() for warning in item.warnings]
    if item.filtered:
        extras["detail"] = item.filtered
    elif item.no_destination:
        extras["errors"] = [item.no_destination.as_dict()]
    return extras


def _results(
    accepted: AcceptResult, events: Sequence[NewEvent], items: Sequence[PreparedEvent]
) -> list[dict[str, Any]]:
    extras = {item.index: _extras(item) for item in items}
    return [
        {"index": event.item} | _told(event, verdict) | extras[event.item]
        for event, verdict in zip(events, accepted.verdicts, strict=False)
    ]


def _kind(result: dict[str, Any]) -> str:
    if result["status"] == "rejected":
        return "rejected"
    if result["duplicate"]:
        return "duplicates"
    return result["status"] if result["status"] in {"filtered", "dead"} else "queued"
