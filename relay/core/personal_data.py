"""Finds the people mentioned in text: e-mail addresses and phone numbers, each normalized to the form it is indexed by.

Nothing is raised, and the work on hostile text is limited: in candidates, in people, and in characters per candidate.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

import orjson

from relay.core.email_address import EMAIL_MAX, HOST_MAX, LOCAL_MAX, normalize_email

PEOPLE_MAX: Final = 64
"""Most people of one event; further ones are not found."""

REQUEST_MAX: Final = 2_048
"""Most people of one request, which may contain many events."""

_CANDIDATES_MAX = 4_096
_LAYERS_MAX = 3
_DIGITS_MIN, _DIGITS_MAX = 7, 15

_SEPARATORS = r"\s@<>()\[\],;:\"\\\x00-\x1f\x7f\ud800-\udfff"
# Matched backwards from the @. Both = and / may stand before an address or belong to it, so both readings are indexed.
_WIDE = re.compile(rf"[^{_SEPARATORS}]{{1,{LOCAL_MAX}}}")
_NARROW = re.compile(rf"[^{_SEPARATORS}=&/?{{}}|#%]{{1,{LOCAL_MAX}}}")
_HOST = re.compile(rf"[\w.-]{{1,{HOST_MAX}}}")
_LAST_LABEL = re.compile(r".+\.[^\W\d_][\w-]*")

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {"/": "/", '"': '"', "\\": "\\"}

_PHONES = (
    re.compile(
        r'"[\w.-]{0,24}phone[\w.-]{0,24}"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}"?([+(0-9][^",}\]\\]{5,39})',
        re.IGNORECASE,
    ),
    re.compile(r'"[ ]?(\+[0-9 ().\-/]{6,24})"'),
)
_PHONE = re.compile(r"\+?[0-9 ().\-/]{7,40}")
_PHONE_IN_SENTENCE = re.compile(r"\+?\(?[0-9](?:[ ().\-/]{0,2}[0-9]){6,14}")


def find_people(*texts: str | bytes, most: int = PEOPLE_MAX) -> tuple[str, ...]:
    """Return the people mentioned in text: JSON, forms, queries or headers, as they were sent."""
    people: dict[str, None] = {}
    for text in texts:
        for plain in _decode_layers(text if isinstance(text, str) else text.decode("utf-8", "replace")):
            for person in (*_find_emails(plain), *_find_phones(plain)):
                people[person] = None
                if len(people) == most:
                    return tuple(people)
    return tuple(people)


def find_people_in_json(value: Any) -> tuple[str, ...]:
    """Return the people in a JSON value."""
    text = _dump(value)
    return find_people("\n".join(_iterate_values(value)) if text is None else text)


def _dump(value: Any) -> bytes | None:
    """Return a value as JSON; None if orjson cannot: big numbers, lone surrogates, or too deep a value."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return None


def _has_only(text: bytes, people: tuple[str, ...]) -> bool:
    """True if every @ in a JSON text belongs to a value that is one of these people."""
    # A quick test for the usual event. Escapes and phone numbers need the full search.
    if b"\\" in text or b"%" in text or b'"+' in text or b"hone" in text:
        return False
    return text.count(b"@") == sum(text.count(f'"{person}"'.encode()) for person in people)


def _iterate_values(value: Any) -> Iterator[str]:
    """Yield each key with its text or number, in the form that JSON would have. Works at any depth."""
    left: list[tuple[str, Any]] = [("", value)]
    while left:
        name, inner = left.pop()
        if isinstance(inner, dict):
            left += [(str(key), value) for key, value in inner.items()]
        elif isinstance(inner, list):
            left += [(name, value) for value in inner]
        yield f'"{name}":"{"" if isinstance(inner, dict | list) else inner}"'


def add_people_of_json(people: tuple[str, ...], value: Any) -> tuple[str, ...]:
    """Return these people, and the further ones in a JSON value."""
    text = _dump(value)
    if text is not None and _has_only(text.lower(), people):
        return people
    more = find_people_in_json(value) if text is None else find_people(text)
    return people if set(more) <= set(people) else tuple(dict.fromkeys((*people, *more)))[:PEOPLE_MAX]


def find_people_in_sentence(text: str) -> tuple[str, ...]:
    """Return the people in a sentence. Any number with the length of a phone number counts as one."""
    numbers = (_phone_digits(match[0]) for match in _PHONE_IN_SENTENCE.finditer(text))
    return tuple(dict.fromkeys((*find_people(text), *filter(None, numbers))))


def person_from_email(text: str) -> str:
    """Normalize an e-mail address. Raises ValueError."""
    local, _, host = normalize_email(text).rpartition("@")
    return _normalize(local, host)


def person_from_phone(text: str) -> str:
    """Normalize a phone number to its digits. Raises ValueError."""
    number = _phone_digits(text) if _PHONE.fullmatch(text.strip()) else None
    if number is None:
        raise ValueError("must be one phone number of 7 to 15 digits, such as +1 555 010 0199")
    return number


def _decode_layers(text: str) -> Iterator[str]:
    """Yield the text with its escapes decoded, up to three levels: JSON and URLs are often nested in each other."""
    for _ in range(_LAYERS_MAX):
        if "\\" in text:
            text = _ESCAPE.sub(_unescape, text)
        yield text
        if "%40" in text or "%2540" in text:
            text = unquote(text)
        elif "\\" not in text:
            return


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], " ")


def _find_emails(text: str) -> Iterator[str]:
    at = -1
    for _ in range(_CANDIDATES_MAX):
        at = text.find("@", at + 1)
        if at < 0:
            return
        host = _HOST.match(text, at + 1, at + 1 + HOST_MAX)
        if host is None or "." not in host[0]:
            continue
        domain = host[0].rstrip(".-_")
        if _LAST_LABEL.fullmatch(domain):
            yield from _find_addresses(text[max(at - LOCAL_MAX, 0) : at][::-1], domain)


def _find_addresses(before: str, host: str) -> Iterator[str]:
    """Yield the addresses that end in `host`. `before` is the text before the @, reversed."""
    # Characters such as = and / end an address, unless the quoted value begins there: then both readings count.
    narrow = _NARROW.match(before)
    if narrow:
        yield from _valid_address(narrow[0], host)
        if before[narrow.end() : narrow.end() + 1] == '"':
            return
    wide = _WIDE.match(before)
    if wide and before[wide.end() : wide.end() + 1] == '"':
        yield from _valid_address(wide[0], host)


def _valid_address(backwards: str, host: str) -> Iterator[str]:
    local = backwards[::-1].strip("'`*.")
    if local and len(local) + len(host) < EMAIL_MAX:
        yield _normalize(local, host)


def _normalize(local: str, host: str) -> str:
    if local.isascii() and host.isascii():
        return f"{local}@{host}".lower()
    return f"{unicodedata.normalize('NFC', local).casefold()}@{_encode_host(host)}"


def _encode_host(host: str) -> str:
    folded = unicodedata.normalize("NFC", host).casefold()
    try:
        return folded.encode("idna").decode("ascii")
    except UnicodeError:
        return folded


def _find_phones(text: str) -> Iterator[str]:
    if '"+' not in text and '" +' not in text and "hone" not in text and "HONE" not in text:
        return
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            number = _phone_digits(match[1])
            if number:
                yield number


def _phone_digits(text: str) -> str | None:
    number = "".join(character for character in text if character in "0123456789")
    return number if _DIGITS_MIN <= len(number) <= _DIGITS_MAX else None
