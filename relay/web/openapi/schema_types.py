"""JSON Schema in few words: the kinds of value that requests and answers are made of. Objects are closed."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

ID = "01KAG7V6ZJ5T0M3R8Q2W4X6Y8Z"
"""The id that examples show: 26 characters that sort by time."""

_NOTHING: Mapping[str, Schema] = {}


def text(told: str = "", **more: Any) -> Schema:
    return _with({"type": "string", **more}, told)


def whole(told: str = "", *, least: int = 0, **more: Any) -> Schema:
    return _with({"type": "integer", "minimum": least, **more}, told)


def number(told: str = "", *, least: float | None = None) -> Schema:
    return _with({"type": "number"} | ({} if least is None else {"minimum": least}), told)


def flag(told: str = "") -> Schema:
    return _with({"type": "boolean"}, told)


def moment(told: str = "") -> Schema:
    return text(told, format="date-time", pattern="Z$", examples=["2026-11-20T10:00:00.000Z"])


def word(words: Iterable[str], told: str = "") -> Schema:
    """One of these."""
    return _with({"type": "string", "enum": [str(each) for each in words]}, told)


def exactly(value: object, told: str = "") -> Schema:
    return _with({"const": value}, told)


def listed(item: Schema, told: str = "", **more: Any) -> Schema:
    return _with({"type": "array", "items": item, **more}, told)


def by_name(value: Schema, told: str = "", *, names: Schema | None = None) -> Schema:
    """An object whose keys are names that nobody knows beforehand."""
    more = {"propertyNames": names} if names else {}
    return _with({"type": "object", "additionalProperties": value, **more}, told)


def anything(told: str = "") -> Schema:
    return _with({}, told)


def record(
    parts: Mapping[str, Schema], told: str = "", *, optional: Mapping[str, Schema] = _NOTHING
) -> Schema:
    """An object of these keys and no other. `parts` are always there."""
    return _with(
        {
            "type": "object",
            "properties": {**parts, **optional},
            "required": list(parts),
            "additionalProperties": False,
        },
        told,
    )


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    kind = schema.get("type")
    if not isinstance(kind, str) or "enum" in schema or "const" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema | {"type": [kind, "null"]}


def one_of(*schemas: Schema, told: str = "") -> Schema:
    return _with({"anyOf": list(schemas)}, told)


def component(name: str) -> Schema:
    """A schema that the document names."""
    return {"$ref": f"#/components/schemas/{name}"}


def _with(schema: Schema, told: str) -> Schema:
    return schema | {"description": told} if told else schema
