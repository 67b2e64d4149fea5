"""What may be shown of a payload: its shape always, of its values only those that an allow-list names, the rest masked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from relay.core.email_address import normalize_domain, normalize_email
from relay.core.timestamps import parse_timestamp

MASK: Final = "•••"
DEPTH_MAX: Final = 12
VALUES_MAX: Final = 2_000
WIDTH_MAX: Final = 100
_SENTENCE_MAX = 4_000

_IDS = frozenset({"eventid", "requestid", "clientuniqueid", "messageid", "webhookid", "deliveryid"})
_WORDS: Final = """
event eventtype eventname type kind topic status action objecttype datatype numerictype contenttype device
system systemname sourcesystemname reportingsystem sharingmethod
"""
_DOMAINS = frozenset({"domain", "companydomain"})
_MOMENT_ENDS = frozenset({"at", "time", "timestamp", "date", "ts"})
_PEOPLE: Final = """
person people recipient recipients viewer actor sharer user users contact contacts customer customers lead leads
attendee attendees invitee invitees signer signers member members profile traits identity owner author
"""
_ENUMS, _PERSONS = frozenset(_WORDS.split()), frozenset(_PEOPLE.split())

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.:\[\]-]{0,63}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+=~-]{0,199}")
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,39}(?: [A-Za-z0-9_.:/-]{1,39}){0,3}")
_URL = re.compile(r"(https?)://(?:[^/?#@\s]*@)?([A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?([/?#]\S*)?")
_STEP = re.compile(r"[.\[\]]+")
_LONG_NUMBER = re.compile(r"[0-9]{5}")

_SHOWN_HEADERS = frozenset({"content-type", "content-length", "user-agent"})
_HEADER_VALUE = re.compile(r"[A-Za-z0-9 _.,:;/+*=()\"-]{1,200}")


class PayloadVisibility(StrEnum):
    """How much of payloads somebody sees."""

    NONE = "none"
    REDACTED = "redacted"
    PLAIN = "plain"


@dataclass(slots=True)
class _Room:
    """How many values may still be told: a hostile payload does not make a long page."""

    left: int = VALUES_MAX


def apply_visibility(value: Any, sight: PayloadVisibility) -> Any:
    """A JSON value as that sight has it; None where it has nothing."""
    if sight is PayloadVisibility.NONE:
        return None
    return value if sight is PayloadVisibility.PLAIN else redact(value)


def redact(value: Any, name: str = "") -> Any:
    """The value in its shape: every key and every type, and of the leaves what the allow-list names. Total.

    `name` is the key that the value stands under, if any.
    """
    return _value(value, name, _Room(), depth=0, person=_joined(name) in _PERSONS)


def redact_at_path(path: str, value: Any) -> Any:
    """A value by the path that leads to it, as `person.company.name` or `recipients[0].email`."""
    names = [name for name in _STEP.split(path) if name and not name.isdigit()]
    person = any(_joined(name) in _PERSONS for name in names)
    return _value(value, names[-1] if names else "", _Room(), depth=0, person=person)


def redact_path(path: str) -> str:
    """A path without the keys in it that may be somebody's words."""
    return ".".join(_key(step, place) for place, step in enumerate(path.split(".")))


def _value(value: Any, name: str, room: _Room, *, depth: int, person: bool) -> Any:
    room.left -= 1
    if room.left < 0 or depth > DEPTH_MAX:
        return f"{MASK} (more)"
    if isinstance(value, dict):
        return _object(value, room, depth=depth, person=person)
    if isinstance(value, list | tuple):
        told = [_value(each, name, room, depth=depth + 1, person=person) for each in value[:WIDTH_MAX]]
        return [*told, f"{MASK} ({len(value) - WIDTH_MAX} more)"] if len(value) > WIDTH_MAX else told
    return _leaf(value, name, person=person)


