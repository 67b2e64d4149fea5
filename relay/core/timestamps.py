"""Moments in time: read from what partners write, written as Gong reads them."""

import re
from datetime import UTC, datetime, timedelta

REMEDY = 'write it as "2026-11-20T10:00:00Z", or as seconds or milliseconds since 1970'

_STAMP = re.compile(
    r"2\d{3}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:0\d|1[0-8]):?[0-5]\d)",
    re.ASCII,
)
_AGO = re.compile(r"-(\d{1,5})([smhd])", re.ASCII)
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
_LEAST_MILLISECONDS = 100_000_000_000
"""As seconds this is the year 5138, as milliseconds 1973: no year that we take could be meant by both."""


def parse_timestamp(value: str | int | float) -> datetime:  # noqa: PYI041 - JSON has both, and a reader asks
    """The moment in UTC. ValueError, with the remedy, when it is none, names no offset, or lies before 2000."""
    if isinstance(value, str):
        text = value.strip()
        return _from_epoch(int(text)) if _EPOCH_DIGITS.fullmatch(text) else _from_stamp(text)
    return _from_epoch(value)


def parse_timestamp_or_age(text: str, *, now: datetime) -> datetime:
    """A moment as above, or how long ago it was: `-30m`, `-2h`, `-7d`. ValueError, with the remedy, when it is neither."""
    ago = _AGO.fullmatch(text.strip())
    if ago is None and text.strip().startswith("-"):
        raise ValueError('is no time that has passed; write it as "-30m", "-2h" or "-7d"')
    if ago is None:
        return parse_timestamp(text)
    moment = now - int(ago[1]) * _UNITS[ago[2]]
    if moment < _EARLIEST:
        raise ValueError("lies before the year 2000")
    return moment


def format_timestamp(moment: datetime) -> str:
    """Whole seconds in UTC, truncated: the one form that Gong is known to take everywhere."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _from_stamp(text: str) -> datetime:
    if not _STAMP.fullmatch(text):
        raise ValueError(f"is not a full date and time with an offset, from the year 2000 on; {REMEDY}")
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        raise ValueError(f"is no day of the calendar; {REMEDY}") from None
    if moment < _EARLIEST:
        raise ValueError(f"lies before the year 2000; {REMEDY}")
    return moment


def _from_epoch(number: float) -> datetime:
    seconds = number / 1000 if number >= _LEAST_MILLISECONDS else number
    if not _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS:
        raise ValueError(f"is no moment between the years 2000 and 2999; {REMEDY}")
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
