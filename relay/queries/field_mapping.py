"""Trace each field of an event's call to the payload fields and the rule that produced it."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from relay.core.config import Config
from relay.core.errors import RelayError, join_path
from relay.core.mapping.engine import map_payload
from relay.core.mapping.result import MappingResult
from relay.core.mapping.routing import UNROUTED
from relay.core.mapping.rule import Rule
from relay.core.mapping.templates import Template
from relay.core.mapping.usage import list_read_paths
from relay.core.payloads import Payload, read_body
from relay.core.redaction import PayloadVisibility, redact_at_path, redact_path
from relay.core.verification.strip_body import strip_body
from relay.core.webhook import Webhook
from relay.queries.explain import Record, Viewer

_MAX_ITEMS = 100
"""Receipts with more items are not mapped again for one page; it then shows only what was sent."""

_MAX_FIELDS = 300


def render_mapping(config: Config | None, record: Record, receipt: Record | None) -> dict[str, Any] | None:
    """Return `{rule, version, current_version, changed}`: the mapping that produced a webhook's event, and the current one.

    None for a canonical event, which has no rules. `version` is null if the receipt has none.
    """
    if receipt is None or "headers" not in receipt:
        return None
    webhook = _find_webhook(config, record)
    version = receipt["mapping"].decode() if "mapping" in receipt else None
    current = webhook.mapping.version if webhook else None
    return {
        "rule": record["rule"].decode() if "rule" in record else None,
        "version": version,
        "current_version": current,
        "changed": None not in {version, current} and version != current,
    }


def _find_webhook(config: Config | None, record: Record) -> Webhook | None:
    return config.webhooks.get(record["source"].decode()) if config else None


def render_fields(viewer: Viewer, record: Record, receipt: Record | None) -> list[dict[str, Any]]:
    """Return `[{path, from, template, value}…]`: each field of the call, then templates of its rule that produced nothing.

    `from` are the payload paths that the field was made from, `template` the text in the rule. For a canonical event,
    `from` is where the same value is in the event. `value` is what was sent; for an event that was never sent, what the
    current mapping produces.
    """
    if viewer.visibility is PayloadVisibility.NONE:
        return []
    if receipt is not None and "headers" in receipt:
        fields = _trace_webhook(viewer, record, receipt)
    else:
        fields = _trace_event(record, receipt)
    rows = [_render_field(viewer, *field) for field in islice(fields, _MAX_FIELDS)]
    masked_id = record.get("masked_id", b"").decode()
    if not masked_id or viewer.visibility is PayloadVisibility.PLAIN:
        return rows
    return [row | ({"value": masked_id} if row["path"] == "eventId" else {}) for row in rows]


_Field = tuple[str, list[str], str | None, Any]


def _render_field(
    viewer: Viewer, path: str, sources: list[str], template: str | None, value: Any
) -> dict[str, Any]:
    plain = viewer.visibility is PayloadVisibility.PLAIN
    return {
        "path": path if plain else redact_path(path),
        "from": sources if plain else [redact_path(source) for source in sources],
        "template": template,
        "value": value if plain else redact_at_path(path, value),
    }


def _trace_webhook(viewer: Viewer, record: Record, receipt: Record) -> Iterator[_Field]:
    webhook = _find_webhook(viewer.config, record)
    mapped = _map_again(viewer, webhook, record, receipt) if webhook else None
    rule = _find_rule(webhook, record, mapped)
    root = rule.tree.root if rule else None
    sent = _body(record) or (mapped.draft.body if mapped and mapped.draft else {})
    paths = set()
    for path, origin, value in _walk(root, sent, ""):
        paths.add(path)
        yield path, _paths(origin), _text(origin), value
    for path, template in (rule.tree.templates if rule else {}).items():
        # A template that produced nothing left no field in the body, but the page shows that it exists.
        if not any(
            sent_path == path or sent_path.startswith((f"{path}.", f"{path}[")) for sent_path in paths
        ):
            yield path, _paths(template), template.text, None


def _body(record: Record) -> Mapping[str, Any]:
    return orjson.loads(record["body"]) if record.get("body") else {}


def _find_rule(webhook: Webhook | None, record: Record, mapped: MappingResult | None) -> Rule | None:
    """Return the rule that produced what was sent; for an event that was never sent, the current one."""
    name = (record.get("rule", b"").decode() if "body" in record else "") or (mapped.rule if mapped else None)
    return next((rule for rule in webhook.mapping.rules if rule.name == name), None) if webhook else None


def _walk(origin: Any, value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield each leaf of a body with its origin in the rule's map: a template, a literal or None."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(_child_origin(origin, key), inner, join_path(path, key))
    elif isinstance(value, list):
        if isinstance(origin, list) and len(origin) == len(value):
            origins = origin
        else:
            # If the map left out elements, a position no longer says which template produced which element.
            origins = [origin if isinstance(origin, Template) else None] * len(value)
        for index, (inner_origin, inner) in enumerate(zip(origins, value, strict=True)):
            yield from _walk(inner_origin, inner, f"{path}[{index}]")
    else:
        yield path, origin, value


def _child_origin(origin: Any, key: str) -> Any:
    if isinstance(origin, dict):
        return origin.get(key)
    # A template that produced a whole object is the origin of everything in it.
    return origin if isinstance(origin, Template) else None


def _paths(origin: Any) -> list[str]:
    if not isinstance(origin, Template):
        return []
    return sorted({".".join(path) for path in list_read_paths(origin.expressions)})


def _text(origin: Any) -> str | None:
    if isinstance(origin, Template):
        return origin.text
    return str(origin) if isinstance(origin, str | int | float) else None


def _map_again(viewer: Viewer, webhook: Webhook, record: Record, receipt: Record) -> MappingResult | None:
    """Map the event's receipt again with the current mapping, for the event's destination."""
    source = viewer.config.sources.get(record["source"].decode()) if viewer.config else None
    if source is None or "raw" not in receipt or receipt.get("verdicts", b"").count(b" ") >= _MAX_ITEMS:
        return None
    try:
        raw, content_type = receipt["raw"], receipt["content_type"].decode()
        body = read_body(strip_body(webhook.scheme, raw, content_type), content_type, webhook.body_format)
    except RelayError:
        return None
    headers, query = (orjson.loads(receipt.get(name, b"{}")) for name in ("headers", "query"))
    destination = viewer.find(record["destination"].decode()) or UNROUTED
    payload = Payload(body, headers, query)
    mapped = map_payload(
        webhook.mapping, payload, source=source, destination=destination, received_at=viewer.now
    )
    results = [result for result in mapped if result.index == int(record["item"])]
    part = int(record.get("part", b"0"))
    return results[part] if part < len(results) else None


def _trace_event(record: Record, receipt: Record | None) -> Iterator[_Field]:
    """Trace a canonical event, whose mapping has no templates: by values that occur exactly once in the event."""
    places: dict[Any, list[str]] = {}
    for path, _, value in _walk(None, _item(record, receipt), ""):
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            places.setdefault(value, []).append(path)
    for path, _, value in _walk(None, _body(record), ""):
        sources = places.get(value, [])
        yield path, sources if len(sources) == 1 else [], None, value


def _item(record: Record, receipt: Record | None) -> Any:
    if receipt is None or "raw" not in receipt:
        return {}
    try:
        body = read_body(receipt["raw"], receipt["content_type"].decode())
    except RelayError:
        return {}
    items, place = body if isinstance(body, list) else [body], int(record["item"])
    return items[place] if place < len(items) else {}
