"""Safe access to a body of any shape: a missing value, or one of the wrong type, reads as empty."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

_NOTHING: Mapping[str, Any] = {}


def get_object(value: object, *names: str) -> Mapping[str, Any]:
    """Return the object nested under these keys, or an empty object."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else _NOTHING


def iter_objects(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects in an array, each with its index."""
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))


def is_empty(value: object) -> bool:
    """True for null, a blank string, an empty object and an empty array."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ({}, [])


def is_integer(value: object) -> TypeGuard[int]:
    # In Python, True and False are integers. In JSON they are not.
    return isinstance(value, int) and not isinstance(value, bool)
