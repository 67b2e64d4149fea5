"""Functions that choose, look up and gather: defaults, tables, and Gong's lists of custom fields."""

from typing import Any

from relay.core.default_mapping.properties import render_custom_fields as as_custom_fields
from relay.core.default_mapping.properties import render_generic_properties
from relay.core.mapping.functions.registry import ElementFunction
from relay.core.mapping.scalars import flatten_scalars, is_empty


def default(value: Any, otherwise: Any) -> Any:
    """`default('', 'Untitled')` is `"Untitled"`; 0 and false are values: `default(`0`, `9`)` is `0`."""
    return otherwise if is_empty(value) else value


def first(*values: Any) -> Any:
    """`first(`null`, '', 'a', 'b')` is `"a"`: the first that says something. 0 and false do."""
    return next((value for value in values if not is_empty(value)), None)


def if_(condition: Any, then: Any, otherwise: Any = None) -> Any:
    """`if(`true`, 'signed', 'open')` is `"signed"`."""
    return otherwise if is_empty(condition) or condition is False else then


def lookup(key: Any, table: dict[str, Any], otherwise: Any = None) -> Any:
    """`lookup('click', {click: 'link clicked', open: 'email opened'})` is `"link clicked"`.

    A key that the table has not gives the third argument, or null.
    """
    found = table.get(str(key)) if isinstance(key, str | int) else None
    return otherwise if found is None else found


def find(elements: list[Any], key: ElementFunction, value: Any) -> Any:
    """`find(`[{"id": 1}, {"id": 2, "n": "b"}]`, &id, `2`)` is `{"id": 2, "n": "b"}`: unlike `[?…]` it sees beyond the list."""
    wanted = (type(value), value)
    return next((each for each in elements if _same(key(each), wanted)), None)


def object_of(elements: list[Any], name: ElementFunction, value: ElementFunction) -> dict[str, Any]:
    """`object_of(`[{"key": "plan", "text": "pro"}]`, &key, &text)` is `{"plan": "pro"}`."""
    pairs = ((name(each), value(each)) for each in elements)
    return {key: found for key, found in pairs if isinstance(key, str)}


def omit(of: dict[str, Any], *names: str) -> dict[str, Any]:
    """`omit(`{"a": 1, "b": 2}`, 'a')` is `{"b": 2}`."""
    return {key: value for key, value in of.items() if key not in names}


def pick(of: dict[str, Any], *names: str) -> dict[str, Any]:
    """`pick(`{"a": 1, "b": 2}`, 'a')` is `{"a": 1}`: of a form, only what you mean to send."""
    return {name: of[name] for name in names if name in of}


def custom_fields(of: object) -> list[dict[str, str]] | None:
    """`custom_fields({Plan: 'pro', Seats: `5`, Gone: `null`})` is
    `[{"name": "Plan", "value": "pro", "dataType": "STRING"}, {"name": "Seats", "value": "5", "dataType": "NUMBER"}]`.
    """
    return as_custom_fields(flatten_scalars(of)) if isinstance(of, dict) else None


def properties(of: object) -> list[dict[str, str]] | None:
    """`properties({Pages: `3`})` is `[{"name": "Pages", "value": "3", "dataType": "number"}]`: for the engagement calls."""
    return render_generic_properties(flatten_scalars(of)) if isinstance(of, dict) else None


def typed(name: str, value: Any, kind: str) -> dict[str, Any] | None:
    """`typed('Watched', `184`, 'DURATION')` is `{"name": "Watched", "value": 184, "dataType": "DURATION"}`.

    One entry of a list of custom fields; without a value it is null.
    """
    return None if is_empty(value) else {"name": name, "value": value, "dataType": kind}


def _same(found: Any, wanted: tuple[type, Any]) -> bool:
    kind, value = wanted
    return isinstance(found, str | int | float) and type(found) is kind and found == value


FUNCTIONS = (
    default, first, if_, lookup, find, object_of, omit, pick, custom_fields, properties, typed,
)  # fmt: skip
