"""Moments as the store has them: whole microseconds of Redis's clock."""

from datetime import UTC, datetime

SECOND = 1_000_000
"""Microseconds in one."""


def to_datetime(microseconds: bytes | str | int) -> datetime:
    """A moment that the store has written."""
    return datetime.fromtimestamp(int(microseconds) / SECOND, tz=UTC)
