"""Field by field, what of an event's payload became what of its call: by its source's mapping as it is today."""

from collections.abc import Iterator, Mapping
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
from relay.core.webhook import Webhook
from relay.queries.explain import Record, Viewer

_ITEMS_MAX = 100
"""The items of a larger receipt are not all mapped again for one page: of its events it tells what was sent."""

_LEAVES_MAX = 300


def render_mapping(config: Config | None, record: Record, receipt: Record | None) -> dict[str, Any] | None:
    """`{rule, version, current_version, changed}`: by which mapping a webhook's event was made, and which there is now.

    None for an event that came as one, which the relay itself maps. `version` is null where none was kept.
    """
    if receipt is None or "headers" not in receipt:
        return None
    webhook = _hook(config, record)
    version = receipt["mapping"].decode() if "mapping" in receipt else None
    today = webhook.mapping.version if webhook else None
    return {
        "rule": record["rule"].decode() if "rule" in record else None,
        "version": version,
        "current_version": today,
        "changed": None not in {version, today} and version != today,
    }


def _hook(config: Config | None, record: Record) -> Webhook | None:
    return config.webhooks.get(record["source"].decode()) if config else None


def render_fields(viewer: Viewer, record: Record, receipt: Record | None) -> list[dict[str, Any]]:
    """`[{path, from, template, value}]`: each leaf of the call, and then what its rule would have filled too.

    `from` are the paths of the payload that it is made of, `template` is how the rule says it; of an event that came as
    one, `from` is where the same value stands in it. `value` is what was sent; of an event that never was, what today's
    mapping makes of it.
    """
    if viewer.sight is PayloadVisibility.NONE:
        return []
    if receipt is not None and "headers" in receipt:
        told = _of_webhook(viewer, record, receipt)
    else:
        told = _of_event(record, receipt)
    return [_field(viewer, *each) for _, each in zip(range(_LEAVES_MAX), told, strict=False)]


_Told = tuple[str, list[str], str | None, Any]


def _field(viewer: Viewer, path: str, sources: list[str], template: str | None, value: Any) -> dict[str, Any]:
    plain = viewer.sight is PayloadVisibility.PLAIN
    return {
        "path": path if plain else redact_path(path),
        "from": sources if plain else [redact_path(source) for source in sources],
        "template": template,
        "value": value if plain else redact_at_path(path, value),
    }


def _of_webhook(viewer: Viewer, record: Record, receipt: Record) -> Iterator[_Told]:
    webhook = _hook(viewer.config, record)
    mapped = _today(viewer, webhook, record, receipt) if webhook else None
    rule = _rule(webhook, record, mapped)
    plain = rule.tree.root if rule else None
    sent = _body(record) or (mapped.draft.body if mapped and mapped.draft else {})
    told = set()
    for path, made_by, value in _walk(plain, sent, ""):
        told.add(path)
        yield path, _paths(made_by), _text(made_by), value
    for path, template in (rule.tree.templates if rule else {}).items():
        if not any(each == path or each.startswith((f"{path}.", f"{path}[")) for each in told):
            yield path, _paths(template), template.text, None


def _body(record: Record) -> Mapping[str, Any]:
    return orjson.loads(record["body"]) if record.get("body") else {}


def _rule(webhook: Webhook | None, record: Record, mapped: MappingResult | None) -> Rule | None:
    """The rule that made what was sent; of what never was, the one that takes it today."""
    name = (record.get("rule", b"").decode() if "body" in record else "") or (mapped.rule if mapped else None)
    return next((rule for rule in webhook.mapping.rules if rule.name == name), None) if webhook else None


def _walk(plain: Any, value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Each leaf of a body with what of the rule's map made it: a template, a literal, or None."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(_below(plain, key), inner, join_path(path, key))
    elif isinstance(value, list):
        same = isinstance(plain, list) and len(plain) == len(
            value
        )  # else some were left out, and none is sure
        for place, inner in enumerate(value):
            made_by = plain[place] if same else plain if isinstance(plain, Template) else None
            yield from _walk(made_by, inner, f"{path}[{place}]")
    else:
        yield path, plain, value


def _below(plain: Any, key: str) -> Any:
    return plain.get(key) if isinstance(plain, dict) else plain if isinstance(plain, Template) else None


def _paths(made_by: Any) -> list[str]:
    if not isinstance(made_by, Template):
        return []
    return sorted({".".join(path) for path in list_read_paths(made_by.expressions)})


def _text(made_by: Any) -> str | None:
    if isinstance(made_by, Template):
        return made_by.text
    return str(made_by) if isinstance(made_by, str | int | float) else None


def _today(viewer: Viewer, webhook: Webhook, record: Record, receipt: Record) -> MappingResult | None:
    """What today's mapping makes of the event's bytes, for the destination that it has."""
    source = viewer.config.sources.get(record["source"].decode()) if viewer.config else None
    if source is None or "raw" not in receipt or receipt.get("verdicts", b"").count(b" ") >= _ITEMS_MAX:
        return None
    try:
        body = read_body(receipt["raw"], receipt["content_type"].decode(), webhook.body_format)
    except RelayError:
        return None
    headers, query = (orjson.loads(receipt.get(name, b"{}")) for name in ("headers", "query"))
    destination = viewer.find(record["destination"].decode()) or UNROUTED
    payload = Payload(body, headers, query)
    mapped = map_payload(
        webhook.mapping, payload, source=source, destination=destination, received_at=viewer.now
    )
    same = [each for each in mapped if each.index == int(record["item"])]
    part = int(record.get("part", b"0"))
    return same[part] if part < len(same) else None


def _of_event(record: Record, receipt: Record | None) -> Iterator[_Told]:
    """The relay's own mapping has no templates: a leaf is told by where its value stands in the event, if once."""
    places: dict[Any, list[str]] = {}
    for path, _, value in _walk(None, _item(record, receipt), ""):
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            places.setdefault(value, []).append(path)
    for path, _, value in _walk(None, _body(record), ""):
        found = places.get(value, [])
        yield path, found if len(found) == 1 else [], None, value


def _item(record: Record, receipt: Record | None) -> Any:
    if receipt is None or "raw" not in receipt:
        return {}
    try:
        body = read_body(receipt["raw"], receipt["content_type"].decode())
    except RelayError:
        return {}
    items, place = body if isinstance(body, list) else [body], int(record["item"])
    return items[place] if place < len(items) else {}
