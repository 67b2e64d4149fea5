"""Times in the store: whole microseconds since 1970, by Redis's clock."""

from datetime import UTC, datetime

SECOND = 1_000_000
"""One second in microseconds."""


def to_datetime(microseconds: bytes | str | int) -> datetime:
    """Convert a time that the store wrote."""
    return datetime.fromtimestamp(int(microseconds) / SECOND, tz=UTC)
