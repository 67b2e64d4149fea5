"""Redaction of payloads: keys and types are always shown, values only if an allow-list permits it."""

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
_ENUM_KEYS: Final = """
event eventtype eventname type kind topic status action objecttype datatype numerictype contenttype device
system systemname sourcesystemname reportingsystem sharingmethod
"""
_DOMAINS = frozenset({"domain", "companydomain"})
_TIMESTAMP_SUFFIXES = frozenset({"at", "time", "timestamp", "date", "ts"})
_PERSON_KEYS: Final = """
person people recipient recipients viewer actor sharer user users contact contacts customer customers lead leads
attendee attendees invitee invitees signer signers member members profile traits identity owner author
"""
_ENUMS, _PERSONS = frozenset(_ENUM_KEYS.split()), frozenset(_PERSON_KEYS.split())

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.:\[\]-]{0,63}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+=~-]{0,199}")
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,39}(?: [A-Za-z0-9_.:/-]{1,39}){0,3}")
_URL = re.compile(r"(https?)://(?:[^/?#@\s]*@)?([A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?([/?#]\S*)?")
_PATH_SEPARATOR = re.compile(r"[.\[\]]+")
_LONG_NUMBER = re.compile(r"[0-9]{5}")

_SHOWN_HEADERS = frozenset({"content-type", "content-length", "user-agent"})
_HEADER_VALUE = re.compile(r"[A-Za-z0-9 _.,:;/+*=()\"-]{1,200}")


class PayloadVisibility(StrEnum):
    """How much of a payload a viewer may see."""

    NONE = "none"
    REDACTED = "redacted"
    PLAIN = "plain"


@dataclass(slots=True)
class _Budget:
    """How many values may still be shown, so that a hostile payload cannot produce an endless page."""

    left: int = VALUES_MAX


def apply_visibility(value: Any, visibility: PayloadVisibility) -> Any:
    """Return a JSON value as this viewer may see it; None if the viewer may see nothing."""
    if visibility is PayloadVisibility.NONE:
        return None
    return value if visibility is PayloadVisibility.PLAIN else redact(value)


def redact(value: Any, name: str = "") -> Any:
    """Return the value with every key and type, and with masked leaves unless the allow-list permits them.

    `name` is the key that holds the value, if any.
    """
    return _redact_value(value, name, _Budget(), depth=0, person=_normalize_key(name) in _PERSONS)


def redact_at_path(path: str, value: Any) -> Any:
    """Redact a value by its path, such as `person.company.name` or `recipients[0].email`."""
    names = [name for name in _PATH_SEPARATOR.split(path) if name and not name.isdigit()]
    person = any(_normalize_key(name) in _PERSONS for name in names)
    return _redact_value(value, names[-1] if names else "", _Budget(), depth=0, person=person)


def redact_path(path: str) -> str:
    """Redact the keys in a path that may contain personal data."""
    return ".".join(_show_key(step, place) for place, step in enumerate(path.split(".")))


def _redact_value(value: Any, name: str, budget: _Budget, *, depth: int, person: bool) -> Any:
    budget.left -= 1
    if budget.left < 0 or depth > DEPTH_MAX:
        return f"{MASK} (more)"
    if isinstance(value, dict):
        return _redact_object(value, budget, depth=depth, person=person)
    if isinstance(value, list | tuple):
        items = [
            _redact_value(item, name, budget, depth=depth + 1, person=person) for item in value[:WIDTH_MAX]
        ]
        return [*items, f"{MASK} ({len(value) - WIDTH_MAX} more)"] if len(value) > WIDTH_MAX else items
    return _redact_leaf(value, name, person=person)


def _redact_object(value: Mapping[Any, Any], budget: _Budget, *, depth: int, person: bool) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for place, (key, inner) in enumerate(value.items()):
        if place == WIDTH_MAX or budget.left <= 0:
            result[MASK] = f"{len(value) - place} more"
            break
        name = str(key)
        result[_show_key(name, place)] = _redact_value(
            inner, name, budget, depth=depth + 1, person=person or _normalize_key(name) in _PERSONS
        )
    return result


