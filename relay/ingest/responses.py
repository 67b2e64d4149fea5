"""Response bodies for accepted events: one object for a single event, or one result for each item of a batch."""

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
    """Status and body of a response. `repeated`: it is the first response to the same Idempotency-Key."""

    status: int
    body: dict[str, Any]
    repeated: bool
    events: int


def single_event_response(
    accepted: AcceptResult, events: Sequence[NewEvent], item: PreparedEvent
) -> IngestResponse:
    """Return the response to a single event: its id and its state."""
    results = [
        _render_event(event, verdict) for event, verdict in zip(events, accepted.verdicts, strict=False)
    ]
    body = results[0] | _render_remarks(item)
    # A share can become several calls; the body then lists all of them.
    if len(results) > 1:
        body["events"] = results
    return IngestResponse(HTTPStatus.ACCEPTED, body, accepted.repeated, len(results))


def batch_response(
    accepted: AcceptResult, events: Sequence[NewEvent], items: Sequence[PreparedEvent]
) -> IngestResponse:
    """Return the response to a batch: counts, and one result for each item, in the order of the items."""
    # The stored rejections, not this request's: a repeated request gets exactly its first response.
    rejected = orjson.loads(accepted.rejections) if accepted.rejections else []
    results = [*_render_results(accepted, events, items), *rejected]
    kinds = Counter(_count_as(result) for result in results)
    counts = {name: kinds[name] for name in ("queued", "duplicates", "filtered", "dead", "rejected")}
    body = counts | {
        "receipt": accepted.receipt,
        "results": sorted(results, key=lambda result: result["index"]),
    }
    return IngestResponse(HTTPStatus.ACCEPTED, body, accepted.repeated, len(events))


def rejection_result(item: RejectedItem) -> dict[str, Any]:
    """Return the result of a rejected item."""
    result: dict[str, Any] = {
        "index": item.index,
        "status": "rejected",
        "errors": [problem.as_dict() for problem in item.problems],
    }
    if item.omitted:
        result["omitted_errors"] = item.omitted
    return result


def preview_result(item: PreparedEvent | RejectedItem) -> dict[str, Any]:
    """Return what an item would become, for a dry run."""
    if isinstance(item, RejectedItem):
        return rejection_result(item)
    body: dict[str, Any] = {
        "index": item.index,
        "status": _preview_status(item),
        "destination": item.destination.name,
        "calls": [_preview_call(call, session) for call, session in zip_longest(item.calls, item.sessions)],
    }
    return body | _render_remarks(item)


def _preview_status(item: PreparedEvent) -> str:
    if item.filtered:
        return "filtered"
    return "dead" if item.no_destination else "ready"


def _preview_call(call: Call, session: VisitSession | None) -> dict[str, Any]:
    preview = {
        "operation": call.operation,
        "method": call.operation.method,
        "path": call.operation.path,
        "event_id": call.event_id,
        "association": assess_association(call.operation, call.body),
        "warnings": [warning.as_dict() for warning in find_warnings(call.operation, call.body)],
        "body": call.body,
    }
    if session:
        preview["session"] = session.as_dict()
    return preview


def _render_event(event: NewEvent, verdict: Verdict) -> dict[str, Any]:
    # `verdict.id`, not `event.id`: a duplicate is reported with the id of the event that was stored first.
    return {
        "id": verdict.id,
        "event_id": event.event_id,
        "status": verdict.status,
        "duplicate": verdict.duplicate,
        "destination": event.destination,
    }


def _render_remarks(item: PreparedEvent) -> dict[str, Any]:
    """Return the warnings of an item, and why it was filtered or has no destination."""
    remarks: dict[str, Any] = {}
    if item.warnings:
        remarks["warnings"] = [warning.as_dict() for warning in item.warnings]
    if item.filtered:
        remarks["detail"] = item.filtered
    elif item.no_destination:
        remarks["errors"] = [item.no_destination.as_dict()]
    return remarks


def _render_results(
    accepted: AcceptResult, events: Sequence[NewEvent], items: Sequence[PreparedEvent]
) -> list[dict[str, Any]]:
    remarks = {item.index: _render_remarks(item) for item in items}
    # Not strict: a repeated request may now map to more events than the first response reported.
    return [
        {"index": event.item} | _render_event(event, verdict) | remarks[event.item]
        for event, verdict in zip(events, accepted.verdicts, strict=False)
    ]


def _count_as(result: dict[str, Any]) -> str:
    if result["status"] == "rejected":
        return "rejected"
    if result["duplicate"]:
        return "duplicates"
    # Whatever else happened to it, such as joining a session, the event is now on its way to Gong.
    return result["status"] if result["status"] in {"filtered", "dead"} else "queued"
