"""Formats of single values. Each function returns what is wrong with the text, or None."""

import re
from collections.abc import Callable
from datetime import date
from math import isfinite
from typing import TypeAlias

from relay.core.email_address import normalize_domain, normalize_email

FormatCheck: TypeAlias = Callable[[str], str | None]

FIRST_YEAR = 2000
"""An earlier date means a clock that was never set, or seconds read as milliseconds."""

# Gong reads timestamps with java.time. OffsetDateTime, ZonedDateTime and Instant all accept this format: with
# seconds, a colon in the offset, at most nine digits in the fraction, and an offset of at most 18 hours.
_TIMESTAMP = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-7]):[0-5][0-9]|18:00))"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DURATION = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_URL = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|[^\s/?#@:\[\]\\<>\"%]+)(?::[0-9]{1,5})?(?:[/?#][^\s<>\"\\]*)?",
    re.IGNORECASE,
)
_EVENT_ID = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def check_timestamp(text: str) -> str | None:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return "must be an ISO 8601 timestamp with seconds and an offset, such as 2026-11-20T10:00:00Z"
    if not _is_calendar_date(text[:10]):
        return "is not a real calendar date"
    if int(match[1]) < FIRST_YEAR:
        return f"is before the year {FIRST_YEAR}: check the sender's clock or time unit"
    return None


def check_event_id(text: str) -> str | None:
    return None if _EVENT_ID.fullmatch(text) else "must be printable ASCII: send the SHA-256 of any other id"


def check_url(text: str) -> str | None:
    if _URL.fullmatch(text):
        return None
    return "must be an absolute http or https URL without credentials or spaces, such as https://acme.com/pricing"


def check_email(text: str) -> str | None:
    try:
        normalize_email(text)
    except ValueError as error:
        return str(error)
    return None if text == text.strip() else "has spaces before or after it: remove them"


def check_domain(text: str) -> str | None:
    try:
        normalized = normalize_domain(text)
    except ValueError as error:
        return str(error)
    if normalized == text:
        return None
    return "must be a bare lower-case domain such as acme.com: no scheme, www., port or path, and IDNA for non-ASCII names"


def check_number(text: str) -> str | None:
    if _NUMBER.fullmatch(text) and isfinite(float(text)):
        return None
    return "must be a JSON number in a string, such as 3.14"


def check_date_or_timestamp(text: str) -> str | None:
    match = _DAY.fullmatch(text) or _TIMESTAMP.fullmatch(text)
    if match and _is_calendar_date(text[:10]):
        return None
    return "must be a calendar date, such as 2026-11-20 or 2026-11-20T10:00:00Z"


def check_boolean(text: str) -> str | None:
    return None if text in {"true", "false"} else "must be true or false, in lower case"


def check_duration(text: str) -> str | None:
    return None if _DURATION.fullmatch(text) else "must be a number of seconds, such as 180"


def _is_calendar_date(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True
