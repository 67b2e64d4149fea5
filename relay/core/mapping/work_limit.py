"""How much work one event may cost: counted in steps, so that no expression or payload can hold a worker up.

A step is about one node of an expression looked at once, or a few characters read. Counting needs no clock, and
stops the same event at the same place on every machine.
"""

from typing import Any

STEPS_PER_EVENT = 250_000
"""Measured on one slow core: 50 milliseconds for plain expressions, 160 for the dearest function, and 10 MB.
Real events take a few hundred.
"""
STEPS_PER_RECEIPT = 2_000_000
STEPS_PER_ITEM = 1_000
"""What the items of one receipt may take together: so much, and a little more for each of them. It stops many items
each of which looks at the whole body.
"""
DEPTH_MAX = 64
TEXT_MAX = 100_000
"""Characters that one function may read or make. What goes to Gong is far shorter."""


class NoValue(ValueError):
    """An expression has no value for this payload. The text says why, and never repeats the payload."""


class WorkLimitExceeded(Exception):
    """The event needs more work than one event may."""


class StepCounter:
    """Steps that are left."""

    __slots__ = ("left", "steps")

    def __init__(self, steps: int = STEPS_PER_EVENT) -> None:
        self.steps = steps
        self.left = steps

    @property
    def spent(self) -> int:
        return self.steps - max(0, self.left)

    def count(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise WorkLimitExceeded

    def count_contents(self, value: Any) -> None:
        """Pay for all that a value holds, before something walks it. Unfit when it nests too deep to be walked."""
        if isinstance(value, str):
            self.count(len(value) >> 4)
        elif isinstance(value, list | dict):
            self._measure_all(value)

    def _measure_all(self, value: Any) -> None:
        level, depth = [value], 0
        while level:
            depth += 1
            if depth > DEPTH_MAX:
                raise NoValue(f"nests deeper than {DEPTH_MAX} levels")
            level = [inner for outer in level for inner in self._inside(outer)]

    def _inside(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            self.count(len(value) >> 4)
            return []
        if not isinstance(value, list | dict):
            return []
        self.count(len(value) + 1)
        return list(value.values()) if isinstance(value, dict) else value
