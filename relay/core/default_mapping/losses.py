"""Warnings about parts of an event that its call leaves out or changes."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

from relay.core.call import Operation
from relay.core.errors import Problem, join_path


class MappingChange(StrEnum):
    """What the mapping did with a part of the event."""

    DROPPED = "dropped"
    """The call has no field for it."""
    MOVED = "moved"
    """It is sent in another field."""
    FALLBACK = "fallback"
    """The event is sent by another operation than its source asks for."""
    INTERNAL = "internal_people"
    """The customer's own people were left out."""


CHANGE_MEANINGS: Mapping[MappingChange, str] = {
    MappingChange.DROPPED: "The call has no field for this part of the event, so it is not sent.",
    MappingChange.MOVED: "The call has no field of its own for this part of the event, so it is sent in another field.",
    MappingChange.FALLBACK: "The call that the source asks for cannot represent the event, so it is sent as another call.",
    MappingChange.INTERNAL: "Recipients with an internal domain are left out.",
}
"""The text of docs/errors.md for each code."""


def fallback_warning(path: str, reason: str, operation: Operation) -> Problem:
    return Problem(path, MappingChange.FALLBACK, f"{reason}: sent as {operation}")


def dropped_warning(path: str, reason: str) -> Problem:
    return Problem(path, MappingChange.DROPPED, f"is not sent: {reason}")


def dropped_warnings(
    path: str, part: object, reason: str, *, keep: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield a warning for each non-empty field of `part`, except those in `keep`."""
    for name in getattr(part, "__slots__", ()):
        if name not in keep and getattr(part, name):
            yield dropped_warning(join_path(path, name), reason)
