"""Numbers, times and text from outside, formatted for a terminal."""

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_KILO = 1000
NO_VALUE = "-"


def safe_text(text: object) -> str:
    """Return the text on one line, with every non-printable character replaced by its escape.

    Names, responses and bodies come from outside: an escape sequence in them could rewrite the screen.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def format_duration(seconds: float | None) -> str:
    """Format a duration in one unit: `4.2 s`, `3 min`, `5 h`, `2 d`; `-` for None."""
    if seconds is None:
        return NO_VALUE
    # The clocks of this machine and the store can differ, so that an event seems to come from the future.
    seconds = max(seconds, 0.0)
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    # Up to two days in hours: `1 d` could be 24 hours or 47.
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:.0f} d"


def format_age(timestamp: str, now: datetime) -> str:
    """Format the time since a timestamp: `3 min`."""
    return format_duration((now - datetime.fromisoformat(timestamp)).total_seconds())


def format_time(timestamp: str) -> str:
    """Format a timestamp to the second: `2026-11-21 10:00:00 UTC`."""
    return f"{datetime.fromisoformat(timestamp):%Y-%m-%d %H:%M:%S} UTC"


def format_bytes(number: int) -> str:
    """Format a number of bytes in one unit: `512 bytes`, `9.8 kB`, `71.3 MB`."""
    if number < _KILO:
        return pluralize(number, "byte")
    unit, size = next(
        (unit, size) for unit, size in (("GB", _KILO**3), ("MB", _KILO**2), ("kB", _KILO)) if number >= size
    )
    return f"{number / size:,.1f} {unit}"


def pluralize(number: int, noun: str) -> str:
    """`1 event`, `2,000 events`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
