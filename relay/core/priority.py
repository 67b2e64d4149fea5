"""Priorities of events."""

from enum import StrEnum


class Priority(StrEnum):
    """Which events are sent first, and which wait when the daily budget runs short."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    def capped(self, ceiling: "Priority") -> "Priority":
        """Return the lower of this priority and `ceiling`."""
        return max(self, ceiling, key=_RANKS.__getitem__)


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}
