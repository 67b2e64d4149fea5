"""Time series for display: points of a chart, totals and latencies."""

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
"""For each window, the buckets to read and how many of them make one point."""

_DESTINATION_WINDOWS: Windows = {"24h": (SeriesWindow(Resolution.HOUR, 24), 1)}
"""The store keeps minutes of a destination for six hours only."""

_SOURCE_WINDOWS = {
    "1h": (SeriesWindow(Resolution.TEN_MINUTES, 6), 1),
    "6h": (SeriesWindow(Resolution.TEN_MINUTES, 36), 1),
} | _DESTINATION_WINDOWS

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
"""The series, in display order."""


def series_page(
    stores: Stores,
    *,
    now: datetime,
    window: str = "1h",
    destination: str | None = None,
    source: str | None = None,
) -> dict[str, Any]:
    """Return `{window, from, until, step_seconds, points: {at, <line>…}, totals, latency, calls}`, of all events or one scope.

    `points` are columns of equal length; `at` contains Unix timestamps. `latency` is the time from receipt to delivery,
    `calls` the time that Gong took to respond. An unavailable store counts as zero.
    """
    scope, windows = _choose_scope(destination, source)
    if window not in windows:
        raise ValidationFailed(
            [Problem("window", "enum", f"{window!r} is not a window. Use one of: {', '.join(WINDOWS)}.")]
        )
    span, step = windows[window]
    points = _merge_points(read_all_stores(stores, [scope], span, now)[scope], step)
    total = merge_buckets(points)
    return {
        "window": window,
        "from": format_timestamp(points[0].at),
        "until": format_timestamp(now),
        "step_seconds": step * span.grain.seconds,
        "points": {"at": [int(point.at.timestamp()) for point in points]}
        | {line: [point.counts.get(line, 0) for point in points] for line in SERIES_NAMES},
        "totals": {line: total.counts.get(line, 0) for line in SERIES_NAMES},
        "latency": _render_times(total.arrivals),
        "calls": _render_times(total.calls),
    }


def _choose_scope(destination: str | None, source: str | None) -> tuple[str, Windows]:
    if destination and source:
        text = "Give destination or source, not both: the events of a source are not counted by destination."
        raise ValidationFailed([Problem("source", "rule", text)])
    if source:
        return source_scope(source), WINDOWS | _SOURCE_WINDOWS
    return (
        (destination_scope(destination), WINDOWS | _DESTINATION_WINDOWS)
        if destination
        else (GLOBAL_SCOPE, WINDOWS)
    )


def read_all_stores(
    stores: Stores, scopes: Sequence[str], span: SeriesWindow, now: datetime
) -> dict[str, list[Bucket]]:
    """Return the buckets of each scope, summed over all available stores. The main store must be available."""
    series = [read_series(stores.main.redis, scopes, span, now=now)]
    for store in stores:
        if store is not stores.main:
            with suppress(Unavailable):
                series.append(read_series(store.redis, scopes, span, now=now))
    if len(series) == 1:
        return series[0]
    return {
        scope: list(map(merge_buckets, zip(*(buckets[scope] for buckets in series), strict=True)))
        for scope in scopes
    }


def merge_buckets(buckets: Sequence[Bucket]) -> Bucket:
    """Return the sum of the buckets, at the time of the first."""
    return summed(buckets, buckets[0].at)


def _merge_points(buckets: Sequence[Bucket], step: int) -> list[Bucket]:
    if step == 1:
        return list(buckets)
    return [merge_buckets(buckets[start : start + step]) for start in range(0, len(buckets), step)]


def _render_times(histogram: Histogram) -> dict[str, Any]:
    """Return `{p50_seconds, p95_seconds, count}`. The percentiles are null without measurements."""
    percentiles = {name: histogram.percentile(percent) for name, percent in (("p50", 50), ("p95", 95))}
    row: dict[str, Any] = {
        f"{name}_seconds": None if seconds is None else round(seconds, 3)
        for name, seconds in percentiles.items()
    }
    return row | {"count": histogram.total}
