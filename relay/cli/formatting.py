"""Figures, moments and foreign text as people read them in a terminal."""

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
NOTHING = "-"


def plain(text: object) -> str:
    """The text on one line, safe for a terminal: what would not print stands as its escape.

    Names, answers and bodies come from outside; an escape sequence among them could rewrite the screen.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def span(seconds: float | None) -> str:
    """A duration in its one fitting unit: `4.2 s`, `3 min`, `5 h`, `2 d`."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0.0)
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:.0f} d"


def age(moment: str, now: datetime) -> str:
    """How long ago a moment of a view was."""
    return span((now - datetime.fromisoformat(moment)).total_seconds())


def instant(moment: str) -> str:
    """A moment of a view, to the second: `2026-11-21 10:00:00 UTC`."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC"


def counted(number: int, thing: str) -> str:
    """`1 event`, `2,000 events`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
