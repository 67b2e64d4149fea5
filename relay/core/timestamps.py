"""Timestamps: parsed from the formats that senders use, formatted as Gong reads them."""

import re
from datetime import UTC, datetime, timedelta

REMEDY = 'write it as "2026-11-20T10:00:00Z", or as seconds or milliseconds since 1970'

_TIMESTAMP = re.compile(
    r"2\d{3}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:0\d|1[0-8]):?[0-5]\d)",
    re.ASCII,
)
_AGE = re.compile(r"-(\d{1,5})([smhd])", re.ASCII)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_EPOCH_DIGITS = re.compile(r"\d{10}(?:\d{3})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_EARLIEST_SECONDS = _EARLIEST.timestamp()
_LATEST_SECONDS = datetime(3000, 1, 1, tzinfo=UTC).timestamp()
_MIN_MILLISECONDS = 100_000_000_000
"""As seconds this is the year 5138, as milliseconds 1973, so no accepted year is ambiguous."""


def parse_timestamp(value: str | int | float) -> datetime:  # noqa: PYI041 - JSON has both, and a reader asks
    """Parse a timestamp and return it in UTC. Raises ValueError with a remedy, including for a time without an offset or before 2000."""
    if isinstance(value, str):
        text = value.strip()
        return _from_epoch(int(text)) if _EPOCH_DIGITS.fullmatch(text) else _from_text(text)
    return _from_epoch(value)


def parse_timestamp_or_age(text: str, *, now: datetime) -> datetime:
    """Parse a timestamp, or an age such as `-30m`, `-2h` or `-7d`. Raises ValueError, with a remedy."""
    age = _AGE.fullmatch(text.strip())
    if age is None and text.strip().startswith("-"):
        raise ValueError('is not a valid age; write it as "-30m", "-2h" or "-7d"')
    if age is None:
        return parse_timestamp(text)
    timestamp = now - int(age[1]) * _UNITS[age[2]]
    if timestamp < _EARLIEST:
        raise ValueError("is before the year 2000")
    return timestamp


def format_timestamp(timestamp: datetime) -> str:
    """Format in whole seconds of UTC, truncated: the only format that Gong is known to accept everywhere."""
    return timestamp.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _from_text(text: str) -> datetime:
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(f"is not a full date and time with an offset, from the year 2000 on; {REMEDY}")
    try:
        timestamp = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        raise ValueError(f"is not a date of the calendar; {REMEDY}") from None
    if timestamp < _EARLIEST:
        raise ValueError(f"is before the year 2000; {REMEDY}")
    return timestamp


def _from_epoch(number: float) -> datetime:
    seconds = number / 1000 if number >= _MIN_MILLISECONDS else number
    if not _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS:
        raise ValueError(f"is not between the years 2000 and 2999; {REMEDY}")
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
