"""One event in full: its explanation, its receipt, its call and its attempts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from relay.core.call import Operation
from relay.core.errors import NotFound, RelayError
from relay.core.payloads import BodyFormat, read_body
from relay.core.redaction import PayloadVisibility, apply_visibility, redact, redact_headers, redact_query
from relay.core.verification.strip_body import strip_body
from relay.core.visit_session import Aggregate, aggregate_body
from relay.core.webhook import Webhook
from relay.queries.events import render_stored_timestamp, render_summary
from relay.queries.explain import Record, Viewer, explain_event, read_association
from relay.queries.field_mapping import render_fields, render_mapping
from relay.store.all_stores import find_event
from relay.store.delivery import parse_aggregate
from relay.store.engine.redis_time import to_datetime
from relay.store.events import SUMMARY_FIELDS, read_receipt

_SUMMARY = frozenset(
    {*SUMMARY_FIELDS, "replayed_at", "rule", "priority", "repeats", "repeated_at", "data_deleted_at"}
)

_MAX_UNREADABLE_BYTES = 65_536
"""Maximum number of bytes to show of a body that cannot be parsed."""


def event_page(viewer: Viewer, event_id: str, *, only: str | None = None) -> dict[str, Any]:
    """Return everything about an event, with as much of its payload as the viewer may see.

    `only` is the source whose events the viewer may see. Raises NotFound.
    """
    match = find_event(viewer.stores, event_id)
    # To a source, another source's event does not exist: any other answer would confirm the id.
    if match is None or only not in {None, match[1]["source"].decode()}:
        text = f"There is no event {event_id}: the id is wrong, or its record was pruned or purged after it ended."
        raise NotFound("no_such_event", text)
    store, record = match
    receipt = read_receipt(store.redis, record["receipt"].decode())
    fields = {name: value.decode() for name, value in record.items() if name in _SUMMARY}
    aggregated = parse_aggregate(
        [record.get(name) for name in ("aggregate_count", "first_at", "last_at", "aggregate")]
    )
    page = {"id": event_id} | render_summary(fields, plain=viewer.visibility is PayloadVisibility.PLAIN)
    payloads = viewer.compute(
        len((receipt or {}).get("raw", b"")), lambda: _render_payloads(viewer, record, receipt, aggregated)
    )
    return page | {
        "why": explain_event(viewer, store, record),
        **_render_session(record, aggregated),
        "association": read_association(record),
        "waited_seconds": _measure_wait(record),
        "warnings": _render_problems(viewer, record, "warnings"),
        "problems": _render_problems(viewer, record, "problems"),
        **payloads,
        "payload_visibility": viewer.visibility,
    }


def _render_payloads(
    viewer: Viewer, record: Record, receipt: Record | None, aggregated: Aggregate | None
) -> dict[str, Any]:
    """Return what is read from the request and the call, which may be large."""
    return {
        "mapping": render_mapping(viewer.config, record, receipt),
        "fields": render_fields(viewer, record, receipt),
        "call": _render_call(viewer, record, aggregated),
        "attempt_history": _render_attempts(viewer, record),
        "receipt": _render_receipt(viewer, record, receipt),
    }


def _render_session(record: Record, aggregated: Aggregate | None) -> dict[str, Any]:
    """Return `aggregated` (the number and the dates of the events that a carrier stands for), or `carrier_id`, or nothing."""
    if "carrier" in record:
        return {"carrier_id": record["carrier"].decode()}
    if aggregated is None:
        return {}
    session = {
        "events": aggregated.count,
        "first_at": render_stored_timestamp(record["first_at"]),
        "last_at": render_stored_timestamp(record["last_at"]),
        "until": render_stored_timestamp(record["aggregates_until"]),
    }
    return {"aggregated": session}


def _measure_wait(record: Record) -> float | None:
    """Return the seconds from receipt to the first attempt: the wait for the budget, a hold or the session."""
    numbers = _attempt_numbers(record)
    # Old attempts are pruned, and a replayed event waited for other reasons.
    if not numbers or numbers[0] != 1 or "replayed_at" in record:
        return None
    started = orjson.loads(record["try:1"]).get("started_at")
    if not started:
        return None
    waited = datetime.fromisoformat(started) - to_datetime(record["received_at"])
    return round(max(waited.total_seconds(), 0.0), 3)


def _render_problems(viewer: Viewer, record: Record, name: str) -> list[dict[str, str]]:
    problems: list[dict[str, str]] = orjson.loads(record.get(name, b"[]"))
    return [problem | {"message": viewer.redact(problem["message"])} for problem in problems]


def _render_call(viewer: Viewer, record: Record, aggregated: Aggregate | None) -> dict[str, Any] | None:
    """Return the call as it is sent. A carrier's call describes all events of its session so far."""
    if "operation" not in record or not record.get("body"):
        return None
    operation, body = Operation(record["operation"].decode()), orjson.loads(record["body"])
    if aggregated:
        body = aggregate_body(operation, body, aggregated)
    return {
        "operation": operation,
        "method": operation.method,
        "path": operation.path,
        "body": _mask_id(apply_visibility(body, viewer.visibility), viewer, record),
    }


