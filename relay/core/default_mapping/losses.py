"""What an event loses or changes on its way into a call: never silently."""

from collections.abc import Collection, Iterator
from enum import StrEnum

from relay.core.call import Operation
from relay.core.errors import Problem, join_path


class MappingChange(StrEnum):
    """What happened to a part of the event."""

    DROPPED = "dropped"
    """It has no place in the call."""
    MOVED = "moved"
    """It is told in another place than its own."""
    FALLBACK = "fallback"
    """The event went to another operation than its source asked for."""
    INTERNAL = "internal_people"
    """A colleague, about whom Gong is not told."""


def fallback_warning(path: str, why: str, operation: Operation) -> Problem:
    return Problem(path, MappingChange.FALLBACK, f"{why}: sent as {operation}")


def dropped_warning(path: str, why: str) -> Problem:
    return Problem(path, MappingChange.DROPPED, f"is not sent: {why}")


def dropped_warnings(path: str, part: object, why: str, *, but: Collection[str] = ()) -> Iterator[Problem]:
    """One warning for each thing told in a part, but for those that the call does say."""
    for name in getattr(part, "__slots__", ()):
        if name not in but and getattr(part, name):
            yield dropped_warning(join_path(path, name), why)
