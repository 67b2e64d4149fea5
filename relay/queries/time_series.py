"""What happened over time, as an operator sees it: points for a chart, totals, and how long it took."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeAlias

from relay.core.errors import Problem, Unavailable, ValidationFailed
from relay.core.percentiles import Histogram
from relay.core.timestamps import format_timestamp
from relay.store.stores import Stores
from relay.store.time_series import (
    GLOBAL_SCOPE,
    Bucket,
    Resolution,
    SeriesWindow,
    destination_scope,
    read_series,
    source_scope,
)
from relay.store.time_series import (
    merge_buckets as summed,
)

Windows: TypeAlias = dict[str, tuple[SeriesWindow, int]]

WINDOWS: Windows = {
    "1h": (SeriesWindow(Resolution.MINUTE, 60), 1),
    "6h": (SeriesWindow(Resolution.MINUTE, 360), 5),
    "24h": (SeriesWindow(Resolution.MINUTE, 1440), 15),
    "7d": (SeriesWindow(Resolution.HOUR, 168), 1),
    "35d": (SeriesWindow(Resolution.HOUR, 840), 6),
}
"""Each window: the buckets that are read, and how many of them become one point."""

_OF_ONE: Windows = {"24h": (SeriesWindow(Resolution.HOUR, 24), 1)}
"""Of one destination minutes are kept for six hours."""

_OF_A_SOURCE = {
    "1h": (SeriesWindow(Resolution.TEN_MINUTES, 6), 1),
    "6h": (SeriesWindow(Resolution.TEN_MINUTES, 36), 1),
} | _OF_ONE

SERIES_NAMES = (
    "accepted",
    "delivered",
    "duplicate",
    "dead",
    "failed",
    "rate_limited",
    "blocked",
    "repeated",
    "filtered",
    "aggregated",
    "replayed",
    "discarded",
)
"""What is counted, in the order in which it is shown."""


def series_page(
    stores: Stores,
    *,
    now: datetime,
    window: str = "1h",
    destination: str | None = None,
    source: str | None = None,
) -> dict[str, Any]:
    """`{window, from, until, step_seconds, points: {at, <line>…}, totals, latency, calls}`, of everything or of one.

    `points` are columns of equal length; `at` holds seconds since 1970. `latency` is from arrival to Gong, `calls` what
    Gong took for its answers. A store that is away adds nothing.
    """
    scope, windows = _scope(destination, source)
    if window not in windows:
        raise ValidationFailed(
            [Problem("window", "enum", f"{window!r} is no window. One of: {', '.join(WINDOWS)}.")]
        )
    span, step = windows[window]
    points = _points(read_all_stores(stores, [scope], span, now)[scope], step)
    total = merge_buckets(points)
    return {
        "window": window,
        "from": format_timestamp(points[0].at),
        "until": format_timestamp(now),
        "step_seconds": step * span.grain.seconds,
        "points": {"at": [int(point.at.timestamp()) for point in points]}
        | {line: [point.counts.get(line, 0) for point in points] for line in SERIES_NAMES},
        "totals": {line: total.counts.get(line, 0) for line in SERIES_NAMES},
        "latency": _times(total.arrivals),
        "calls": _times(total.calls),
    }


def _scope(destination: str | None, source: str | None) -> tuple[str, Windows]:
    if destination and source:
        text = "Ask for one destination or for one source: what a source sends is not counted by destination."
        raise ValidationFailed([Problem("source", "rule", text)])
    if source:
        return source_scope(source), WINDOWS | _OF_A_SOURCE
    return (destination_scope(destination), WINDOWS | _OF_ONE) if destination else (GLOBAL_SCOPE, WINDOWS)


def read_all_stores(
    stores: Stores, scopes: Sequence[str], span: SeriesWindow, now: datetime
) -> dict[str, list[Bucket]]:
    """Of each scope the buckets of all stores that answer, added up. The main one must."""
    found = [read_series(stores.main.redis, scopes, span, now=now)]
    for store in stores:
        if store is not stores.main:
            with suppress(Unavailable):
                found.append(read_series(store.redis, scopes, span, now=now))
    if len(found) == 1:
        return found[0]
    return {
        scope: list(map(merge_buckets, zip(*(each[scope] for each in found), strict=True)))
        for scope in scopes
    }


def merge_buckets(buckets: Sequence[Bucket]) -> Bucket:
    return summed(buckets, buckets[0].at)


def _points(buckets: Sequence[Bucket], step: int) -> list[Bucket]:
    if step == 1:
        return list(buckets)
    return [merge_buckets(buckets[start : start + step]) for start in range(0, len(buckets), step)]


def _times(times: Histogram) -> dict[str, Any]:
    """`p50_seconds` and `p95_seconds` are null where nothing was timed."""
    found = {name: times.percentile(percent) for name, percent in (("p50", 50), ("p95", 95))}
    told = {
        f"{name}_seconds": None if seconds is None else round(seconds, 3) for name, seconds in found.items()
    }
    return told | {"count": times.total}
