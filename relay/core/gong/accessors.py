"""Reading parts of a body that may have any shape: what is not there, or is of another type, reads as empty."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

_NOTHING: Mapping[str, Any] = {}


def get_object(value: object, *names: str) -> Mapping[str, Any]:
    """The object under these names."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else _NOTHING


def iter_objects(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of an array, with their places."""
    if isinstance(value, list):
        yield from ((place, item) for place, item in enumerate(value) if isinstance(item, dict))


def is_empty(value: object) -> bool:
    """Whether it says nothing: null, blank, or without items."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ({}, [])


def is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
