"""Priorities of events."""

from enum import StrEnum


class Priority(StrEnum):
    """Which events are sent first, and which wait when the daily budget runs short."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
