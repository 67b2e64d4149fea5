"""Parse the filters of a list of events, from query parameters or command-line options."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.personal_data import person_from_email, person_from_phone
from relay.core.timestamps import parse_timestamp_or_age
from relay.store.events import EventFilter

Parser = Callable[[str, datetime], Any]


class _UnknownWord(ValueError):
    """A value that is not one of an enumeration."""


def _parse_word(text: str, now: datetime) -> str:  # noqa: ARG001 - all parsers have one signature
    return text


def _parse_time(text: str, now: datetime) -> datetime:
    return parse_timestamp_or_age(text, now=now)


def _parse_email(text: str, now: datetime) -> str:  # noqa: ARG001 - all parsers have one signature
    return person_from_email(text)


def _parse_phone(text: str, now: datetime) -> str:  # noqa: ARG001 - all parsers have one signature
    return person_from_phone(text)


def _make_choice_parser(words: type[State] | type[DeadLetterReason], name: str) -> Parser:
    def parse(text: str, now: datetime) -> State | DeadLetterReason:  # noqa: ARG001 - all parsers have one signature
        if text not in set(words):
            raise _UnknownWord(f"{text!r} is not a {name}. Use one of: {', '.join(words)}.")
        return words(text)

    return parse


_PARSERS: Mapping[str, Parser] = {
    "destination": _parse_word,
    "source": _parse_word,
    "status": _make_choice_parser(State, "status"),
    "reason": _make_choice_parser(DeadLetterReason, "reason"),
    "cluster": _parse_word,
    "event_id": _parse_word,
    "request_id": _parse_word,
    "since": _parse_time,
    "until": _parse_time,
    "email": _parse_email,
    "phone": _parse_phone,
}

FILTER_NAMES = frozenset(_PARSERS)
"""The filters that a list of events accepts."""


def read_filter(params: Mapping[str, str], *, now: datetime) -> EventFilter:
    """Build a filter. Raises ValidationFailed with every problem."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, parse in _PARSERS.items():
        if not params.get(name):
            continue
        try:
            values[name] = parse(params[name], now)
        except _UnknownWord as error:
            problems.append(Problem(name, "enum", str(error)))
        except ValueError as error:
            problems.append(Problem(name, "format", f"{name} {error}."))
    if not problems and "since" in values and "until" in values and values["since"] >= values["until"]:
        problems.append(Problem("until", "rule", "until is before since: no event can match."))
    if not problems and "email" in values and "phone" in values:
        problems.append(Problem("phone", "rule", "phone and email both identify a person: give only one."))
    if problems:
        raise ValidationFailed(problems)
    person = values.pop("email", None) or values.pop("phone", None)
    return EventFilter(**values, person=person)