def _show_key(name: str, place: int) -> str:
    # A key that looks like free text may contain personal data, so only its position is shown.
    return name if _NAME.fullmatch(name) and not _LONG_NUMBER.search(name) else f"{MASK} (key {place + 1})"


def _redact_leaf(value: Any, name: str, *, person: bool) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _is_allowed(value, name, person=person):
        return value
    if isinstance(value, str):
        return mask_text(value)
    return f"{MASK} (number)" if isinstance(value, int | float) else MASK


def _is_allowed(value: Any, name: str, *, person: bool) -> bool:
    """True if the allow-list permits the leaf: by its key, and by the form of its value."""
    joined = _normalize_key(name[:64])
    if joined in _DOMAINS:
        return isinstance(value, str) and _is_domain(value)
    if person:
        return False
    if isinstance(value, str):
        if joined in _IDS:
            return _PLAIN_ID.fullmatch(value) is not None
        if joined in _ENUMS:
            return _PLAIN_WORD.fullmatch(value) is not None and not _LONG_NUMBER.search(value)
    return _is_timestamp_key(name) and _is_timestamp(value)


def _normalize_key(name: str) -> str:
    """Normalize a key: `eventId`, `event_id` and `Event-ID` are equal."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name[:64])]


def _is_timestamp_key(name: str) -> bool:
    words = _words(name)
    return bool(words) and words[-1] in _TIMESTAMP_SUFFIXES


def _is_timestamp(value: Any) -> bool:
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
    """Mask text: an e-mail address keeps its first letter and domain, a URL its host, any other text only its length."""
    if url := _URL.fullmatch(text[:2_100]):
        rest = url[3] or ""
        return f"{url[1]}://{url[2]}" + (f"/{MASK}" if rest else "")
    try:
        local, _, domain = normalize_email(text).rpartition("@")
    except ValueError:
        return f"{MASK} ({len(text)} characters)" if text else ""
    return f"{local[0]}{MASK}@{domain}"


_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"'\\]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+")
_SENSITIVE = re.compile(
    r"""
      (?P<timestamp>\b2\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)
    | (?P<url>https?://[^\s"'<>]+)
    | (?P<email>[^\s@<>()\[\],;:"'\\]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+)
    | (?P<quoted>"[^"]*" | (?<!\w)'[^']*'(?!\w) | `[^`]*`)
    | (?P<number>(?<![\w.])\+?\(?\d(?:[\s().-]{0,2}\d){5,}(?!\w))
    """,
    re.VERBOSE,
)
"""The parts of a sentence that may quote a payload."""


def redact_sentence(text: str) -> str:
    """Redact a sentence about a payload, the relay's or Gong's: addresses, long numbers and quoted values are masked.

    Quoted field names and timestamps stay, because they say what is wrong. So does every unquoted word.
    """
    return _SENSITIVE.sub(_redact_match, text[:_SENTENCE_MAX])


def redact_name(text: str) -> str:
    """Redact a name that the sender chose, such as an eventId: only e-mail addresses in it are masked."""
    return _ADDRESS.sub(lambda match: mask_text(match[0]), text[:_SENTENCE_MAX])


def _redact_match(match: re.Match[str]) -> str:
    text = match[0]
    match match.lastgroup:
        case "timestamp":
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
    """Return every header's name, and the values of those that describe the body or name the sending program."""
    result = {}
    for place, (name, value) in enumerate(headers.items()):
        if place == WIDTH_MAX:
            break
        is_shown = name.lower() in _SHOWN_HEADERS and _HEADER_VALUE.fullmatch(value)
        result[_show_key(name, place)] = value if is_shown else MASK
    return result


def redact_query(query: Mapping[str, str]) -> dict[str, str]:
    """Return every parameter's name with a masked value."""
    return {
        _show_key(name, place): mask_text(value)
        for place, (name, value) in enumerate([*query.items()][:WIDTH_MAX])
    }
