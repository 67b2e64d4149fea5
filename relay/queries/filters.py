"""The filters of a list of events, as query parameters and command-line options tell them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.personal_data import person_from_email, person_from_phone
from relay.core.timestamps import parse_timestamp_or_age
from relay.store.events import EventFilter

Reader = Callable[[str, datetime], Any]


class _Unlisted(ValueError):
    """A word that is none of those there are."""


def _word(text: str, now: datetime) -> str:  # noqa: ARG001 - every reader is asked alike
    return text


def _moment(text: str, now: datetime) -> datetime:
    return parse_timestamp_or_age(text, now=now)


def _email(text: str, now: datetime) -> str:  # noqa: ARG001 - every reader is asked alike
    return person_from_email(text)


def _phone(text: str, now: datetime) -> str:  # noqa: ARG001 - every reader is asked alike
    return person_from_phone(text)


def _one_of(words: type[State] | type[DeadLetterReason], called: str) -> Reader:
    def read(text: str, now: datetime) -> State | DeadLetterReason:  # noqa: ARG001 - every reader is asked alike
        if text not in set(words):
            raise _Unlisted(f"{text!r} is no {called}. One of: {', '.join(words)}.")
        return words(text)

    return read


_READERS: Mapping[str, Reader] = {
    "destination": _word,
    "source": _word,
    "status": _one_of(State, "status"),
    "reason": _one_of(DeadLetterReason, "reason"),
    "cluster": _word,
    "event_id": _word,
    "request_id": _word,
    "since": _moment,
    "until": _moment,
    "email": _email,
    "phone": _phone,
}

FILTER_NAMES = frozenset(_READERS)
"""What a list of events may be asked for."""


def read_filter(told: Mapping[str, str], *, now: datetime) -> EventFilter:
    """A filter from what is told of it. Raises ValidationFailed with everything that is wrong."""
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name, read in _READERS.items():
        if not told.get(name):
            continue
        try:
            found[name] = read(told[name], now)
        except _Unlisted as error:
            problems.append(Problem(name, "enum", str(error)))
        except ValueError as error:
            problems.append(Problem(name, "format", f"{name} {error}."))
    if not problems and "since" in found and "until" in found and found["since"] >= found["until"]:
        problems.append(Problem("until", "rule", "until lies before since: no event came between them."))
    if not problems and "email" in found and "phone" in found:
        problems.append(
            Problem("phone", "rule", "phone and email are two ways to one person: give one of them.")
        )
    if problems:
        raise ValidationFailed(problems)
    person = found.pop("email", None) or found.pop("phone", None)
    return EventFilter(**found, person=person)
