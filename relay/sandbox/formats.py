"""String formats in Gong's bodies: timestamps, e-mail addresses, URLs and the typed values of custom fields."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

INT32: Final = range(-(2**31), 2**31)
MAX_EVENT_ID_LENGTH: Final = 255
MAX_HOST_LENGTH: Final = 253

# What java.time's OffsetDateTime parses: the seconds and the minutes of the offset are optional.
_LENIENT_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d([.]\d{0,9})?)?(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)",
    re.ASCII | re.IGNORECASE,
)
# What OffsetDateTime, ZonedDateTime and Instant all parse.
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{1,9})?(Z|[+-](0\d|1[0-8]):[0-5]\d)", re.ASCII
)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?!www[.])({_LABEL}[.])+{_LABEL}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+([.][^@\s.]+)+")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)([.]\d+)?([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION = re.compile(r"\d+([.]\d+)?", re.ASCII)


def is_lenient_timestamp(text: str) -> bool:
    match = _LENIENT_TIMESTAMP.fullmatch(text)
    return match is not None and _is_calendar_date(match[1])


def is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    return match is not None and _is_calendar_date(match[1])


def is_event_id(text: str) -> bool:
    return 0 < len(text) <= MAX_EVENT_ID_LENGTH and text.isprintable()


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_domain(text: str) -> bool:
    """True for a bare lower-case host: no scheme, path, port or `www.`. International names must be in ASCII form."""
    return len(text) <= MAX_HOST_LENGTH and _DOMAIN.fullmatch(text) is not None


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def is_date(text: str) -> bool:
    return is_timestamp(text) or (_DATE.fullmatch(text) is not None and _is_calendar_date(text))


def _is_calendar_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# The value of a custom field is always a JSON string; its dataType says how to parse the string.
CUSTOM_FIELD_FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "NUMBER": is_number,
    "DATE": is_date,
    "URL": is_url,
    "BOOLEAN": lambda text: text in {"true", "false"},
    "DURATION": lambda text: _DURATION.fullmatch(text) is not None,
}
PROPERTY_FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "number": is_number,
    "date": is_date,
    "url": is_url,
}
