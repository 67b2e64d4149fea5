"""Sliding-window counts of counters that only grow, computed from their totals at each check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_SLOTS = 15
"""Number of slots that a window is divided into. Old counts drop out slot by slot, so little has to be stored."""

Slots = tuple[tuple[int, int], ...]
"""Pairs of the second at which a slot began, and what was counted in it."""


@dataclass(frozen=True, slots=True)
class RateWindow:
    """Recent growth of counters, by name. `totals` are those of the last check, None before the first."""

    totals: Mapping[str, int] | None = None
    slots: Mapping[str, Slots] = field(default_factory=dict)

    def recent_count(self, name: str) -> int:
        """Return how much the counter has grown within the window."""
        return sum(added for _, added in self.slots.get(name, ()))


def update_rate_window(
    window: RateWindow, totals: Mapping[str, int], *, seconds: float, now: datetime
) -> RateWindow:
    """Return the window of the last `seconds` after another check."""
    # The first check counts nothing: the totals may be years old.
    added = {} if window.totals is None else _compute_growth(window.totals, totals)
    edge = (now - timedelta(seconds=seconds)).timestamp()
    width = max(seconds / _SLOTS, 1.0)
    slot = int(now.timestamp() // width * width)
    updated = {
        name: _add_to_slots(slots, slot, added.get(name, 0), edge) for name, slots in window.slots.items()
    }
    new = {name: ((slot, count),) for name, count in added.items() if name not in updated}
    return RateWindow(dict(totals), {name: slots for name, slots in (updated | new).items() if slots})


def _compute_growth(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    growth = {name: count - before.get(name, 0) for name, count in now.items()}
    # A total that has shrunk was reset, so all of it is new.
    return {name: now[name] if count < 0 else count for name, count in growth.items() if count}


def _add_to_slots(slots: Slots, slot: int, count: int, edge: float) -> Slots:
    recent = tuple((began, added) for began, added in slots if began >= edge)
    if not count:
        return recent
    if recent and recent[-1][0] == slot:
        return (*recent[:-1], (slot, recent[-1][1] + count))
    return (*recent, (slot, count))
