"""One event, explained: why it is or is not in Gong, where it came from, the call it became, and every attempt."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from relay.core.call import Operation
from relay.core.errors import NotFound, RelayError
from relay.core.payloads import BodyFormat, read_body
from relay.core.redaction import PayloadVisibility, apply_visibility, redact, redact_headers, redact_query
from relay.core.visit_session import Aggregate, aggregate_body
from relay.queries.events import render_stored_timestamp, render_summary
from relay.queries.explain import Record, Viewer, explain_event, read_association
from relay.queries.field_mapping import render_fields, render_mapping
from relay.store.all_stores import find_event
from relay.store.delivery import parse_aggregate
from relay.store.engine.redis_time import to_datetime
from relay.store.events import SUMMARY_FIELDS, read_receipt

_SHOWN = frozenset({*SUMMARY_FIELDS, "replayed_at", "rule", "priority", "repeats", "repeated_at"})


def event_page(onlooker: Viewer, event_id: str) -> dict[str, Any]:
    """Everything there is to tell of an event, its payload as far as the onlooker sees payloads.

    Raises NotFound when there is none of this id.
    """
    found = find_event(onlooker.stores, event_id)
    if found is None:
        text = f"There is no event {event_id}: the id is wrong, or its record was pruned after it ended."
        raise NotFound("no_such_event", text)
    store, record = found
    receipt = read_receipt(store.redis, record["receipt"].decode())
    fields = {name: value.decode() for name, value in record.items() if name in _SHOWN}
    aggregated = parse_aggregate(
        [record.get(name) for name in ("aggregate_count", "first_at", "last_at", "aggregate")]
    )
    page = {"id": event_id} | render_summary(fields, plain=onlooker.sight is PayloadVisibility.PLAIN)
    return page | {
        "why": explain_event(onlooker, store, record),
        **_session(record, aggregated),
        "association": read_association(record),
        "waited_seconds": _waited(record),
        "warnings": _problems(onlooker, record, "warnings"),
        "problems": _problems(onlooker, record, "problems"),
        "mapping": render_mapping(onlooker.config, record, receipt),
        "fields": render_fields(onlooker, record, receipt),
        "call": _call(onlooker, record, aggregated),
        "attempt_history": _tries(onlooker, record),
        "receipt": _receipt(onlooker, record, receipt),
        "payload_visibility": onlooker.sight,
    }


def _session(record: Record, aggregated: Aggregate | None) -> dict[str, Any]:
    """`aggregated`: how many events this one stands for, from when to when. `carrier_id`: the one that stands for this."""
    if "carrier" in record:
        return {"carrier_id": record["carrier"].decode()}
    if aggregated is None:
        return {}
    moments = {name: render_stored_timestamp(record[name]) for name in ("first_at", "last_at")}
    return {
        "aggregated": {"events": aggregated.count}
        | moments
        | {"until": render_stored_timestamp(record["aggregates_until"])}
    }


def _waited(record: Record) -> float | None:
    """Seconds from its arrival to its first attempt: what its company's budget, a hold or its session took."""
    numbers = _numbers(record)
    if not numbers or numbers[0] != 1 or "replayed_at" in record:
        return None
    started = orjson.loads(record["try:1"]).get("started_at")
    if not started:
        return None
    waited = datetime.fromisoformat(started) - to_datetime(record["received_at"])
    return round(max(waited.total_seconds(), 0.0), 3)


def _problems(onlooker: Viewer, record: Record, name: str) -> list[dict[str, str]]:
    told: list[dict[str, str]] = orjson.loads(record.get(name, b"[]"))
    return [each | {"message": onlooker.redact(each["message"])} for each in told]


def _call(onlooker: Viewer, record: Record, aggregated: Aggregate | None) -> dict[str, Any] | None:
    """The call as it is sent: with all that it stands for by now."""
    if "operation" not in record or not record.get("body"):
        return None
    operation, body = Operation(record["operation"].decode()), orjson.loads(record["body"])
    told = aggregate_body(operation, body, aggregated) if aggregated else body
    return {
        "operation": operation,
        "method": operation.method,
        "path": operation.path,
        "body": apply_visibility(told, onlooker.sight),
    }


def _numbers(record: Record) -> list[int]:
    return sorted(int(name.removeprefix("try:")) for name in record if name.startswith("try:"))


def _tries(onlooker: Viewer, record: Record) -> list[dict[str, Any]]:
    """Every attempt that is on record, in order: the last fifty, throttled ones among them."""
    told = [orjson.loads(record[f"try:{number}"]) for number in _numbers(record)]
    return [each | _errors(onlooker, each) for each in told]


def _errors(onlooker: Viewer, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"errors": [onlooker.redact(error) for error in told["errors"]]} if "errors" in told else {}


def _receipt(onlooker: Viewer, record: Record, receipt: Record | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    hook = onlooker.config.webhooks.get(record["source"].decode()) if onlooker.config else None
    return render_receipt(record, receipt, sight=onlooker.sight, reading=hook.body_format if hook else None)


_PLAIN_MAX = 65_536
"""Of a body that cannot be read no more is shown than this many bytes."""


def render_receipt(
    record: Mapping[str, bytes],
    receipt: Mapping[str, bytes],
    *,
    sight: PayloadVisibility,
    reading: BodyFormat | None = None,
) -> dict[str, Any]:
    """`{id, received_at, key, content_type, bytes, item, erased_at, headers, query, body}` of an event's receipt.

    What its person's erasure has taken is null. `body` is the value that was read of it; of bytes that cannot be read
    `{unreadable, text}`, with why.
    """
    kept = "raw" in receipt
    told: dict[str, Any] = {
        "id": record["receipt"].decode(),
        "received_at": render_stored_timestamp(record["received_at"]),
        "key": receipt["key_id"].decode(),
        "content_type": receipt["content_type"].decode() if "content_type" in receipt else None,
        "bytes": len(receipt["raw"]) if kept else None,
        "item": int(record.get("item", b"0")),
        "erased_at": render_stored_timestamp(receipt["erased_at"]) if "erased_at" in receipt else None,
    }
    return told | {
        "headers": _texts(receipt, "headers", sight),
        "query": _texts(receipt, "query", sight),
        "body": _body(receipt, sight, reading or BodyFormat())
        if kept and sight is not PayloadVisibility.NONE
        else None,
    }


def _texts(receipt: Mapping[str, bytes], name: str, sight: PayloadVisibility) -> dict[str, str] | None:
    """Headers or query parameters: only what came as a webhook has them."""
    if name not in receipt or sight is PayloadVisibility.NONE:
        return None
    texts: dict[str, str] = orjson.loads(receipt[name])
    if sight is PayloadVisibility.PLAIN:
        return texts
    return redact_headers(texts) if name == "headers" else redact_query(texts)


def _body(receipt: Mapping[str, bytes], sight: PayloadVisibility, reading: BodyFormat) -> Any:
    raw = receipt["raw"]
    try:
        value = read_body(raw, receipt["content_type"].decode(), reading)
    except RelayError as error:
        plain = sight is PayloadVisibility.PLAIN
        text = raw[:_PLAIN_MAX].decode("utf-8", "replace") if plain else f"••• ({len(raw)} bytes)"
        return {"unreadable": error.code, "text": text}
    return value if sight is PayloadVisibility.PLAIN else redact(value)
