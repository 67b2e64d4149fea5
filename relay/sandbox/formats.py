"""The lexical forms of Gong's values: stamps, addresses, URLs and the typed texts of custom fields."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

INT32: Final = range(-(2**31), 2**31)
MOST_EVENT_ID_CHARACTERS: Final = 255
MOST_HOST_CHARACTERS: Final = 253

# What java.time's OffsetDateTime reads: seconds and the offset's minutes may be left out.
_LENIENT_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d([.]\d{0,9})?)?(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)",
    re.ASCII | re.IGNORECASE,
)
# What OffsetDateTime, ZonedDateTime and Instant all read.
_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{1,9})?(Z|[+-](0\d|1[0-8]):[0-5]\d)", re.ASCII
)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?!www[.])({_LABEL}[.])+{_LABEL}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+([.][^@\s.]+)+")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)([.]\d+)?([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION = re.compile(r"\d+([.]\d+)?", re.ASCII)


def is_lenient_stamp(text: str) -> bool:
    match = _LENIENT_STAMP.fullmatch(text)
    return match is not None and _is_calendar_date(match[1])


def is_stamp(text: str) -> bool:
    match = _STAMP.fullmatch(text)
    return match is not None and _is_calendar_date(match[1])


def is_event_id(text: str) -> bool:
    return 0 < len(text) <= MOST_EVENT_ID_CHARACTERS and text.isprintable()


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_domain(text: str) -> bool:
    """A bare host in lower case: no scheme, path, port or `www.`; an international name in its ASCII form."""
    return len(text) <= MOST_HOST_CHARACTERS and _DOMAIN.fullmatch(text) is not None


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def is_date(text: str) -> bool:
    return is_stamp(text) or (_DATE.fullmatch(text) is not None and _is_calendar_date(text))


def _is_calendar_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# A custom field's value is always a JSON string; its dataType says how the string reads.
VALUE_FORMS: Final[Mapping[str, Callable[[str], bool]]] = {
    "NUMBER": is_number,
    "DATE": is_date,
    "URL": is_url,
    "BOOLEAN": lambda text: text in {"true", "false"},
    "DURATION": lambda text: _DURATION.fullmatch(text) is not None,
}
PROPERTY_FORMS: Final[Mapping[str, Callable[[str], bool]]] = {
    "number": is_number,
    "date": is_date,
    "url": is_url,
}
