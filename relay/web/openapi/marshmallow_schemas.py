"""Converts the marshmallow schemas that validate requests (the canonical event, Gong's bodies) to JSON Schema."""

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
"""Distinguishes the names of Gong's bodies from the relay's own."""

_EVENT_SCHEMAS = {
    "Event": canonical.EVENT,
    "EventContent": canonical.CONTENT,
    "EventPerson": canonical.PERSON,
    "EventCompany": canonical.COMPANY,
    "EventShare": canonical.SHARE,
}
"""The parts of an event that have names in the document. Smaller parts are inlined."""

_EVENT_SCHEMA_NAMES = {id(schema): name for name, schema in _EVENT_SCHEMAS.items()}

_TIMESTAMP = {
    "type": ["string", "number"],
    "description": "ISO 8601 with an offset, or seconds or milliseconds since 1970.",
    "examples": ["2026-11-20T10:00:00Z"],
}
_SCALAR = {"type": ["string", "number", "boolean"]}


def marshmallow_components() -> dict[str, Schema]:
    """Return every named schema."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    assert plugin.converter is not None  # noqa: S101 - set by APISpec on the line above
    plugin.converter.add_attribute_function(_convert_field)  # type: ignore[no-untyped-call]
    spec.components.schema("Event", schema=canonical.EVENT)
    for schema in SCHEMAS.values():
        name = body_name(schema)
        if name not in spec.components.schemas:
            spec.components.schema(name, schema=schema)
    schemas: dict[str, Schema] = spec.to_dict()["components"]["schemas"]
    return schemas


def body_name(schema: marshmallow.Schema) -> str:
    """Return the name of the schema of one of Gong's bodies."""
    return _PREFIX + type(schema).__name__


def _schema_name(schema: Any) -> str:
    """Return a schema's name; "" inlines it."""
    if isinstance(schema, ObjectSchema):
        return body_name(schema)
    return _EVENT_SCHEMA_NAMES.get(id(schema), "")


def _convert_field(converter: Any, field: marshmallow.fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Convert one of our own field types. apispec itself lists the required fields in the object around it."""
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
            return _TIMESTAMP
        case ScalarMap():
            return {"type": "object", "maxProperties": PROPERTIES_MAX, "additionalProperties": _SCALAR}
        case _:
            return _convert_nested(converter, field)


def _convert_nested(converter: Any, field: marshmallow.fields.Field[Any]) -> dict[str, Any]:
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
