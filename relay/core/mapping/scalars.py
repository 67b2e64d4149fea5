"""Plain values: when one says nothing, and how an object of anything becomes one of plain values."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from relay.core.default_mapping.properties import format_scalar
from relay.core.event.model import Scalar

_DEEPEST = 4
_MOST = 1_000


def is_empty(value: Any) -> bool:
    """Null, blank text, an empty list or object. 0 and false say something."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)


def is_true(value: Any) -> bool:
    """As JMESPath has it: false, null and what is empty are not; 0 is."""
    return value is not False and value is not None and value not in ("", [], {})


def flatten_scalars(of: Mapping[str, Any]) -> dict[str, Scalar]:
    """`{"a": {"b": 1}, "c": ["x", "y"]}` is `{"a.b": 1, "c": "x, y"}`; what is empty or beyond all use is left out."""
    return dict(islice(_flat(of, "", _DEEPEST), _MOST))


def _flat(of: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    for key, value in of.items():
        name = prefix + key
        if isinstance(value, dict):
            if depth > 1:
                yield from _flat(value, name + ".", depth - 1)
        elif isinstance(value, list):
            if text := ", ".join(
                format_scalar(each) for each in value if isinstance(each, str | int | float)
            ):
                yield name, text
        elif not is_empty(value):
            yield name, value
