"""Masks what an eventId says about the people of its event: their addresses, numbers and names.

Senders often build ids from a person. Masked ids are for everyone who may not see the payload itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from relay.core.redaction import MASK, redact_name

_PIECE = re.compile(r"[^\W_]+")
_MIN_PIECE = 3
"""Shorter pieces of a name are too frequent in ids."""
_MAX_WORDS = 128
_MAX_EXPRESSIONS = 4
"""An id with more names of several words, or numbers, is masked as a whole."""


def mask_event_id(
    event_id: str, *, source: str, people: Iterable[str], body: Mapping[str, Any] | None = None
) -> str:
    """Return the eventId with what it says about people masked, except in the name of the source before it.

    `people` are in a form of `relay.core.personal_data`; `body` is the call's, whose names are masked too.
    """
    prefix = f"{source}:" if event_id.startswith(f"{source}:") else ""
    text = redact_name(event_id[len(prefix) :])
    words = _personal_words(people, body or {})
    single = {word.casefold() for word in words if _is_piece(word)}
    squeezed = _squeeze(text)
    longer = [word for word in words if not _is_piece(word) and _squeeze(word) in squeezed]
    # To compile an expression takes longer than everything else here, and a sender chooses both the names and the id.
    if len(longer) > _MAX_EXPRESSIONS:
        return prefix + MASK
    for word in longer:
        text = _expression(word).sub(MASK, text)
    return prefix + _PIECE.sub(lambda match: MASK if match[0].casefold() in single else match[0], text)


def _is_piece(word: str) -> bool:
    """True if the word stands in an id as it is. A number or a name of several words may have separators in it."""
    return not word.isdigit() and _PIECE.fullmatch(word) is not None


def _squeeze(text: str) -> str:
    return "".join(_PIECE.findall(text)).casefold()


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
    long_enough = (word for word in dict.fromkeys(words) if len(_squeeze(word)) >= _MIN_PIECE)
    return list(islice(long_enough, _MAX_WORDS))


def _names(body: Mapping[str, Any]) -> Iterator[str]:
    for value in body.values():
        for person in value if isinstance(value, list) else [value]:
            if isinstance(person, Mapping) and isinstance(person.get("name"), str):
                yield person["name"]