def _mask_id(body: Any, viewer: Viewer, record: Record) -> Any:
    """Replace the eventId in a redacted body if it says something about a person."""
    if viewer.visibility is not PayloadVisibility.REDACTED or not record.get("masked_id"):
        return body
    return {
        name: record["masked_id"].decode() if name == "eventId" else value for name, value in body.items()
    }


def _attempt_numbers(record: Record) -> list[int]:
    return sorted(int(name.removeprefix("try:")) for name in record if name.startswith("try:"))


def _render_attempts(viewer: Viewer, record: Record) -> list[dict[str, Any]]:
    """Return the last fifty attempts, in order, rate-limited ones included."""
    attempts = [orjson.loads(record[f"try:{number}"]) for number in _attempt_numbers(record)]
    return [attempt | _redact_errors(viewer, attempt) for attempt in attempts]


def _redact_errors(viewer: Viewer, attempt: Mapping[str, Any]) -> dict[str, Any]:
    # Gong quotes the body in its errors.
    if "errors" not in attempt:
        return {}
    return {"errors": [viewer.redact(error) for error in attempt["errors"]]}


def _render_receipt(viewer: Viewer, record: Record, receipt: Record | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    webhook = viewer.config.webhooks.get(record["source"].decode()) if viewer.config else None
    return render_receipt(record, receipt, visibility=viewer.visibility, webhook=webhook)


def render_receipt(
    record: Mapping[str, bytes],
    receipt: Mapping[str, bytes],
    *,
    visibility: PayloadVisibility,
    webhook: Webhook | None = None,
) -> dict[str, Any]:
    """Return `{id, received_at, key, content_type, bytes, item, erased_at, data_deleted_at, headers, query, body}`.

    It describes an event's receipt. Values that were erased or deleted are null. `body` is the parsed value, or `{unreadable, text}` with the reason if it cannot be parsed.
    """
    has_body = "raw" in receipt
    body = None
    if has_body and visibility is not PayloadVisibility.NONE:
        body = _render_body(receipt, visibility, webhook)
    return {
        "id": record["receipt"].decode(),
        "received_at": render_stored_timestamp(record["received_at"]),
        "key": receipt["key_id"].decode(),
        "content_type": receipt["content_type"].decode() if "content_type" in receipt else None,
        "bytes": len(receipt["raw"]) if has_body else None,
        "item": int(record.get("item", b"0")),
        "erased_at": _render_timestamp(receipt, "erased_at"),
        "data_deleted_at": _render_timestamp(receipt, "data_deleted_at"),
        "headers": _render_texts(receipt, "headers", visibility),
        "query": _render_texts(receipt, "query", visibility),
        "body": body,
    }


def _render_timestamp(receipt: Mapping[str, bytes], name: str) -> str | None:
    return render_stored_timestamp(receipt[name]) if name in receipt else None


def _render_texts(
    receipt: Mapping[str, bytes], name: str, visibility: PayloadVisibility
) -> dict[str, str] | None:
    """Return headers or query parameters. Only webhooks have them."""
    if name not in receipt or visibility is PayloadVisibility.NONE:
        return None
    texts: dict[str, str] = orjson.loads(receipt[name])
    if visibility is PayloadVisibility.PLAIN:
        return texts
    return redact_headers(texts) if name == "headers" else redact_query(texts)


def _render_body(receipt: Mapping[str, bytes], visibility: PayloadVisibility, webhook: Webhook | None) -> Any:
    content_type = receipt["content_type"].decode()
    # An older version of the relay stored the body with its credentials.
    raw = strip_body(webhook.scheme if webhook else None, receipt["raw"], content_type)
    try:
        value = read_body(raw, content_type, webhook.body_format if webhook else BodyFormat())
    except RelayError as error:
        # Personal data cannot be located in a body that is not parsed, so all of it is hidden.
        plain = visibility is PayloadVisibility.PLAIN
        text = raw[:_MAX_UNREADABLE_BYTES].decode("utf-8", "replace") if plain else f"••• ({len(raw)} bytes)"
        return {"unreadable": error.code, "text": text}
    return value if visibility is PayloadVisibility.PLAIN else redact(value)
