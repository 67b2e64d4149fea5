"""Functions on times. They read the formats that partners use, and write what Gong expects: whole seconds in UTC."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from relay.core.mapping.functions.numbers import number
from relay.core.mapping.work_limit import NoValue
from relay.core.timestamps import format_timestamp, parse_timestamp

_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-8]):[0-5][0-9]")
_UNIX_TIME = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
_RFC_2822 = re.compile(r"(?:[A-Za-z]{3}, )?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} .{5,20}")
_ISO_DURATION = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.[0-9]+)?S)?)?")
_CLOCK_DURATION = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,3}):([0-5]?[0-9])(?:\.[0-9]+)?")
_LENGTH_MAX = 40
_REMEDY = "needs a date and time, such as 2026-11-20T10:00:00Z, or seconds since 1970"


def timestamp(value: str | float, zone_or_unit: str = "") -> str:
    """`timestamp('2016-12-02 20:31:39 +00:00')` is `"2016-12-02T20:31:39Z"`.

    Reads seconds and milliseconds since 1970 without a unit: `timestamp('1348177752')` is
    `"2012-09-20T21:49:12Z"`. Microseconds and nanoseconds need one: `timestamp(`1585254348000000`, 'us')` is
    `"2020-03-26T20:25:48Z"`. A time without a zone needs a zone: `timestamp('2009-03-26 21:35:57', 'UTC')` is
    `"2009-03-26T21:35:57Z"`.
    """
    return format_timestamp(_parse_time(value, zone_or_unit))


def date(value: str | float, zone_or_unit: str = "") -> str:
    """`date('2026-11-20T23:30:00-05:00')` is `"2026-11-21"`: the day in UTC."""
    return timestamp(value, zone_or_unit)[:10]


def seconds_between(start: str | float, end: str | float) -> int:
    """`seconds_between('2026-07-26T14:02:00Z', '2026-07-26T14:09:59.5Z')` is `479`."""
    return int((_parse_time(end, "") - _parse_time(start, "")).total_seconds())


def duration(value: str | float, unit: str = "s") -> int:
    """`duration('PT1H5M')` is `3900`: whole seconds, as Gong's DURATION expects them.

    `duration('05:30')` is `330`, `duration('184')` is `184`, `duration(`90500`, 'ms')` is `90`.
    """
    if isinstance(value, str) and len(value) <= _LENGTH_MAX:
        text = value.strip().upper()
        if (match := _ISO_DURATION.fullmatch(text)) and any(match.groups()):
            days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if match := _CLOCK_DURATION.fullmatch(text):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return (hours * 60 + minutes) * 60 + seconds
    return int(number(value) / _get_units_per_second(unit))


def _parse_time(value: str | float, zone_or_unit: str) -> datetime:
    if zone_or_unit in _UNITS:
        return _from_unix_time(number(value) / _UNITS[zone_or_unit])
    if isinstance(value, str):
        return _parse_text(value.strip(), zone_or_unit)
    return _from_unix_time(value)


def _parse_text(text: str, zone: str) -> datetime:
    if len(text) > _LENGTH_MAX:
        raise NoValue(_REMEDY)
    if _UNIX_TIME.fullmatch(text):
        return _from_unix_time(float(text))
    time = _parse_date_and_time(text)
    if time.tzinfo is None:
        # A zone is never guessed: an event at the wrong hour is worse than an error that says what to add.
        time = time.replace(tzinfo=UTC) - _parse_offset(zone)
    return _from_unix_time(time.timestamp())


def _parse_date_and_time(text: str) -> datetime:
    try:
        if _RFC_2822.fullmatch(text):
            return parsedate_to_datetime(text)
        return datetime.fromisoformat(_normalize_iso(text))
    except ValueError:
        raise NoValue(_REMEDY) from None


def _normalize_iso(text: str) -> str:
    # fromisoformat() takes no space before the zone, as in `2016-12-02 20:31:39 UTC` and `… +00:00`.
    text = text.upper().replace(" UTC", "Z").replace(" GMT", "Z").replace(" Z", "Z")
    head, space, offset = text.rpartition(" ")
    return head + offset if space and offset.startswith(("+", "-")) else text


def _from_unix_time(seconds: float) -> datetime:
    # Accepts milliseconds too: no number stands for a year from 2000 on in both units.
    try:
        return parse_timestamp(seconds)
    except ValueError as error:
        raise NoValue(str(error)) from None


def _parse_offset(zone: str) -> timedelta:
    if zone == "UTC":
        return timedelta()
    if not _OFFSET.fullmatch(zone):
        raise NoValue("needs a zone for a time without one: 'UTC' or an offset such as '+02:00'")
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


def _get_units_per_second(unit: str) -> int:
    if unit not in _UNITS:
        raise NoValue(f"takes the units {', '.join(_UNITS)}")
    return _UNITS[unit]


FUNCTIONS = (timestamp, date, seconds_between, duration)
