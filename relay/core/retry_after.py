"""Retry-After: how long a response asks its client to wait."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_SECONDS = 24 * 3600.0
"""Upper limit for Retry-After: the length of Gong's daily budget."""

_MAX_LENGTH = 200
_NUMBER = re.compile(r'"?\+?([0-9]{1,200}(?:\.[0-9]{1,50})?)\s*([a-z]*)"?')
_SECONDS_PER_UNIT = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "milliseconds"), 0.001),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
}


def parse_retry_after(text: str | None, now: datetime, *, date: str | None = None) -> float | None:
    """Return the seconds of a Retry-After header; None if it is missing or no part of it is readable.

    The text is a number, perhaps with a unit, an HTTP date, or a list of both, of which the longest wait counts. `date` is
    the Date header of the same response: its clock wrote both, so a date means the time between the two. Without it, `now`
    counts. The result is from 1 second to `MAX_RETRY_AFTER_SECONDS`.
    """
    sent_at = _parse_date((date or "")[:_MAX_LENGTH]) or now
    waits = list(_list_waits((text or "")[:_MAX_LENGTH], sent_at))
    return min(max(*waits, 1.0), MAX_RETRY_AFTER_SECONDS) if waits else None


def _list_waits(text: str, sent_at: datetime) -> Iterator[float]:
    # A proxy that adds a second header makes a list of it. A date contains a comma, so the day's name joins the next part.
    day = ""
    for part in re.split("[,;]", text):
        if (seconds := _parse_number(part)) is not None:
            yield seconds
        elif (until := _parse_date(f"{day}{part}")) is not None:
            yield max((until - sent_at).total_seconds(), 0.0)
        day = f"{part}," if part.strip().isalpha() else ""


def _parse_number(text: str) -> float | None:
    match = _NUMBER.fullmatch(text.strip().lower())
    unit = _SECONDS_PER_UNIT.get(match[2]) if match else None
    return None if match is None or unit is None else float(match[1]) * unit


def _parse_date(text: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, OverflowError, IndexError, TypeError):
            date = parse(text.strip())
            # Converting finds offsets that no date can have.
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    return None
