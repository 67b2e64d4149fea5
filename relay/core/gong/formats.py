"""The written forms of single values. Each function returns what is wrong with a text, or None."""

import re
from collections.abc import Callable
from datetime import date
from math import isfinite
from typing import TypeAlias

from relay.core.email_address import normalize_domain, normalize_email

FormatCheck: TypeAlias = Callable[[str], str | None]

FIRST_YEAR = 2000
"""An event dated earlier is a clock that was never set, or seconds read as milliseconds."""

# Gong reads stamps with java.time. This is what OffsetDateTime, ZonedDateTime and Instant all take: seconds are
# there, the offset has its colon, the fraction has at most nine digits, and no offset is beyond 18 hours.
_STAMP = re.compile(
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
    stamp = _STAMP.fullmatch(text)
    if stamp is None:
        return "must be a full ISO 8601 stamp with seconds and offset, such as 2026-11-20T10:00:00Z"
    if not _is_real(text[:10]):
        return "names a day that no calendar has"
    if int(stamp[1]) < FIRST_YEAR:
        return f"lies before the year {FIRST_YEAR}: check the sender's clock or unit of time"
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
    return None if text == text.strip() else "has spaces around it: trim it"


def check_domain(text: str) -> str | None:
    try:
        bare = normalize_domain(text)
    except ValueError as error:
        return str(error)
    if bare == text:
        return None
    return "must be a bare lower-case host such as acme.com: no scheme, www., port or path, and IDNA where it is not ASCII"


def check_number(text: str) -> str | None:
    if _NUMBER.fullmatch(text) and isfinite(float(text)):
        return None
    return "must be a JSON number in a string, such as 3.14"


def check_date_or_timestamp(text: str) -> str | None:
    stamp = _DAY.fullmatch(text) or _STAMP.fullmatch(text)
    if stamp and _is_real(text[:10]):
        return None
    return "must be a date of the calendar, such as 2026-11-20 or 2026-11-20T10:00:00Z"


def check_boolean(text: str) -> str | None:
    return None if text in {"true", "false"} else "must be true or false, in lower case"


def check_duration(text: str) -> str | None:
    return None if _DURATION.fullmatch(text) else "must be a number of seconds, such as 180"


def _is_real(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True
