"""The API's description as pages show it: groups of operations, schemas as rows of a table, calls to copy."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relay.web.openapi.document import build_document
from relay.web.openapi.problems import PROBLEMS
from relay.web.openapi.schema_types import Schema

_PLACE = "#/components/schemas/"
_DEEPEST = 4
_LINE = 60
_BOUNDS = (
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} of them"),
    ("minimum", "from {}"),
    ("maximum", "up to {}"),
    ("default", "{} where it is left out"),
)
_OBVIOUS = {("minimum", 0), ("minimum", -(2**31)), ("maximum", 2**31 - 1)}


@dataclass(frozen=True, slots=True)
class Row:
    """One value: where it stands, what it is, and the named schema that it links to."""

    path: str
    kind: str
    told: str
    required: bool
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the document tells it, with its place and a call to copy."""

    method: str
    path: str
    told: Mapping[str, Any]
    call: str

    @property
    def role(self) -> str:
        ways = self.told["security"]
        return str(next(iter(ways[0].values()))[0]) if ways else ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    told: str
    operations: tuple[Operation, ...]

    @property
    def slug(self) -> str:
        return "-".join(
            "".join(c if c.isalnum() else " " for c in self.name.replace("'", "")).lower().split()
        )


def groups() -> tuple[Group, ...]:
    """Every group in its order."""
    told = [
        Operation(method.upper(), path, each, _call(method.upper(), path, each))
        for path, methods in build_document()["paths"].items()
        for method, each in methods.items()
    ]
    return tuple(
        Group(
            tag["name"], tag["description"], tuple(each for each in told if tag["name"] in each.told["tags"])
        )
        for tag in build_document()["tags"]
    )


def schemas() -> Mapping[str, Schema]:
    """Every schema that has a name."""
    found: Mapping[str, Schema] = build_document()["components"]["schemas"]
    return found


def remedy(code: str) -> str:
    """What the reader of a code does about it."""
    return PROBLEMS[code].remedy


def example_of(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The examples of a body by their names, as they are read by people."""
    shown = {name: each["value"] for name, each in content.get("examples", {}).items()}
    if "example" in content:
        shown[""] = content["example"]
    return [(name, value if isinstance(value, str) else _written(value)) for name, value in shown.items()]


def choices(schema: Schema) -> list[Row]:
    """What a value may be, where it is nothing but named schemas and lists of them."""
    found = [
        Row("", kind(each), "", required=True, named=_linked(each)) for each in schema.get("anyOf", (schema,))
    ]
    return found if all(each.named for each in found) else []


def rows(schema: Schema, path: str = "", depth: int = 0) -> Iterator[Row]:
    """What is in a schema, objects inside it among them. What has a name of its own is told in its place."""
    for choice in schema.get("anyOf", ()) if not path else ():
        yield from rows(choice, path, depth)
    needed = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield _row(place, inner, required=name in needed)
        if depth < _DEEPEST:
            yield from _inside(inner, place, depth)
    if "items" in schema and not path:
        yield _row("[]", schema["items"], required=True)
        yield from _inside(schema["items"], "[]", depth)


def _inside(schema: Schema, place: str, depth: int) -> Iterator[Row]:
    """The rows below one value: of an object, of what a list holds, of either where it may be null."""
    for choice in schema.get("anyOf", (schema,)):
        if "properties" in choice:
            yield from rows(choice, place, depth + 1)
        elif "items" in choice:
            yield from _inside(choice["items"], f"{place}[]", depth + 1)


def _row(place: str, schema: Schema, *, required: bool) -> Row:
    return Row(place, kind(schema), schema.get("description", ""), required, _linked(schema))


def kind(schema: Schema) -> str:
    """What a value is, in a few words."""
    if "$ref" in schema:
        return _name(schema)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(kind, schema["anyOf"])))
    return ", ".join((_type(schema), *_bounds(schema)))


def _type(schema: Schema) -> str:
    told = schema.get("type", "any JSON")
    names = told if isinstance(told, list) else [told]
    words = ["moment" if schema.get("format") == "date-time" and name == "string" else name for name in names]
    if "items" in schema:
        words = [f"list of {kind(schema['items'])}" if word == "array" else word for word in words]
    return " or ".join(words)


def _bounds(schema: Schema) -> Iterator[str]:
    for name, words in _BOUNDS:
        if name in schema and (name, schema[name]) not in _OBVIOUS:
            yield words.format(f"{schema[name]:,}" if isinstance(schema[name], int) else schema[name])


def _linked(schema: Schema) -> str | None:
    """The named schema that a value is, or that a list of it holds."""
    for choice in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in choice:
            return _name(choice)
    return None


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(_PLACE)


def _call(method: str, path: str, told: Mapping[str, Any]) -> str:
    """The operation as a command to copy: `$RELAY` is the relay's address, `$KEY` the key."""
    for each in told.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each.get("example", "NAME")))
    verb = "" if method == "GET" else "-I " if method == "HEAD" else f"-X {method} "
    lines = [f'curl {verb}"$RELAY{path}"']
    if told["security"]:
        lines.append('-H "X-API-Key: $KEY"')
    content = told.get("requestBody", {}).get("content", {})
    for kind_of, body in list(content.items())[:1]:
        shown = next(iter(body.get("examples", {}).values()), None)
        if shown is not None:
            lines += [f'-H "Content-Type: {kind_of}"', f"-d {shlex.quote(_short(shown['value']))}"]
    return " \\\n  ".join(lines)


def _short(value: object) -> str:
    """On one line if that can be read."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _LINE else _written(value)


def _written(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
