"""Masks what an eventId says about the people of its event: their addresses, numbers and names.

Senders often build ids from a person. Masked ids are for everyone who may not see the payload itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relay.core.redaction import MASK, redact_name

_PIECE = re.compile(r"[^\W_]+")
_MIN_PIECE = 3
"""Shorter pieces of a name are too frequent in ids."""
_MAX_WORDS = 128


def mask_event_id(
    event_id: str, *, source: str, people: Iterable[str], body: Mapping[str, Any] | None = None
) -> str:
    """Return the eventId with what it says about people masked, except in the name of the source before it.

    `people` are in a form of `relay.core.personal_data`; `body` is the call's, whose names are masked too.
    """
    prefix = f"{source}:" if event_id.startswith(f"{source}:") else ""
    text = redact_name(event_id[len(prefix) :])
    for word in _personal_words(people, body or {}):
        # The search spares most events the expression.
        if word.isdigit() or word[:_MIN_PIECE].lower() in text.lower():
            text = _expression(word).sub(MASK, text)
    return prefix + text


def _expression(word: str) -> re.Pattern[str]:
    if word.isdigit():
        return re.compile(r"\+?" + r"[ ().\-/]{0,2}".join(word))
    spaces = r"[\W_]{0,3}".join(map(re.escape, _PIECE.findall(word)))
    return re.compile(rf"(?<![^\W_]){spaces}(?![^\W_])", re.IGNORECASE)


def _personal_words(people: Iterable[str], body: Mapping[str, Any]) -> list[str]:
    """Return whole names and numbers first, then the pieces of names."""
    names = [person.partition("@")[0] for person in people] + [*_names(body)]
    pieces = [piece for name in names if not name.isdigit() for piece in _PIECE.findall(name)]
    words = [*names, *(piece for piece in pieces if len(piece) >= _MIN_PIECE and not piece.isdigit())]
    return [word for word in dict.fromkeys(words) if len(word) >= _MIN_PIECE][:_MAX_WORDS]


def _names(body: Mapping[str, Any]) -> Iterator[str]:
    for value in body.values():
        for person in value if isinstance(value, list) else [value]:
            if isinstance(person, Mapping) and isinstance(person.get("name"), str):
                yield person["name"]
