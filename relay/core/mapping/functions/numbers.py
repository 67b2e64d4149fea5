"""Functions that make whole numbers and shares of what partners send as text, fractions or other scales."""

import re
from math import isfinite

from relay.core.mapping.work_limit import NoValue

_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_LONGEST = 40


def number(value: str | float) -> float:
    """`number('1,234.50')` is `1234.5`. A percent sign is passed over: `number('62 %')` is `62`."""
    if isinstance(value, str):
        return _of_text(value)
    return value


def integer(value: str | float) -> int:
    """`integer('61.7')` is `62`: rounded, and a half goes to the even neighbour."""
    return round(number(value))


def scale(value: str | float, from_most: float, to_most: float) -> int:
    """`scale('0.75', `1`, `100`)` is `75`: a value of 0 to `from_most` as one of 0 to `to_most`, never beyond."""
    if from_most <= 0 or to_most <= 0:
        raise NoValue("needs two scales above 0")
    share = min(1.0, max(0.0, number(value) / from_most))
    return round(share * to_most)


def percent(part: str | float, whole: str | float) -> int | None:
    """`percent(`3`, `4`)` is `75`; of nothing it is null."""
    total = number(whole)
    return scale(part, total, 100) if total > 0 else None


def clamp(value: str | float, least: float, most: float) -> float:
    """`clamp(`120`, `0`, `100`)` is `100`."""
    return min(most, max(least, number(value)))


def add(first: str | float, second: str | float) -> float:
    """`add(`1`, '2')` is `3`."""
    return number(first) + number(second)


def multiply(first: str | float, second: str | float) -> float:
    """`multiply('1.5', `60`)` is `90.0`."""
    return number(first) * number(second)


def _of_text(text: str) -> float:
    bare = text.strip().removesuffix("%").rstrip()
    if len(bare) > _LONGEST:
        raise NoValue("takes no number of so many digits")
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _PLAIN.fullmatch(bare):
        raise NoValue("needs a number, such as 12 or '12.5'")
    if bare.lstrip("+-").isdigit():
        return int(bare)
    value = float(bare)
    if not isfinite(value):
        raise NoValue("takes no number that large")
    return value


FUNCTIONS = (number, integer, scale, percent, clamp, add, multiply)
