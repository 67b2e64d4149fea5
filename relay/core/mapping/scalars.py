"""Plain values: which of them are empty, and how to flatten an object into them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from relay.core.default_mapping.properties import format_scalar
from relay.core.event.model import Scalar

_DEPTH_MAX = 4
_ENTRIES_MAX = 1_000


def is_empty(value: Any) -> bool:
    """True for null, blank text, an empty list and an empty object, but not for 0 and false."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)


def is_true(value: Any) -> bool:
    """True for everything that JMESPath counts as true: all but false, null and empty values. 0 is true."""
    # `in` compares by ==, and 0 equals none of the three.
    return value is not False and value is not None and value not in ("", [], {})


def flatten_scalars(values: Mapping[str, Any]) -> dict[str, Scalar]:
    """Turn `{"a": {"b": 1}, "c": ["x", "y"]}` into `{"a.b": 1, "c": "x, y"}`.

    Leaves out empty values, levels below the fourth, and everything after the first 1,000 entries.
    """
    return dict(islice(_flatten(values, "", _DEPTH_MAX), _ENTRIES_MAX))


def _flatten(values: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    for key, value in values.items():
        name = prefix + key
        if isinstance(value, dict):
            if depth > 1:
                yield from _flatten(value, name + ".", depth - 1)
        elif isinstance(value, list):
            # Gong has no lists of values here: join the plain elements, and skip the nested ones.
            scalars = (format_scalar(item) for item in value if isinstance(item, str | int | float))
            if text := ", ".join(scalars):
                yield name, text
        elif not is_empty(value):
            yield name, value
