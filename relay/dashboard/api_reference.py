"""Prepares the OpenAPI document for the documentation pages: operation groups, schema tables and curl commands."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from relay.web.openapi.document import build_document
from relay.web.openapi.problems import ERRORS
from relay.web.openapi.schema_types import Schema

_REFERENCE_PREFIX = "#/components/schemas/"
_MAX_DEPTH = 4
_MAX_LINE_LENGTH = 60
_BOUNDS = (
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} items"),
    ("minimum", "minimum {}"),
    ("maximum", "maximum {}"),
    ("default", "default {}"),
)
# Bounds that the type implies: counts and 32-bit integers.
_OBVIOUS_BOUNDS = {("minimum", 0), ("minimum", -(2**31)), ("maximum", 2**31 - 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRow:
    """One row of a schema's table."""

    path: str
    type: str
    description: str
    required: bool
    schema_name: str | None = None
    """The named schema to link to."""


@dataclass(frozen=True, slots=True)
class ReferenceOperation:
    """One operation of the document, with a curl command that calls it."""

    method: str
    path: str
    spec: Mapping[str, Any]
    command: str

    @property
    def role(self) -> str:
        """The role that the caller's key needs; empty if no key is needed."""
        requirements = self.spec["security"]
        return str(next(iter(requirements[0].values()))[0]) if requirements else ""


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """The operations that share a tag."""

    name: str
    description: str
    operations: tuple[ReferenceOperation, ...]

    @property
    def slug(self) -> str:
        """The group's name in URLs."""
        letters = (char if char.isalnum() else " " for char in self.name.replace("'", ""))
        return "-".join("".join(letters).lower().split())


def list_groups() -> tuple[OperationGroup, ...]:
    """Return all groups in the order of the document."""
    operations = [
        ReferenceOperation(method.upper(), path, spec, _curl_command(method.upper(), path, spec))
        for path, methods in build_document(current_app)["paths"].items()
        for method, spec in methods.items()
    ]
    return tuple(
        OperationGroup(
            tag["name"],
            tag["description"],
            tuple(operation for operation in operations if tag["name"] in operation.spec["tags"]),
        )
        for tag in build_document(current_app)["tags"]
    )


def named_schemas() -> Mapping[str, Schema]:
    schemas: Mapping[str, Schema] = build_document(current_app)["components"]["schemas"]
    return schemas


def explain_code(code: str) -> str:
    """Return what an error code means, and what the caller should do."""
    error = ERRORS[code]
    return f"{error.plain_meaning} {error.plain_remedy}"


def list_examples(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the examples of a body as pairs of name and formatted text. A single example has no name."""
    examples = {name: example["value"] for name, example in content.get("examples", {}).items()}
    if "example" in content:
        examples[""] = content["example"]
    return [
        (name, value if isinstance(value, str) else _format_json(value)) for name, value in examples.items()
    ]


def list_alternatives(schema: Schema) -> list[SchemaRow]:
    """Return a row per alternative if a schema consists only of named schemas; otherwise an empty list."""
    alternatives = [
        SchemaRow(
            path="",
            type=describe_type(alternative),
            description="",
            required=True,
            schema_name=_find_schema_name(alternative),
        )
        for alternative in schema.get("anyOf", (schema,))
    ]
    return alternatives if all(row.schema_name for row in alternatives) else []


def list_rows(schema: Schema, path: str = "", depth: int = 0) -> Iterator[SchemaRow]:
    """Yield a row per value in a schema, nested objects included. A named schema is linked, not expanded."""
    for alternative in schema.get("anyOf", ()) if not path else ():
        yield from list_rows(alternative, path, depth)
    required = set(schema.get("required", ()))
    for name, value_schema in schema.get("properties", {}).items():
        value_path = f"{path}.{name}" if path else name
        yield _row(value_path, value_schema, required=name in required)
        if depth < _MAX_DEPTH:
            yield from _list_nested_rows(value_schema, value_path, depth)
    if "items" in schema and not path:
        yield _row("[]", schema["items"], required=True)
        yield from _list_nested_rows(schema["items"], "[]", depth)


def _list_nested_rows(schema: Schema, path: str, depth: int) -> Iterator[SchemaRow]:
    """Yield the rows below one value: of an object, or of the items of a list."""
    # A nullable value is an `anyOf` of its schema and null.
    for alternative in schema.get("anyOf", (schema,)):
        if "properties" in alternative:
            yield from list_rows(alternative, path, depth + 1)
        elif "items" in alternative:
            yield from _list_nested_rows(alternative["items"], f"{path}[]", depth + 1)


def _row(path: str, schema: Schema, *, required: bool) -> SchemaRow:
    return SchemaRow(
        path=path,
        type=describe_type(schema),
        description=schema.get("description", ""),
        required=required,
        schema_name=_find_schema_name(schema),
    )


def describe_type(schema: Schema) -> str:
    """Describe the type of a value in a few words, such as `string, at most 80 characters`."""
    if "$ref" in schema:
        return _referenced_name(schema)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(describe_type, schema["anyOf"])))
    return ", ".join((_type_name(schema), *_list_bounds(schema)))


def _type_name(schema: Schema) -> str:
    declared = schema.get("type", "any JSON")
    names = declared if isinstance(declared, list) else [declared]
    if schema.get("format") == "date-time":
        names = ["timestamp" if name == "string" else name for name in names]
    if "items" in schema:
        names = [f"list of {describe_type(schema['items'])}" if name == "array" else name for name in names]
    return " or ".join(names)


def _list_bounds(schema: Schema) -> Iterator[str]:
    for name, template in _BOUNDS:
        if name in schema and (name, schema[name]) not in _OBVIOUS_BOUNDS:
            yield template.format(f"{schema[name]:,}" if isinstance(schema[name], int) else schema[name])


def _find_schema_name(schema: Schema) -> str | None:
    """Return the named schema that a value, or the items of a list, refer to."""
    for candidate in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in candidate:
            return _referenced_name(candidate)
    return None


def _referenced_name(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(_REFERENCE_PREFIX)


def _curl_command(method: str, path: str, spec: Mapping[str, Any]) -> str:
    """Build a curl command that reads the relay's address from `$RELAY` and the API key from `$KEY`."""
    for parameter in spec.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter.get("example", "NAME")))
    option = "" if method == "GET" else "-I " if method == "HEAD" else f"-X {method} "
    lines = [f'curl {option}"$RELAY{path}"']
    if spec["security"]:
        lines.append('-H "X-API-Key: $KEY"')
    # One example is enough: the page shows all of them below the command.
    content = spec.get("requestBody", {}).get("content", {})
    for content_type, body in list(content.items())[:1]:
        example = next(iter(body.get("examples", {}).values()), None)
        if example is not None:
            data = shlex.quote(_format_compact(example["value"]))
            lines += [f'-H "Content-Type: {content_type}"', f"-d {data}"]
    return " \\\n  ".join(lines)


def _format_compact(value: object) -> str:
    """Format JSON on one line if it is short, and indented otherwise."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _MAX_LINE_LENGTH else _format_json(value)


def _format_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
