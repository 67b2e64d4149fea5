"""Gong's lists of named values: custom fields of an interaction, properties of an engagement event.

A map can write the list out, or write an object of names and values instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relay.core.default_mapping.properties import (
    format_scalar,
    render_custom_fields,
    render_generic_properties,
)
from relay.core.errors import Problem
from relay.core.gong import formats
from relay.core.gong.base_schema import NestedObject
from relay.core.gong.fields import Array
from relay.core.mapping.problems import EventProblemCode


@dataclass(frozen=True, slots=True)
class NamedValueFormat:
    """How one of Gong's APIs writes a list of named values."""

    from_object: Callable[[Mapping[str, Any]], list[dict[str, str]]]
    """Turns an object of names and values into the list."""
    text: str
    """The API's name of the text type."""
    number: str
    """The API's name of the number type."""
    checks: Mapping[str, formats.FormatCheck]
    """The check that a value of each type must pass."""


_FORMATS: Mapping[str, NamedValueFormat] = {
    "CustomField": NamedValueFormat(
        render_custom_fields,
        "STRING",
        "NUMBER",
        {
            "NUMBER": formats.check_number,
            "DATE": formats.check_date_or_timestamp,
            "URL": formats.check_url,
            "BOOLEAN": formats.check_boolean,
            "DURATION": formats.check_duration,
        },
    ),
    "GenericProperty": NamedValueFormat(
        render_generic_properties,
        "string",
        "number",
        {"number": formats.check_number, "date": formats.check_date_or_timestamp, "url": formats.check_url},
    ),
}


def find_value_format(field: Array) -> NamedValueFormat | None:
    """Return the format of a list of named values; None for any other list."""
    inner = field.inner
    return _FORMATS.get(type(inner.schema).__name__) if isinstance(inner, NestedObject) else None


def coerce_entry(raw: Any, value_format: NamedValueFormat, path: str, warnings: list[Problem]) -> Any:
    """Return one entry with its value as text, and a type that the value has. Anything else is returned unchanged."""
    value = raw.get("value") if isinstance(raw, dict) else None
    if value is None or isinstance(value, list | dict):
        return raw
    data_type = raw.get("dataType")
    if data_type is None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        data_type = value_format.number if is_number else value_format.text
    check = value_format.checks.get(data_type) if isinstance(data_type, str) else None
    if check and check(format_scalar(value)):
        # Gong would reject the whole call over one value of the wrong type. As text it is at least shown.
        message = f"is sent as text: its value is not of type {str(data_type).lower()}"
        warnings.append(Problem(path, EventProblemCode.VALUE_CHANGED, message))
        data_type = value_format.text
    return {**raw, "value": format_scalar(value), "dataType": data_type}
