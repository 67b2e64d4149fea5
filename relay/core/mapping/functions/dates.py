"""Functions on times: whatever way a partner writes one, Gong gets whole seconds in UTC."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from relay.core.mapping.functions.numbers import number
from relay.core.mapping.work_limit import NoValue
from relay.core.timestamps import format_timestamp, parse_timestamp

_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-8]):[0-5][0-9]")
_DIGITS = re.compile(r"[0-9]{9,19}(?:\.[0-9]{1,9})?")
_NAMED_DAY = re.compile(r"(?:[A-Za-z]{3}, )?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} .{5,20}")
_ISO_DURATION = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.[0-9]+)?S)?)?")
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,3}):([0-5]?[0-9])(?:\.[0-9]+)?")
_LONGEST = 40
_REMEDY = "needs a date and time, such as 2026-11-20T10:00:00Z, or seconds since 1970"


def timestamp(value: str | float, told: str = "") -> str:
    """`timestamp('2016-12-02 20:31:39 +00:00')` is `"2016-12-02T20:31:39Z"`.

    Seconds and milliseconds since 1970 tell themselves apart: `timestamp('1348177752')` is
    `"2012-09-20T21:49:12Z"`. Say the rest: `timestamp(`1585254348000000`, 'us')` is `"2020-03-26T20:25:48Z"`, and a
    time without a zone needs one: `timestamp('2009-03-26 21:35:57', 'UTC')` is `"2009-03-26T21:35:57Z"`.
    """
    return format_timestamp(_moment(value, told))


def date(value: str | float, told: str = "") -> str:
    """`date('2026-11-20T23:30:00-05:00')` is `"2026-11-21"`: the day in UTC."""
    return timestamp(value, told)[:10]


def seconds_between(start: str | float, end: str | float) -> int:
    """`seconds_between('2026-07-26T14:02:00Z', '2026-07-26T14:09:59.5Z')` is `479`."""
    return int((_moment(end, "") - _moment(start, "")).total_seconds())


def duration(value: str | float, unit: str = "s") -> int:
    """`duration('PT1H5M')` is `3900`: whole seconds, as Gong's DURATION wants them.

    `duration('05:30')` is `330`, `duration('184')` is `184`, `duration(`90500`, 'ms')` is `90`.
    """
    if isinstance(value, str) and len(value) <= _LONGEST:
        text = value.strip().upper()
        if (iso := _ISO_DURATION.fullmatch(text)) and any(iso.groups()):
            days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
            return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return (hours * 60 + minutes) * 60 + seconds
    return int(number(value) / _per_second(unit))


def _moment(value: str | float, told: str) -> datetime:
    if told in _UNITS:
        return _in_range(number(value) / _UNITS[told])
    if isinstance(value, str):
        return _of_text(value.strip(), told)
    return _in_range(value)


def _of_text(text: str, zone: str) -> datetime:
    if len(text) > _LONGEST:
        raise NoValue(_REMEDY)
    if _DIGITS.fullmatch(text):
        return _in_range(float(text))
    moment = _read(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC) - _offset(zone)
    return _in_range(moment.timestamp())


def _read(text: str) -> datetime:
    try:
        if _NAMED_DAY.fullmatch(text):
            return parsedate_to_datetime(text)
        return datetime.fromisoformat(_tidied(text))
    except ValueError:
        raise NoValue(_REMEDY) from None


def _tidied(text: str) -> str:
    """`2016-12-02 20:31:39 UTC` and `… +00:00` as the reader wants them: nothing between time and offset."""
    plain = text.upper().replace(" UTC", "Z").replace(" GMT", "Z").replace(" Z", "Z")
    head, space, offset = plain.rpartition(" ")
    return head + offset if space and offset.startswith(("+", "-")) else plain


def _in_range(seconds: float) -> datetime:
    """Of milliseconds too: no moment from 2000 on could be meant by both."""
    try:
        return parse_timestamp(seconds)
    except ValueError as error:
        raise NoValue(str(error)) from None


def _offset(zone: str) -> timedelta:
    if zone == "UTC":
        return timedelta()
    if not _OFFSET.fullmatch(zone):
        raise NoValue("needs a zone for a time that names none: 'UTC' or an offset such as '+02:00'")
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


def _per_second(unit: str) -> int:
    if unit not in _UNITS:
        raise NoValue(f"takes the units {', '.join(_UNITS)}")
    return _UNITS[unit]


FUNCTIONS = (timestamp, date, seconds_between, duration)
