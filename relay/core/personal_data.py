"""The people that a text tells of: e-mail addresses and phone numbers, each in the one form that it is looked up by.

Total, and bounded on hostile text: so many looks, so many people, and each look at a few hundred characters.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

import orjson

from relay.core.email_address import EMAIL_MAX, HOST_MAX, LOCAL_MAX, normalize_email

PEOPLE_MAX: Final = 64
"""Of one event. Who stands behind them in it is not found."""

REQUEST_MAX: Final = 2_048
"""Of a whole request, which may hold many events."""

_LOOKS_MAX = 4_096
_LAYERS_MAX = 3
_DIGITS_MIN, _DIGITS_MAX = 7, 15

_NEITHER = r"\s@<>()\[\],;:\"\\\x00-\x1f\x7f\ud800-\udfff"
# Backwards from the @. A value may have = or / before its address, and an address may hold them: both are looked up.
_WIDE = re.compile(rf"[^{_NEITHER}]{{1,{LOCAL_MAX}}}")
_NARROW = re.compile(rf"[^{_NEITHER}=&/?{{}}|#%]{{1,{LOCAL_MAX}}}")
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
_SPOKEN = re.compile(r"\+?\(?[0-9](?:[ ().\-/]{0,2}[0-9]){6,14}")


def find_people(*texts: str | bytes, most: int = PEOPLE_MAX) -> tuple[str, ...]:
    """Everybody whom these texts tell of: JSON, forms, queries, headers, as they were sent."""
    found: dict[str, None] = {}
    for text in texts:
        for plain in _layers(text if isinstance(text, str) else text.decode("utf-8", "replace")):
            for person in (*_emails(plain), *_phones(plain)):
                found[person] = None
                if len(found) == most:
                    return tuple(found)
    return tuple(found)


def find_people_in_json(value: Any) -> tuple[str, ...]:
    """Everybody whom a JSON value tells of."""
    text = _as_bytes(value)
    return find_people("\n".join(_leaves(value)) if text is None else text)


def _as_bytes(value: Any) -> bytes | None:
    """Its JSON; None where it has a number of more than 64 bits, half of a pair of surrogates, or no end of depth."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return None


def _tells_no_more(text: bytes, people: tuple[str, ...]) -> bool:
    """Whether each @ of a JSON text is that of a whole value which is one of these people: seen in no time, nearly always."""
    if b"\\" in text or b"%" in text or b'"+' in text or b"hone" in text:
        return False
    return text.count(b"@") == sum(text.count(f'"{person}"'.encode()) for person in people)


def _leaves(value: Any) -> Iterator[str]:
    """Each text and number, and each key, as JSON has them side by side. Of any depth."""
    left: list[tuple[str, Any]] = [("", value)]
    while left:
        name, inner = left.pop()
        if isinstance(inner, dict):
            left += [(str(key), each) for key, each in inner.items()]
        elif isinstance(inner, list):
            left += [(name, each) for each in inner]
        yield f'"{name}":"{"" if isinstance(inner, dict | list) else inner}"'


def add_people_of_json(people: tuple[str, ...], value: Any) -> tuple[str, ...]:
    """These people, and those whom a JSON value tells of beside them."""
    text = _as_bytes(value)
    if text is not None and _tells_no_more(text.lower(), people):
        return people
    found = find_people_in_json(value) if text is None else find_people(text)
    return people if set(found) <= set(people) else tuple(dict.fromkeys((*people, *found)))[:PEOPLE_MAX]


def find_people_in_sentence(text: str) -> tuple[str, ...]:
    """Everybody whom a sentence tells of. Any number that is as long as a phone's counts as one."""
    numbers = (_digits(found[0]) for found in _SPOKEN.finditer(text))
    return tuple(dict.fromkeys((*find_people(text), *filter(None, numbers))))


def person_from_email(text: str) -> str:
    """The form of an address. ValueError when it is none."""
    local, _, host = normalize_email(text).rpartition("@")
    return _person(local, host)


def person_from_phone(text: str) -> str:
    """The form of a number: its digits. ValueError when it is none."""
    number = _digits(text) if _PHONE.fullmatch(text.strip()) else None
    if number is None:
        raise ValueError("must be one phone number of 7 to 15 digits, such as +1 555 010 0199")
    return number


def _layers(text: str) -> Iterator[str]:
    """The text without its escapes. What JSON and URLs wrap into one another is unwrapped a few times."""
    for _ in range(_LAYERS_MAX):
        if "\\" in text:
            text = _ESCAPE.sub(_unescaped, text)
        yield text
        if "%40" in text or "%2540" in text:
            text = unquote(text)
        elif "\\" not in text:
            return


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], " ")


def _emails(text: str) -> Iterator[str]:
    at = -1
    for _ in range(_LOOKS_MAX):
        at = text.find("@", at + 1)
        if at < 0:
            return
        host = _HOST.match(text, at + 1, at + 1 + HOST_MAX)
        if host is None or "." not in host[0]:
            continue
        named = host[0].rstrip(".-_")
        if _LAST_LABEL.fullmatch(named):
            yield from _addresses(text[max(at - LOCAL_MAX, 0) : at][::-1], named)


def _addresses(before: str, host: str) -> Iterator[str]:
    """The address that ends in `host`. `before` runs backwards.

    Signs such as = and / end it, unless they stand in what is one value by itself: there it is read both ways.
    """
    narrow = _NARROW.match(before)
    if narrow:
        yield from _fitting(narrow[0], host)
        if before[narrow.end() : narrow.end() + 1] == '"':
            return
    wide = _WIDE.match(before)
    if wide and before[wide.end() : wide.end() + 1] == '"':
        yield from _fitting(wide[0], host)


def _fitting(backwards: str, host: str) -> Iterator[str]:
    local = backwards[::-1].strip("'`*.")
    if local and len(local) + len(host) < EMAIL_MAX:
        yield _person(local, host)


def _person(local: str, host: str) -> str:
    if local.isascii() and host.isascii():
        return f"{local}@{host}".lower()
    return f"{unicodedata.normalize('NFC', local).casefold()}@{_ascii(host)}"


def _ascii(host: str) -> str:
    folded = unicodedata.normalize("NFC", host).casefold()
    try:
        return folded.encode("idna").decode("ascii")
    except UnicodeError:
        return folded


def _phones(text: str) -> Iterator[str]:
    if '"+' not in text and '" +' not in text and "hone" not in text and "HONE" not in text:
        return
    for pattern in _PHONES:
        for found in pattern.finditer(text):
            number = _digits(found[1])
            if number:
                yield number


def _digits(text: str) -> str | None:
    number = "".join(character for character in text if character in "0123456789")
    return number if _DIGITS_MIN <= len(number) <= _DIGITS_MAX else None
