"""What a payload would become, told in full for the one who writes the mapping. Nothing is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relay.core.call import Call
from relay.core.destination import Destination
from relay.core.errors import Problem
from relay.core.gong.validate import assess_association, find_warnings
from relay.core.mapping.engine import list_items, map_payload
from relay.core.mapping.result import MappingResult
from relay.core.mapping.routing import Router
from relay.core.mapping.rule import CompiledMapping
from relay.core.mapping.usage import Paths, list_read_paths, list_unused_paths
from relay.core.payloads import Payload
from relay.core.source import Source


def preview(
    compiled: CompiledMapping,
    payload: Payload,
    *,
    source: Source,
    destination: Destination | Router,
    received_at: datetime,
) -> list[dict[str, Any]]:
    """One object for each event: what `map_payload` made of it, what Gong could do with it, and what the rule leaves unread."""
    mapped = map_payload(compiled, payload, source=source, destination=destination, received_at=received_at)
    items = list_items(compiled, payload, source=source.name, received_at=received_at)
    by_rule = {rule.name: _read(compiled, list_read_paths(rule.expressions)) for rule in compiled.rules}
    return [_told(each, _unused(each, items, by_rule)) for each in mapped]


def _read(compiled: CompiledMapping, paths: Paths) -> Paths:
    """Where the body is the one item, reading the body is reading the item; so is reading a part's parent."""
    roots = {"item", "parent"} if compiled.items else {"item", "parent", "body"}
    return frozenset(("item", *path[1:]) for path in paths if path[0] in roots)


def _unused(each: MappingResult, items: list[Any], by_rule: Mapping[str, Paths]) -> tuple[str, ...]:
    read = by_rule.get(each.rule or "")
    return (
        list_unused_paths(items[each.index], "item", read)
        if read is not None and each.index < len(items)
        else ()
    )


def _told(each: MappingResult, unread: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "index": each.index,
        "status": each.status,
        "rule": each.rule,
        "priority": each.priority,
        "destination": each.destination.name,
        "event_id": each.event_id,
        "errors": [problem.as_dict() for problem in each.problems],
        "warnings": [problem.as_dict() for problem in (*each.warnings, *_notices(each))],
        "unused": list(unread),
    }
    if each.filtered:
        told["detail"] = each.filtered
    if each.session:
        told["session"] = each.session.as_dict()
    return told | (_call(each.draft) if each.draft else {})


def _notices(each: MappingResult) -> list[Problem]:
    return find_warnings(each.call.operation, each.call.body) if each.call else []


def _call(call: Call) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "method": call.operation.method,
        "path": call.operation.path,
        "association": assess_association(call.operation, call.body),
        "body": call.body,
    }
