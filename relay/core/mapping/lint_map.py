"""A map checked before any event has come: each expression gets a value that Gong takes, and Gong's rules do the rest.

So a key that Gong has not, a literal of the wrong type, a required value that nothing fills and a person whom
nobody could find are told when the mapping is loaded, in the words in which an event would be refused.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import Schema
from marshmallow import fields as marshmallow_fields

from relay.core.call import Operation
from relay.core.errors import Problem
from relay.core.gong import formats as forms
from relay.core.gong.base_schema import NestedObject
from relay.core.gong.fields import AnyValue, Array, Integer, Number, OneOf, Properties, Text
from relay.core.gong.problems import ErrorCode
from relay.core.gong.validate import SCHEMAS, validate_body
from relay.core.mapping import custom_fields as named
from relay.core.mapping.body_layout import BODY_LAYOUTS
from relay.core.mapping.problems import MappingErrorCode
from relay.core.mapping.templates import Template
from relay.core.mapping.tree import MapTree

_WRITTEN: Mapping[forms.FormatCheck, str] = {
    forms.check_timestamp: "2026-11-20T10:00:00Z",
    forms.check_url: "https://acme.com",
    forms.check_email: "jane@acme.com",
    forms.check_domain: "acme.com",
    forms.check_event_id: "1",
}


def lint_map(operation: Operation, tree: MapTree, *, path: str) -> Iterator[Problem]:
    """What Gong would refuse whatever the payload holds."""
    plain, places = tree.root, BODY_LAYOUTS[operation]
    if not isinstance(plain, dict):
        yield Problem(path, MappingErrorCode.INVALID_VALUE, "must be an object in the shape of Gong's body")
        return
    body = _filled(plain, SCHEMAS[operation])
    for name, value in ((places.id_key, "1"), (places.system_key, "relay")):
        if name:
            body.setdefault(name, value)
    for problem in validate_body(operation, body):
        if problem.code == ErrorCode.UNKNOWN or not _is_open(problem.path, tree.templates):
            yield problem.under(path)
    if places.id_key and isinstance(plain.get(places.id_key), str):
        message = (
            "is the same for every event: hold the sender's own id, as in {{ item.id }}, or leave it away"
        )
        yield Problem(f"{path}.{places.id_key}", MappingErrorCode.INVALID_VALUE, message)


def _is_open(path: str, templates: Mapping[str, Template]) -> bool:
    """Whether an expression decides there: the payload will tell."""
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in templates)


def _filled(plain: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    return {key: _value(each, schema.fields.get(key)) for key, each in plain.items()}


def _value(plain: Any, field: marshmallow_fields.Field[Any] | None) -> Any:
    if field is None:
        return "unknown"
    if isinstance(plain, Template):
        return _sample(field)
    if isinstance(field, NestedObject) and isinstance(plain, dict):
        return _filled(plain, field.schema)
    if isinstance(field, Array):
        return _several(plain, field)
    if isinstance(field, Properties) and isinstance(plain, dict):
        return dict.fromkeys(plain, "text")
    return plain


def _several(plain: Any, field: Array) -> Any:
    if isinstance(plain, list):
        return [_value(each, field.inner) for each in plain]
    if isinstance(plain, dict) and (names := named.named_value_format(field)):
        return [{"name": key, "value": "text", "dataType": names.text} for key in plain]
    return plain


def _sample(field: marshmallow_fields.Field[Any]) -> Any:
    """The least value that Gong takes there."""
    return _SAMPLES[type(field)](field)


def _sample_object(part: NestedObject) -> dict[str, Any]:
    inner = part.schema.fields
    return {name: _sample(field) for name, field in inner.items() if field.required}


_SAMPLES: Mapping[type, Callable[[Any], Any]] = {
    NestedObject: _sample_object,
    Array: lambda field: [_sample(field.inner)],
    Text: lambda field: _WRITTEN[field.format_check] if field.format_check else "text",
    OneOf: lambda field: field.choices[0],
    Integer: lambda field: max(field.low, 0),
    Number: lambda field: field.low,
    Properties: lambda _: {"name": "text"},
    AnyValue: lambda _: "anything",
}
