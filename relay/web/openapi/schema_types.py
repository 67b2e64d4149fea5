"""Builders for the JSON Schemas of requests and responses. Objects allow no other keys than those they list."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

ID = "01KAG7V6ZJ5T0M3R8Q2W4X6Y8Z"
"""The id in examples: 26 characters that sort by time."""

_NONE: Mapping[str, Schema] = {}


def string(description: str = "", **keywords: Any) -> Schema:
    return _describe({"type": "string", **keywords}, description)


def integer(description: str = "", *, minimum: int = 0, **keywords: Any) -> Schema:
    return _describe({"type": "integer", "minimum": minimum, **keywords}, description)


def number(description: str = "") -> Schema:
    return _describe({"type": "number"}, description)


def boolean(description: str = "") -> Schema:
    return _describe({"type": "boolean"}, description)


def timestamp(description: str = "") -> Schema:
    return string(description, format="date-time", pattern="Z$", examples=["2026-11-20T10:00:00.000Z"])


def choice(values: Iterable[str], description: str = "") -> Schema:
    """One of these strings."""
    return _describe({"type": "string", "enum": [str(value) for value in values]}, description)


def constant(value: object) -> Schema:
    return {"const": value}


def array(item: Schema, description: str = "", **keywords: Any) -> Schema:
    return _describe({"type": "array", "items": item, **keywords}, description)


def map_of(value: Schema, description: str = "", *, names: Schema | None = None) -> Schema:
    """An object whose keys are data, such as the names of destinations. `names` is the schema of the keys."""
    schema: Schema = {"type": "object", "additionalProperties": value}
    if names:
        schema["propertyNames"] = names
    return _describe(schema, description)


def any_json(description: str = "") -> Schema:
    return _describe({}, description)


def record(
    required: Mapping[str, Schema], description: str = "", *, optional: Mapping[str, Schema] = _NONE
) -> Schema:
    """An object with these keys and no others."""
    schema: Schema = {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }
    return _describe(schema, description)


def nullable(schema: Schema) -> Schema:
    """The same schema, with null allowed."""
    type_name = schema.get("type")
    if not isinstance(type_name, str) or "enum" in schema or "const" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema | {"type": [type_name, "null"]}


def any_of(*schemas: Schema, description: str = "") -> Schema:
    return _describe({"anyOf": list(schemas)}, description)


def component(name: str) -> Schema:
    """A reference to a named schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _describe(schema: Schema, description: str) -> Schema:
    return schema | {"description": description} if description else schema
