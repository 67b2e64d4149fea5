"""Checks a map when it is loaded: puts a sample value in place of each template, and applies Gong's own rules.

This finds keys that Gong does not have, literals of the wrong type, required values that nothing fills, and people
who cannot be identified, with the same messages as for an event that Gong would reject.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import Schema
from marshmallow import fields as marshmallow_fields

from relay.core.call import Operation
from relay.core.errors import Problem
from relay.core.gong import formats
from relay.core.gong.base_schema import NestedObject
from relay.core.gong.fields import AnyValue, Array, Integer, Number, OneOf, Properties, Text
from relay.core.gong.problems import ErrorCode
from relay.core.gong.validate import SCHEMAS, validate_body
from relay.core.mapping.body_layout import BODY_LAYOUTS
from relay.core.mapping.custom_fields import find_value_format
from relay.core.mapping.problems import MappingErrorCode
from relay.core.mapping.templates import Template
from relay.core.mapping.tree import MapTree

_TEXT_SAMPLES: Mapping[formats.FormatCheck, str] = {
    formats.check_timestamp: "2026-11-20T10:00:00Z",
    formats.check_url: "https://acme.com",
    formats.check_email: "jane@acme.com",
    formats.check_domain: "acme.com",
    formats.check_event_id: "1",
}


def lint_map(operation: Operation, tree: MapTree, *, path: str) -> Iterator[Problem]:
    """Yield what Gong would reject for every payload. `path` is the map's path in the configuration."""
    root, layout = tree.root, BODY_LAYOUTS[operation]
    if not isinstance(root, dict):
        yield Problem(path, MappingErrorCode.INVALID_VALUE, "must be an object in the shape of Gong's body")
        return
    body = _fill_object(root, SCHEMAS[operation])
    # The relay fills in these two itself, so that a map need not.
    for key, value in ((layout.id_key, "1"), (layout.system_key, "relay")):
        if key:
            body.setdefault(key, value)
    for problem in validate_body(operation, body):
        # A sample value may break a rule that the payload's own value keeps. An unknown key is wrong either way.
        if problem.code == ErrorCode.UNKNOWN or not _depends_on_payload(problem.path, tree.templates):
            yield problem.under(path)
    if layout.id_key and isinstance(root.get(layout.id_key), str):
        message = "is the same for every event: use the sender's own id, as in {{ item.id }}, or remove it"
        yield Problem(f"{path}.{layout.id_key}", MappingErrorCode.INVALID_VALUE, message)


def _depends_on_payload(path: str, templates: Mapping[str, Template]) -> bool:
    """True if a template makes the value at `path`, or an object or list that holds it."""
    return any(
        path == template_path or path.startswith((f"{template_path}.", f"{template_path}["))
        for template_path in templates
    )


def _fill_object(node: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    return {key: _fill(value, schema.fields.get(key)) for key, value in node.items()}


def _fill(node: Any, field: marshmallow_fields.Field[Any] | None) -> Any:
    if field is None:
        return "unknown"
    if isinstance(node, Template):
        return _sample(field)
    if isinstance(field, NestedObject) and isinstance(node, dict):
        return _fill_object(node, field.schema)
    if isinstance(field, Array):
        return _fill_array(node, field)
    if isinstance(field, Properties) and isinstance(node, dict):
        return dict.fromkeys(node, "text")
    return node


def _fill_array(node: Any, field: Array) -> Any:
    if isinstance(node, list):
        return [_fill(item, field.inner) for item in node]
    # A map may write custom fields as an object of names and values.
    if isinstance(node, dict) and (value_format := find_value_format(field)):
        return [{"name": key, "value": "text", "dataType": value_format.text} for key in node]
    return node


def _sample(field: marshmallow_fields.Field[Any]) -> Any:
    """Return the smallest value that Gong accepts for a field."""
    return _SAMPLES[type(field)](field)


def _sample_object(field: NestedObject) -> dict[str, Any]:
    return {name: _sample(inner) for name, inner in field.schema.fields.items() if inner.required}


_SAMPLES: Mapping[type, Callable[[Any], Any]] = {
    NestedObject: _sample_object,
    Array: lambda field: [_sample(field.inner)],
    Text: lambda field: _TEXT_SAMPLES[field.format_check] if field.format_check else "text",
    OneOf: lambda field: field.choices[0],
    Integer: lambda field: max(field.low, 0),
    Number: lambda field: field.low,
    Properties: lambda _: {"name": "text"},
    AnyValue: lambda _: "anything",
}
