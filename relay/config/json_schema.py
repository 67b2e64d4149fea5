"""Generate a JSON Schema of the configuration file from the schemas that validate it, for completion in editors."""

from typing import Any

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from relay.config.alerts import Interval, Threshold
from relay.config.fields import ApiKey, NamedSections, Share, Text, WholeNumber
from relay.config.routing import Priorities
from relay.config.schema import ConfigSchema
from relay.config.visit_sessions import AggregatesByType, Duration
from relay.config.webhook_schema import FreeText, Secret, SuggestedWord
from relay.core.mapping.visit_sessions import DURATION_PATTERN

_VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_COMPONENTS = "#/components/schemas/"

_SECRET = {"type": "string", "minLength": 1}
_SECRET_WITH_DATES = {"type": "object", "required": ["secret"], "additionalProperties": False}
_DATES = {name: {"type": "string", "format": "date-time"} for name in ("not_before", "expires_at")}


def build_json_schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) of the whole file."""
    plugin = MarshmallowPlugin(schema_name_resolver=_title)
    spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    plugin.converter.add_attribute_function(_describe_field)  # type: ignore[union-attr]
    spec.components.schema("Config", schema=ConfigSchema)
    parts = _with_local_references(spec.to_dict()["components"]["schemas"])
    top = parts.pop("Config")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The Gong event relay's configuration",
        **top,
        "$defs": parts,
    }


def _title(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _describe_field(_: Any, field: marshmallow.fields.Field[Any], **__: Any) -> dict[str, Any]:
    """Return the schema of our own field classes. In the file, `${NAME}` can replace a number too."""
    match field:
        case WholeNumber():
            return {"type": ["integer", "string"], "pattern": f"^([0-9]+|{_VARIABLE})$"}
        case Share():
            pattern = rf"^([0-9.]+ ?%|[01](\.[0-9]+)?|{_VARIABLE})$"
            return {"type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 1, "pattern": pattern}
        case Duration() | Threshold() | Interval():
            return _threshold(field)
        case ApiKey():
            return {"type": "string", "pattern": f"^(sha256:[0-9a-f]{{64}}|{_VARIABLE})$"}
        case Secret():
            return {"anyOf": [_SECRET, {**_SECRET_WITH_DATES, "properties": {"secret": _SECRET, **_DATES}}]}
        case Text():
            return _text(field)
        case NamedSections() | Priorities() | AggregatesByType():
            return {"propertyNames": field.key_schema}
        case _:
            return {}


def _threshold(field: Duration | Threshold | Interval) -> dict[str, Any]:
    pattern = DURATION_PATTERN if isinstance(field, Duration) else field.pattern
    kinds = ["number", "string", *(["boolean"] if isinstance(field, Threshold) else [])]
    return {"type": kinds, "pattern": f"^({pattern}|{_VARIABLE})$"}


def _text(field: Text) -> dict[str, Any]:
    if isinstance(field, SuggestedWord):
        return {"enum": [*field.words, *([None] if field.allow_none else [])]}
    return {"minLength": 0 if isinstance(field, FreeText) else 1}


def _with_local_references(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _with_local_references(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_local_references(value) for value in node]
    return node.replace(_COMPONENTS, "#/$defs/") if isinstance(node, str) else node
