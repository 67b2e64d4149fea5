"""How much a counter that only grows has grown lately, from looks at its total: in a few figures for each name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_SLOTS = 15
"""Into so many parts is the time divided that is looked back on: growth is forgotten part by part."""

Slots = tuple[tuple[int, int], ...]
"""The second at which each part began, and what was added in it."""


@dataclass(frozen=True, slots=True)
class RateWindow:
    """The totals at the last look, and what was added lately, by name. `totals` is None before the first look."""

    totals: Mapping[str, int] | None = None
    slots: Mapping[str, Slots] = field(default_factory=dict)

    def recent_count(self, name: str) -> int:
        return sum(added for _, added in self.slots.get(name, ()))


def update_rate_window(
    before: RateWindow, totals: Mapping[str, int], *, seconds: float, now: datetime
) -> RateWindow:
    """What is known after another look, of the last `seconds`. The first look counts nothing: it may be all old."""
    added = {} if before.totals is None else _added(before.totals, totals)
    edge = (now - timedelta(seconds=seconds)).timestamp()
    width = max(seconds / _SLOTS, 1.0)
    slot = int(now.timestamp() // width * width)
    kept = {name: _with(slots, slot, added.get(name, 0), edge) for name, slots in before.slots.items()}
    fresh = {name: ((slot, count),) for name, count in added.items() if name not in kept}
    return RateWindow(dict(totals), {name: slots for name, slots in (kept | fresh).items() if slots})


def _added(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """A total that has shrunk was begun anew: all of it is new."""
    told = {name: count - before.get(name, 0) for name, count in now.items()}
    return {name: now[name] if count < 0 else count for name, count in told.items() if count}


def _with(slots: Slots, slot: int, count: int, edge: float) -> Slots:
    old = tuple((began, added) for began, added in slots if began >= edge)
    if not count:
        return old
    if old and old[-1][0] == slot:
        return (*old[:-1], (slot, old[-1][1] + count))
    return (*old, (slot, count))
