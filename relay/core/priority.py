"""The priorities that events wait in: which go first, and which wait first when the day's budget runs short."""

from enum import StrEnum


class Priority(StrEnum):
    """Which events go first, and which wait first when the day's budget runs short."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
