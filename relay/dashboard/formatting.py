"""Formats numbers, durations, timestamps and names for the pages."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NO_VALUE = "-"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MILLION = 1_000_000

BADGE_TONES: Mapping[str, str] = {
    "aggregating": "busy",
    "queued": "busy",
    "sending": "busy",
    "retrying": "warn",
    "on_hold": "warn",
    "delivered": "good",
    "duplicate": "quiet",
    "filtered": "quiet",
    "aggregated": "quiet",
    "discarded": "quiet",
    "erased": "quiet",
    "dead": "bad",
    "running": "busy",
    "done": "good",
    "cancelled": "quiet",
}
"""The color of each state's badge. The badge always contains the state's name too."""


def badge_tone(state: str) -> str:
    return BADGE_TONES.get(state, "quiet")


def format_number(number: float | None) -> str:
    """Format as `12,345`, or `1.2 M` from a million on; None becomes a hyphen."""
    if number is None:
        return NO_VALUE
    if abs(number) >= _MILLION:
        return f"{number / _MILLION:.1f} M"
    return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"


def pluralize(number: int, noun: str) -> str:
    """Return `1 event` or `2,000 events`."""
    return f"{format_number(number)} {noun}" if number == 1 else f"{format_number(number)} {noun}s"


def format_bytes(number: int) -> str:
    """Format a number of bytes in one unit: `512 B`, `9.8 kB`, `71.3 MB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number} B"


def format_duration(seconds: float | None) -> str:
    """Format in the one unit that fits: `40 ms`, `4.2 s`, `42 s`, `3 min`, `5 h`, `2 d`."""
    if seconds is None:
        return NO_VALUE
    # Clocks of several machines differ, so that a duration can come out slightly negative.
    seconds = max(seconds, 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds // _DAY:.0f} d"


def format_percent(part: float, whole: float) -> str:
    """Return `38 %`, or a hyphen if `whole` is 0."""
    return f"{100 * part / whole:.0f} %" if whole else NO_VALUE


def relative_time(timestamp: str, now: datetime) -> str:
    """Return `3 min ago`, `in 5 h` or `now`."""
    seconds = (now - datetime.fromisoformat(timestamp)).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{format_duration(seconds)} ago" if seconds > 0 else f"in {format_duration(-seconds)}"


def format_time(timestamp: str, now: datetime) -> str:
    """Return `10:04:05` for today, `Nov 20, 10:04` for this year, and the full date otherwise."""
    time = datetime.fromisoformat(timestamp)
    if time.date() == now.date():
        return f"{time:%H:%M:%S}"
    return f"{time:%b %-d, %H:%M}" if time.year == now.year else f"{time:%Y-%m-%d %H:%M}"


def format_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def humanize(name: str) -> str:
    """Turn an identifier into words: `invalid_credentials` becomes `invalid credentials`."""
    return name.replace("_", " ").replace(":", ": ")
