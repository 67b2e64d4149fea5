"""What sources send, as an operator sees it: how much, what of it was turned away and why, whom Gong can tell it is about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from relay.core.gong.validate import Association
from relay.core.timestamps import format_timestamp
from relay.queries.time_series import merge_buckets, read_all_stores
from relay.store.stores import Stores
from relay.store.time_series import (
    RejectedRequest,
    Resolution,
    SeriesWindow,
    read_rejected_requests,
    source_scope,
)

_SPANS = {"last_hour": SeriesWindow(Resolution.TEN_MINUTES, 6), "last_day": SeriesWindow(Resolution.HOUR, 24)}

_OF_EVENTS = ("accepted", "repeated", "filtered", "aggregated", "dead")
_OURS = frozenset({"requests", "erased", *_OF_EVENTS, *Association})


def read_traffic(stores: Stores, names: Sequence[str], *, now: datetime) -> dict[str, dict[str, Any]]:
    """Of each source named `{traffic: {last_hour, last_day}, association, last_rejection}`.

    A span tells of requests `taken` and `rejected` (by code, and of signatures by reason), and of the events in them.
    `association` counts the last day's events by how surely Gong can tell whom they are about. `last_rejection` is the
    newest request that was, or null.
    """
    scopes = [source_scope(name) for name in names]
    read = {title: read_all_stores(stores, scopes, span, now) for title, span in _SPANS.items()}
    newest = read_rejected_requests(stores.main.redis, names)
    told: dict[str, dict[str, Any]] = {}
    for name, scope in zip(names, scopes, strict=True):
        counts = {title: merge_buckets(found[scope]).counts for title, found in read.items()}
        told[name] = {
            "traffic": {title: _span(each) for title, each in counts.items()},
            "association": {sure.value: counts["last_day"].get(sure, 0) for sure in Association},
            "last_rejection": _turned_away(newest[name]) if name in newest else None,
        }
    return told


def _span(counts: Mapping[str, int]) -> dict[str, Any]:
    events = {what: counts.get(what, 0) for what in _OF_EVENTS}
    turned = {what: counts[what] for what in sorted(counts) if what not in _OURS}
    return {"requests": counts.get("requests", 0), "events": events, "rejected": turned}


def _turned_away(told: RejectedRequest) -> dict[str, Any]:
    return {"at": format_timestamp(told.at), "code": told.code, "reason": told.reason or None}
