"""The schemas that check what is sent, as the API's description shows them: the canonical event and Gong's bodies."""

from typing import Any

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from relay.core.event import schema as canonical
from relay.core.event.fields import (
    PROPERTIES_MAX,
    Array,
    Choice,
    Integer,
    NestedObject,
    ScalarMap,
    Text,
    Timestamp,
    Title,
)
from relay.core.gong.base_schema import ObjectSchema
from relay.core.gong.fields import AnyValue, Properties
from relay.core.gong.validate import SCHEMAS
from relay.web.openapi.schema_types import Schema

_PREFIX = "Gong"
"""Sets Gong's own names apart from ours."""

_NAMES = {
    id(each): name
    for name, each in (
        ("Event", canonical.EVENT),
        ("EventContent", canonical.CONTENT),
        ("EventPerson", canonical.PERSON),
        ("EventCompany", canonical.COMPANY),
        ("EventShare", canonical.SHARE),
    )
}
"""The parts of an event that are shown by themselves. Smaller ones stand where they are used."""

_MOMENT = {
    "type": ["string", "number"],
    "description": "ISO 8601 with an offset, or seconds or milliseconds since 1970.",
    "examples": ["2026-11-20T10:00:00Z"],
}
_SCALAR = {"type": ["string", "number", "boolean"]}


def marshmallow_components() -> dict[str, Schema]:
    """Every schema by its name."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    assert plugin.converter is not None  # noqa: S101 - the line above has made it
    plugin.converter.add_attribute_function(_kind)  # type: ignore[no-untyped-call]
    spec.components.schema("Event", schema=canonical.EVENT)
    for shape in SCHEMAS.values():
        name = _PREFIX + type(shape).__name__
        if name not in spec.components.schemas:
            spec.components.schema(name, schema=shape)
    found: dict[str, Schema] = spec.to_dict()["components"]["schemas"]
    return found


def body_name(shape: marshmallow.Schema) -> str:
    """The name of one of Gong's bodies."""
    return _PREFIX + type(shape).__name__


def _name(schema: Any) -> str:
    """Empty for what has none."""
    return body_name(schema) if isinstance(schema, ObjectSchema) else _NAMES.get(id(schema), "")


def _kind(converter: Any, field: marshmallow.fields.Field[Any], **_: Any) -> dict[str, Any]:
    """What a field of ours takes; `required` is told by the object round it."""
    match field:
        case Title():
            return {"type": "string", "description": f"Cut after {field.limit} characters."}
        case Text():
            return {"type": "string", "maxLength": field.limit}
        case Choice():
            return {"type": "string", "enum": list(field.words)}
        case Integer():
            return {"type": "integer"}
        case Timestamp():
            return _MOMENT
        case ScalarMap():
            return {"type": "object", "maxProperties": PROPERTIES_MAX, "additionalProperties": _SCALAR}
        case _:
            return _nested(converter, field)


def _nested(converter: Any, field: marshmallow.fields.Field[Any]) -> dict[str, Any]:
    match field:
        case NestedObject():
            return dict(converter.resolve_nested_schema(field.schema))
        case Array():
            return {"type": "array", "maxItems": field.limit, "items": converter.field2property(field.item)}
        case Properties():
            return {"type": "object", "additionalProperties": {"type": "string"}}
        case AnyValue():
            return {"not": {"type": "null"}}
        case _:
            return {}
