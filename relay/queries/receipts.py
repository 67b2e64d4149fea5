"""A receipt as an operator sees it: who sent it, proven by which key, and its bytes as far as they may be shown."""

from collections.abc import Mapping
from typing import Any

import orjson

from relay.core.errors import RelayError
from relay.core.payloads import BodyFormat, read_body
from relay.core.redaction import PayloadVisibility, redact, redact_headers, redact_query
from relay.queries.events import render_stored_timestamp

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
