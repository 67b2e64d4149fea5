"""Gong's lists of named values: custom fields of an interaction, properties of an engagement call.

A map may write such a list out, or give an object of names and values, which is how people think of it.
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
from relay.core.gong import formats as forms
from relay.core.gong.base_schema import NestedObject
from relay.core.gong.fields import Array
from relay.core.mapping.problems import EventProblemCode


@dataclass(frozen=True, slots=True)
class NamedValueFormat:
    """How one API writes named values. `forms` says how the values of a kind are written."""

    from_object: Callable[[Mapping[str, Any]], list[dict[str, str]]]
    text: str
    number: str
    forms: Mapping[str, forms.FormatCheck]


_KINDS: Mapping[str, NamedValueFormat] = {
    "CustomField": NamedValueFormat(
        render_custom_fields,
        "STRING",
        "NUMBER",
        {
            "NUMBER": forms.check_number,
            "DATE": forms.check_date_or_timestamp,
            "URL": forms.check_url,
            "BOOLEAN": forms.check_boolean,
            "DURATION": forms.check_duration,
        },
    ),
    "GenericProperty": NamedValueFormat(
        render_generic_properties,
        "string",
        "number",
        {"number": forms.check_number, "date": forms.check_date_or_timestamp, "url": forms.check_url},
    ),
}


def named_value_format(field: Array) -> NamedValueFormat | None:
    """How a list is written, if it is one of named values."""
    inner = field.inner
    return _KINDS.get(type(inner.schema).__name__) if isinstance(inner, NestedObject) else None


def coerce_entry(raw: Any, names: NamedValueFormat, path: str, hitches: list[Problem]) -> Any:
    """One entry of a list, with a type that its value fits."""
    value = raw.get("value") if isinstance(raw, dict) else None
    if value is None or isinstance(value, list | dict):
        return raw
    kind = raw.get("dataType")
    if kind is None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        kind = names.number if is_number else names.text
    form = names.forms.get(kind) if isinstance(kind, str) else None
    if form and form(format_scalar(value)):
        hitches.append(
            Problem(
                path, EventProblemCode.VALUE_CHANGED, f"is sent as text: its value is no {str(kind).lower()}"
            )
        )
        kind = names.text
    return {**raw, "value": format_scalar(value), "dataType": kind}
