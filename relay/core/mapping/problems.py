"""Codes of everything that can be wrong with a mapping, and of what can go wrong while it maps one event."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from relay.core.errors import Problem, join_path
from relay.core.gong.base_schema import closest_name
from relay.core.gong.problems import printable_key


class MappingErrorCode(StrEnum):
    """Why a mapping does not compile. All errors of a mapping are reported together, when it is loaded."""

    SYNTAX_ERROR = "syntax_error"
    UNKNOWN_FUNCTION = "unknown_function"
    INVALID_ARGUMENTS = "invalid_arguments"
    UNKNOWN_NAME = "unknown_name"
    TOO_LARGE = "too_large"
    TOO_MANY_COPIES = "too_many_copies"
    UNKNOWN_KEY = "unknown_key"
    INVALID_VALUE = "invalid_value"
    MISSING_KEY = "missing_key"
    DUPLICATE_NAME = "duplicate_name"
    UNREACHABLE_RULE = "unreachable_rule"


class EventProblemCode(StrEnum):
    """What went wrong for one event: the reason of a dead letter, or a warning."""

    WORK_LIMIT_EXCEEDED = "work_limit_exceeded"
    """Mapping the event takes more steps than one event may. Dead letters only."""
    TOO_MANY_ITEMS = "too_many_items"
    """The receipt holds more items than the relay maps. Dead letters only."""
    NO_VALUE = "no_value"
    """An expression has no value for this payload."""
    VALUE_DROPPED = "value_dropped"
    """A value is not sent, because Gong would not accept it."""
    VALUE_CHANGED = "value_changed"
    """A value is sent in another form than the payload's: cut to length, or as text."""
    GENERATED_ID = "generated_id"
    """The payload has no event id; a hash of the item is used instead."""
    NO_DESTINATION = "no_destination"
    """The source routes by a value, and this event's value leads to no destination. Dead letters only."""


def check_keys(spec: Mapping[Any, Any], allowed: Sequence[str], path: str) -> Iterator[Problem]:
    """One problem for each key of `spec` that is not in `allowed`."""
    for key in spec:
        if key not in allowed:
            message = f"unknown key{did_you_mean(key, allowed)}"
            yield Problem(join_path(path, printable_key(str(key))), MappingErrorCode.UNKNOWN_KEY, message)


def did_you_mean(word: Any, choices: Sequence[str]) -> str:
    """`: did you mean priority?`, or the list of choices if none is close to `word`."""
    # A list of all choices is long; a near miss almost always means one of them.
    near = closest_name(word, choices) if isinstance(word, str) else None
    if near:
        return f": did you mean {near}?"
    return f": use one of {', '.join(choices)}" if choices else ""
