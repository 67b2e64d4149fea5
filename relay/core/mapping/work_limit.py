"""Limits on the work that mapping one event may take, counted in steps, so that no payload can block a worker.

A step is roughly one visit to a node of an expression, or a few characters read. Counting steps needs no clock, and
stops the same event at the same point on every machine.
"""

from typing import Any

STEPS_PER_EVENT = 250_000
"""On one slow core this takes 50 ms for plain expressions, 160 ms for the most expensive function, and 10 MB.

Real events take a few hundred steps.
"""
STEPS_PER_RECEIPT = 2_000_000
"""Steps that all items of one receipt share, besides STEPS_PER_ITEM for each."""
STEPS_PER_ITEM = 1_000
"""Added to the receipt's steps for each item. The sum stops a batch in which every item reads the whole body."""
DEPTH_MAX = 64
TEXT_MAX = 100_000
"""Characters that one function may read or return. Gong's own limits are far lower."""


class NoValue(ValueError):
    """No usable value can be made from this payload. The message says why, and never repeats the payload."""


class WorkLimitExceeded(Exception):
    """The event needs more steps than one event may take."""


class StepCounter:
    """Counts the steps spent on one event, and raises WorkLimitExceeded when `limit` is passed."""

    __slots__ = ("limit", "remaining")

    def __init__(self, limit: int = STEPS_PER_EVENT) -> None:
        self.limit = limit
        self.remaining = limit

    @property
    def used(self) -> int:
        # `remaining` is below 0 after the count that raised.
        return self.limit - max(0, self.remaining)

    def count(self, steps: int) -> None:
        self.remaining -= steps
        if self.remaining < 0:
            raise WorkLimitExceeded

    def count_contents(self, value: Any) -> None:
        """Count everything that `value` holds, before a function walks it. Raises NoValue above DEPTH_MAX levels."""
        if isinstance(value, str):
            # Python reads text far faster than it visits nodes: 16 characters cost one step.
            self.count(len(value) >> 4)
        elif isinstance(value, list | dict):
            self._count_nested(value)

    def _count_nested(self, value: Any) -> None:
        # Level by level instead of recursively: a hostile payload must not exhaust the stack.
        level, depth = [value], 0
        while level:
            depth += 1
            if depth > DEPTH_MAX:
                raise NoValue(f"nests deeper than {DEPTH_MAX} levels")
            level = [child for parent in level for child in self._count_children(parent)]

    def _count_children(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            self.count(len(value) >> 4)
            return []
        if not isinstance(value, list | dict):
            return []
        self.count(len(value) + 1)
        return list(value.values()) if isinstance(value, dict) else value
