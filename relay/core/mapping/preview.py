"""Previews the calls that a mapping builds from a payload, in full, for the person who writes the mapping. Nothing is sent."""

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
    mapping: CompiledMapping,
    payload: Payload,
    *,
    source: Source,
    destination: Destination | Router,
    received_at: datetime,
) -> list[dict[str, Any]]:
    """Return one object for each event: the call, what Gong can associate it with, and the fields that no expression reads."""
    results = map_payload(mapping, payload, source=source, destination=destination, received_at=received_at)
    items = list_items(mapping, payload, source=source.name, received_at=received_at)
    read_by_rule = {
        rule.name: _rebase_paths(mapping, list_read_paths(rule.expressions)) for rule in mapping.rules
    }
    return [_render_result(result, _find_unused_paths(result, items, read_by_rule)) for result in results]


def _rebase_paths(mapping: CompiledMapping, paths: Paths) -> Paths:
    """Rewrite paths that read the item under another name, so that they start with `item`."""
    # A part's `parent` is the item. Without `items` the item is the body, or one element of it.
    roots = {"item", "parent"} if mapping.items else {"item", "parent", "body"}
    return frozenset(("item", *path[1:]) for path in paths if path[0] in roots)


def _find_unused_paths(
    result: MappingResult, items: list[Any], read_by_rule: Mapping[str, Paths]
) -> tuple[str, ...]:
    read = read_by_rule.get(result.rule or "")
    # A filtered item has no rule, and a payload that could not be split has no items.
    if read is None or result.index >= len(items):
        return ()
    return list_unused_paths(items[result.index], "item", read)


def _render_result(result: MappingResult, unused: tuple[str, ...]) -> dict[str, Any]:
    warnings = [*result.warnings, *_find_gong_warnings(result)]
    rendered: dict[str, Any] = {
        "index": result.index,
        "status": result.status,
        "rule": result.rule,
        "priority": result.priority,
        "destination": result.destination.name,
        "event_id": result.event_id,
        "errors": [problem.as_dict() for problem in result.problems],
        "warnings": [problem.as_dict() for problem in warnings],
        "unused": list(unused),
    }
    if result.filter_reason:
        rendered["detail"] = result.filter_reason
    if result.session:
        rendered["session"] = result.session.as_dict()
    if result.draft:
        rendered |= _render_call(result.draft)
    return rendered


def _find_gong_warnings(result: MappingResult) -> list[Problem]:
    return find_warnings(result.call.operation, result.call.body) if result.call else []


def _render_call(call: Call) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "method": call.operation.method,
        "path": call.operation.path,
        "association": assess_association(call.operation, call.body),
        "body": call.body,
    }
