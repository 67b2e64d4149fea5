"""Codes of everything that can be wrong with a mapping, and of what can go wrong while it maps one event."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any

from relay.core.errors import PROBLEMS_MAX, Problem, join_path
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


MAPPING_ERROR_REMEDIES: Mapping[MappingErrorCode, str] = {
    MappingErrorCode.SYNTAX_ERROR: "The expression is not JMESPath, or a `{{` is not closed. The message names the character. Put text in single quotes and JSON in backticks.",
    MappingErrorCode.UNKNOWN_FUNCTION: "There is no such [function](mapping.md#functions). The message suggests the closest match.",
    MappingErrorCode.INVALID_ARGUMENTS: "The function takes a different number of arguments, or an `&expression` in another position.",
    MappingErrorCode.UNKNOWN_NAME: "Start the expression with one of the [seven names](mapping.md#names-an-expression-can-read): `item.email`, not `email`.",
    MappingErrorCode.TOO_LARGE: "The rules, the map or the expression exceed a [limit](mapping.md#limits). Split the rule or the expression.",
    MappingErrorCode.TOO_MANY_COPIES: "The expression could copy its input too many times. Nest fewer lists in lists.",
    MappingErrorCode.UNKNOWN_KEY: "A rule or a source has no such key. The message suggests the closest match.",
    MappingErrorCode.INVALID_VALUE: "The value is not valid. The message says what it must be.",
    MappingErrorCode.MISSING_KEY: "Add the missing key: a rule needs `name`, `to` and `map`, and a source needs `rules`.",
    MappingErrorCode.DUPLICATE_NAME: "Two rules have the same name. Give each its own.",
    MappingErrorCode.UNREACHABLE_RULE: "An earlier rule has no `when`, so it matches every item. Move that rule to the end.",
}
"""The text of docs/errors.md for each code."""


class EventProblemCode(StrEnum):
    """What went wrong for one event: the reason of a dead letter, or a warning."""

    WORK_LIMIT_EXCEEDED = "work_limit_exceeded"
    """Mapping the event takes more steps than one event may. Dead letters only."""
    TOO_MANY_ITEMS = "too_many_items"
    """The receipt contains more items than the relay maps. Dead letters only."""
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


EVENT_PROBLEM_MEANINGS: Mapping[EventProblemCode, str] = {
    EventProblemCode.WORK_LIMIT_EXCEEDED: "Dead letters only. The rule reads more of the payload than the relay allows for one event. Read the item instead of the body, or fewer elements.",
    EventProblemCode.TOO_MANY_ITEMS: "Dead letters only. Have the sender post fewer events in each request.",
    EventProblemCode.NO_VALUE: "An expression has no value for this payload; the message says why. Handle the case with `default()` or another `when`.",
    EventProblemCode.VALUE_DROPPED: "The value is not sent, because Gong would not accept it. The message says why.",
    EventProblemCode.VALUE_CHANGED: "The value is sent in another form: cut to a length, cut to a number of items, or as text.",
    EventProblemCode.GENERATED_ID: "The payload has no event id, so the relay uses a hash of the item. It recognizes a repeated event only if the item is exactly the same: see [ids](mapping.md#ids).",
    EventProblemCode.NO_DESTINATION: "The value that names the event's destination [leads nowhere](routing.md#events-without-a-destination). The message holds the expression, the value and what to do.",
}
"""The text of docs/errors.md for each code."""


def check_keys(spec: Mapping[Any, Any], allowed: Sequence[str], path: str) -> Iterator[Problem]:
    """One problem for each of the first PROBLEMS_MAX keys of `spec` that are not in `allowed`."""
    for key in islice((key for key in spec if key not in allowed), PROBLEMS_MAX):
        message = f"unknown key{did_you_mean(key, allowed)}"
        yield Problem(join_path(path, printable_key(str(key))), MappingErrorCode.UNKNOWN_KEY, message)


def did_you_mean(word: Any, choices: Sequence[str]) -> str:
    """`: did you mean priority?`, or the list of choices if none is close to `word`."""
    # A list of all choices is long; a near miss almost always means one of them.
    near = closest_name(word, choices) if isinstance(word, str) else None
    if near:
        return f": did you mean {near}?"
    return f": use one of {', '.join(choices)}" if choices else ""
