"""The functions that JMESPath itself defines. Unlike in JMESPath, the result is null if a typed argument is."""

import math
from typing import Any

import orjson

from relay.core.mapping.functions.registry import ElementFunction, check_length


def abs_(number: float) -> float:
    """`abs(`-2`)` is `2`."""
    return abs(number)


def avg(numbers: list[float]) -> float | None:
    """`avg(`[1, 2, 6]`)` is `3.0`."""
    return sum(numbers) / len(numbers) if numbers else None


def ceil(number: float) -> int:
    """`ceil(`1.2`)` is `2`."""
    return math.ceil(number)


def contains(whole: str | list[Any], part: str | float) -> bool:
    """`contains('pricing page', 'pric')` is `true`: whether text contains a substring, or a list an element."""
    return part in whole


def ends_with(text: str, end: str) -> bool:
    """`ends_with('deck.pdf', '.pdf')` is `true`."""
    return text.endswith(end)


def floor(number: float) -> int:
    """`floor(`1.8`)` is `1`."""
    return math.floor(number)


def join(separator: str, texts: list[str]) -> str:
    """`join(', ', `["a", "b"]`)` is `"a, b"`."""
    # Checked before joining: the text must never be built.
    check_length(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def keys(fields: dict[str, Any]) -> list[str]:
    """`keys(`{"a": 1, "b": 2}`)` is `["a", "b"]`."""
    return list(fields)


def length(value: str | list[Any] | dict[str, Any]) -> int:
    """`length(`[1, 2]`)` is `2`."""
    return len(value)


def map_(expression: ElementFunction, elements: list[Any]) -> list[Any]:
    """`map(&name, `[{"name": "a"}, {}]`)` is `["a", null]`. Unlike `[].name`, it keeps nulls."""
    return [expression(element) for element in elements]


def max_(values: list[Any]) -> Any:
    """`max(`[1, 3, 2]`)` is `3`."""
    # Values of mixed types raise TypeError, which Function.call reports as NoValue.
    return max(values) if values else None


def max_by(elements: list[Any], key: ElementFunction) -> Any:
    """`max_by(`[{"n": 1}, {"n": 3}]`, &n)` is `{"n": 3}`."""
    return max(elements, key=key) if elements else None


def merge(*objects: dict[str, Any]) -> dict[str, Any]:
    """`merge(`{"a": 1}`, `{"b": 2}`)` is `{"a": 1, "b": 2}`."""
    return {key: value for fields in objects for key, value in fields.items()}


def min_(values: list[Any]) -> Any:
    """`min(`[3, 1, 2]`)` is `1`."""
    return min(values) if values else None


def min_by(elements: list[Any], key: ElementFunction) -> Any:
    """`min_by(`[{"n": 3}, {"n": 1}]`, &n)` is `{"n": 1}`."""
    return min(elements, key=key) if elements else None


def not_null(*values: Any) -> Any:
    """`not_null(`null`, '', 'a')` is `""`. `first` skips empty text too."""
    return next((value for value in values if value is not None), None)


def reverse(value: str | list[Any]) -> str | list[Any]:
    """`reverse(`[1, 2]`)` is `[2, 1]`."""
    return value[::-1]


def sort(values: list[Any]) -> list[Any]:
    """`sort(`["b", "a"]`)` is `["a", "b"]`."""
    return sorted(values)


def sort_by(elements: list[Any], key: ElementFunction) -> list[Any]:
    """`sort_by(`[{"n": 2}, {"n": 1}]`, &n)` is `[{"n": 1}, {"n": 2}]`."""
    return sorted(elements, key=key)


def starts_with(text: str, start: str) -> bool:
    """`starts_with('page_view', 'page')` is `true`."""
    return text.startswith(start)


def sum_(numbers: list[float]) -> float:
    """`sum(`[1, 2]`)` is `3`."""
    return sum(numbers)


def to_array(value: Any) -> list[Any] | None:
    """`to_array('a')` is `["a"]`: for a field that is sometimes a list and sometimes a single value."""
    if value is None:
        return None
    return value if isinstance(value, list) else [value]


def to_number(value: Any) -> float | None:
    """`to_number('39.95')` is `39.95`."""
    if isinstance(value, str):
        return _parse_number(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def to_string(value: object) -> str | None:
    """`to_string(`[1, true]`)` is `"[1,true]"`."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def type_(value: Any) -> str:
    """`type(`[1]`)` is `"array"`."""
    if isinstance(value, bool):
        return "boolean"
    # bool is handled above, because it is a subclass of int.
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def values(fields: dict[str, Any]) -> list[Any]:
    """`values(`{"a": 1, "b": 2}`)` is `[1, 2]`."""
    return list(fields.values())


def _parse_number(text: str) -> float | None:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return number if number - number == 0 else None  # neither infinite nor NaN


FUNCTIONS = (
    abs_, avg, ceil, contains, ends_with, floor, join, keys, length, map_, max_, max_by, merge, min_, min_by,
    not_null, reverse, sort, sort_by, starts_with, sum_, to_array, to_number, to_string, type_, values,
)  # fmt: skip
