"""Functions that choose and collect values: defaults, lookup tables, and Gong's lists of custom fields."""

from typing import Any

from relay.core.default_mapping.properties import render_custom_fields, render_generic_properties
from relay.core.mapping.functions.registry import ElementFunction
from relay.core.mapping.scalars import flatten_scalars, is_empty


def default(value: Any, fallback: Any) -> Any:
    """`default('', 'Untitled')` is `"Untitled"`. 0 and false are not empty: `default(`0`, `9`)` is `0`."""
    return fallback if is_empty(value) else value


def first(*values: Any) -> Any:
    """`first(`null`, '', 'a', 'b')` is `"a"`: the first value that is not empty. 0 and false are not empty."""
    return next((value for value in values if not is_empty(value)), None)


def if_(condition: Any, then: Any, otherwise: Any = None) -> Any:
    """`if(`true`, 'signed', 'open')` is `"signed"`."""
    return otherwise if is_empty(condition) or condition is False else then


def lookup(key: Any, table: dict[str, Any], fallback: Any = None) -> Any:
    """`lookup('click', {click: 'link clicked', open: 'email opened'})` is `"link clicked"`.

    For a key that is not in the table, it is the third argument, or null.
    """
    # Keys of an object are always text, so a status such as 3 is looked up as '3'.
    value = table.get(str(key)) if isinstance(key, str | int) else None
    return fallback if value is None else value


def find(elements: list[Any], key: ElementFunction, value: Any) -> Any:
    """`find(`[{"id": 1}, {"id": 2, "n": "b"}]`, &id, `2`)` is `{"id": 2, "n": "b"}`. Unlike in `[?…]`, `value` can come from outside the list."""
    return next((element for element in elements if _is_same(key(element), value)), None)


def object_of(elements: list[Any], name: ElementFunction, value: ElementFunction) -> dict[str, Any]:
    """`object_of(`[{"key": "plan", "text": "pro"}]`, &key, &text)` is `{"plan": "pro"}`."""
    pairs = ((name(element), value(element)) for element in elements)
    return {key: member for key, member in pairs if isinstance(key, str)}


def omit(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    """`omit(`{"a": 1, "b": 2}`, 'a')` is `{"b": 2}`."""
    return {key: value for key, value in fields.items() if key not in names}


def pick(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    """`pick(`{"a": 1, "b": 2}`, 'a')` is `{"a": 1}`: use it to send only some fields of a form."""
    return {name: fields[name] for name in names if name in fields}


def custom_fields(fields: object) -> list[dict[str, str]] | None:
    """`custom_fields({Plan: 'pro', Seats: `5`, Gone: `null`})` is
    `[{"name": "Plan", "value": "pro", "dataType": "STRING"}, {"name": "Seats", "value": "5", "dataType": "NUMBER"}]`.
    """
    return render_custom_fields(flatten_scalars(fields)) if isinstance(fields, dict) else None


def properties(fields: object) -> list[dict[str, str]] | None:
    """`properties({Pages: `3`})` is `[{"name": "Pages", "value": "3", "dataType": "number"}]`: for engagement events."""
    return render_generic_properties(flatten_scalars(fields)) if isinstance(fields, dict) else None


def typed(name: str, value: Any, data_type: str) -> dict[str, Any] | None:
    """`typed('Watched', `184`, 'DURATION')` is `{"name": "Watched", "value": 184, "dataType": "DURATION"}`.

    One entry of a list of custom fields, or null without a value.
    """
    return None if is_empty(value) else {"name": name, "value": value, "dataType": data_type}


def _is_same(key: Any, value: Any) -> bool:
    # The types must match, because in Python 1 == True == 1.0.
    return isinstance(key, str | int | float) and type(key) is type(value) and bool(key == value)


FUNCTIONS = (
    default, first, if_, lookup, find, object_of, omit, pick, custom_fields, properties, typed,
)  # fmt: skip
