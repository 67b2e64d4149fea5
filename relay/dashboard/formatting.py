"""Figures, moments and names as the pages write them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NOTHING = "-"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MILLIONS = 1_000_000

TONES: Mapping[str, str] = {
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
"""The colour of each state. The state's name always stands beside it."""


def tone(state: str) -> str:
    return TONES.get(state, "quiet")


def figure(number: float | None) -> str:
    """`12,345`; from a million on `1.2 M`; a hyphen where nothing is known."""
    if number is None:
        return NOTHING
    if abs(number) >= _MILLIONS:
        return f"{number / _MILLIONS:.1f} M"
    return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"


def counted(number: int, thing: str) -> str:
    """`1 event`, `2,000 events`."""
    return f"{figure(number)} {thing}" if number == 1 else f"{figure(number)} {thing}s"


def span(seconds: float | None) -> str:
    """A duration in its one fitting unit: `40 ms`, `4.2 s`, `42 s`, `3 min`, `5 h`, `2 d`."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds // _DAY:.0f} d"


def share(part: float, whole: float) -> str:
    """`38 %`; a hyphen of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else NOTHING


def distance(moment: str, now: datetime) -> str:
    """How far a moment of a view is from now: `3 min ago`, `in 5 h`, `now`."""
    seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def clock(moment: str, now: datetime) -> str:
    """A moment of a view as short as it is clear: `10:04:05` today, else `Nov 20, 10:04`, with the year if another."""
    told = datetime.fromisoformat(moment)
    if told.date() == now.date():
        return f"{told:%H:%M:%S}"
    return f"{told:%b %-d, %H:%M}" if told.year == now.year else f"{told:%Y-%m-%d %H:%M}"


def pretty(value: Any) -> str:
    """A JSON value as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def sentence(text: str) -> str:
    """A word of the vocabulary as a heading: `invalid_credentials` is `needs credentials`."""
    return text.replace("_", " ").replace(":", ": ")