def _object(value: Mapping[Any, Any], room: _Room, *, depth: int, person: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for place, (key, inner) in enumerate(value.items()):
        if place == WIDTH_MAX or room.left <= 0:
            told[MASK] = f"{len(value) - place} more"
            break
        name = str(key)
        told[_key(name, place)] = _value(
            inner, name, room, depth=depth + 1, person=person or _joined(name) in _PERSONS
        )
    return told


def _key(name: str, place: int) -> str:
    """A key that reads like one. Of any other, which may be somebody's words, only its place."""
    return name if _NAME.fullmatch(name) and not _LONG_NUMBER.search(name) else f"{MASK} (key {place + 1})"


def _leaf(value: Any, name: str, *, person: bool) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _is_allowed(value, name, person=person):
        return value
    if isinstance(value, str):
        return mask_text(value)
    return f"{MASK} (number)" if isinstance(value, int | float) else MASK


def _is_allowed(value: Any, name: str, *, person: bool) -> bool:
    """Whether the list has the leaf: by the key that it stands under, and by its look."""
    joined = _joined(name[:64])
    if joined in _DOMAINS:
        return isinstance(value, str) and _is_domain(value)
    if person:
        return False
    if isinstance(value, str):
        if joined in _IDS:
            return _PLAIN_ID.fullmatch(value) is not None
        if joined in _ENUMS:
            return _PLAIN_WORD.fullmatch(value) is not None and not _LONG_NUMBER.search(value)
    return _ends_as_moment(name) and _is_moment(value)


def _joined(name: str) -> str:
    """`eventId`, `event_id` and `Event-ID` are one."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name[:64])]


def _ends_as_moment(name: str) -> bool:
    words = _words(name)
    return bool(words) and words[-1] in _MOMENT_ENDS


def _is_moment(value: Any) -> bool:
    try:
        parse_timestamp(value)
    except (ValueError, OverflowError, TypeError):
        return False
    return True


def _is_domain(text: str) -> bool:
    try:
        return normalize_domain(text) == text.lower()
    except ValueError:
        return False


def mask_text(text: str) -> str:
    """A text that nobody may read: of an e-mail its first letter and its domain, of a URL its host, else its length."""
    if url := _URL.fullmatch(text[:2_100]):
        rest = url[3] or ""
        return f"{url[1]}://{url[2]}" + (f"/{MASK}" if rest else "")
    try:
        local, _, domain = normalize_email(text).rpartition("@")
    except ValueError:
        return f"{MASK} ({len(text)} characters)" if text else ""
    return f"{local[0]}{MASK}@{domain}"


_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"'\\]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+")
_TOLD = re.compile(
    r"""
      (?P<moment>\b2\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)
    | (?P<url>https?://[^\s"'<>]+)
    | (?P<email>[^\s@<>()\[\],;:"'\\]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+)
    | (?P<quoted>"[^"]*" | (?<!\w)'[^']*'(?!\w) | `[^`]*`)
    | (?P<number>(?<![\w.])\+?\(?\d(?:[\s().-]{0,2}\d){5,}(?!\w))
    """,
    re.VERBOSE,
)
"""What a sentence may quote of somebody's payload."""


def redact_sentence(text: str) -> str:
    """A sentence about a payload, ours or Gong's, without what it quotes: addresses, long numbers, quoted values.

    Quoted names of fields stay, and so do moments: they say what is wrong. What stands in it unquoted stays too.
    """
    return _TOLD.sub(_retold, text[:_SENTENCE_MAX])


def redact_name(text: str) -> str:
    """A name that its sender chose, such as an eventId: as it is, but for e-mail addresses in it."""
    return _ADDRESS.sub(lambda found: mask_text(found[0]), text[:_SENTENCE_MAX])


def _retold(found: re.Match[str]) -> str:
    text = found[0]
    match found.lastgroup:
        case "moment":
            return text
        case "quoted":
            inner = text[1:-1]
            return (
                text
                if _NAME.fullmatch(inner) and not _LONG_NUMBER.search(inner)
                else text[0] + MASK + text[-1]
            )
        case "url" | "email":
            return mask_text(text)
        case _:
            return MASK


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Every header's name; the values only of those that say how the body is written, and by what program."""
    told = {}
    for place, (name, value) in enumerate(headers.items()):
        if place == WIDTH_MAX:
            break
        is_shown = name.lower() in _SHOWN_HEADERS and _HEADER_VALUE.fullmatch(value)
        told[_key(name, place)] = value if is_shown else MASK
    return told


def redact_query(query: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's name, none of their values."""
    return {
        _key(name, place): mask_text(value)
        for place, (name, value) in enumerate([*query.items()][:WIDTH_MAX])
    }
