"""Functions on numbers, which partners also send as text, fractions, percentages or on another scale."""

import re
from math import isfinite

from relay.core.mapping.work_limit import NoValue

_WITH_COMMAS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_LENGTH_MAX = 40


def number(value: str | float) -> float:
    """`number('1,234.50')` is `1234.5`. A percent sign is ignored: `number('62 %')` is `62`."""
    if isinstance(value, str):
        return _parse_text(value)
    return value


def integer(value: str | float) -> int:
    """`integer('61.7')` is `62`: rounded, and a half is rounded to the nearest even number."""
    # round() without a number of digits returns an int.
    return round(number(value))


def scale(value: str | float, from_max: float, to_max: float) -> int:
    """`scale('0.75', `1`, `100`)` is `75`: converts a value between 0 and `from_max` to one between 0 and `to_max`, and clamps it."""
    if from_max <= 0 or to_max <= 0:
        raise NoValue("needs two maxima above 0")
    # A rounding error at the sender must not become a value that Gong rejects.
    share = min(1.0, max(0.0, number(value) / from_max))
    return round(share * to_max)


def percent(part: str | float, whole: str | float) -> int | None:
    """`percent(`3`, `4`)` is `75`, or null if `whole` is 0."""
    total = number(whole)
    return scale(part, total, 100) if total > 0 else None


def clamp(value: str | float, low: float, high: float) -> float:
    """`clamp(`120`, `0`, `100`)` is `100`."""
    return min(high, max(low, number(value)))


def add(first: str | float, second: str | float) -> float:
    """`add(`1`, '2')` is `3`."""
    return number(first) + number(second)


def multiply(first: str | float, second: str | float) -> float:
    """`multiply('1.5', `60`)` is `90.0`."""
    return number(first) * number(second)


def _parse_text(text: str) -> float:
    text = text.strip().removesuffix("%").rstrip()
    if len(text) > _LENGTH_MAX:
        raise NoValue(f"accepts a number of at most {_LENGTH_MAX} characters")
    if _WITH_COMMAS.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise NoValue("needs a number, such as 12 or '12.5'")
    if text.lstrip("+-").isdigit():  # an id as a float would lose its last digits
        return int(text)
    value = float(text)
    if not isfinite(value):
        raise NoValue("takes no number as large as this")
    return value


FUNCTIONS = (number, integer, scale, percent, clamp, add, multiply)
