"""Alerts as an operator sees them: what is open, what was over lately, and whether receivers get their messages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from relay.core.alerts.conditions import format_time
from relay.core.alerts.kinds import KINDS, AlertKind, Severity
from relay.core.alerts.lifecycle import Alert
from relay.core.alerts.notifications import render_alert
from relay.core.alerts.thresholds import AlertConfig, Receiver
from relay.core.errors import Unavailable
from relay.core.timestamps import format_timestamp
from relay.store.alerts import (
    AlertState,
    ReceiverStatus,
    read_alert_state,
    read_receiver_statuses,
    read_resolved_alerts,
)
from relay.store.stores import Store, Stores

_MOST_OVER = 50
_GRAVEST_FIRST = list(Severity)


def alerts_page(stores: Stores, rules: AlertConfig, *, now: datetime) -> dict[str, Any]:
    """`{open, resolved, receivers, checks, heartbeat}`: the gravest and newest first.

    `checks` says of each store when a worker last looked. That none does is told here as an alert too: workers that are
    not there cannot. Of a store that is away it tells just that.
    """
    read = [_read(store, rules, now) for store in stores]
    shown = sorted((one for page in read for one in page["open"]), key=_newest_first, reverse=True)
    return {
        "open": sorted(shown, key=lambda one: _GRAVEST_FIRST.index(one["severity"])),
        "resolved": sorted((one for page in read for one in page["resolved"]), key=_over_last, reverse=True)[
            :_MOST_OVER
        ],
        "receivers": [_receiver(one, read) for one in rules.receivers],
        "checks": [page["look"] for page in read],
        "heartbeat": rules.heartbeat is not None,
    }


def read_open_alerts(stores: Stores, rules: AlertConfig, *, now: datetime) -> list[dict[str, Any]]:
    """Just those that are open, as `alerts_page` has them."""
    page: list[dict[str, Any]] = alerts_page(stores, rules, now=now)["open"]
    return page


def _newest_first(page: Mapping[str, Any]) -> str:
    return str(page["opened_at"])


def _over_last(page: Mapping[str, Any]) -> str:
    return str(page["resolved_at"])


def _read(store: Store, rules: AlertConfig, now: datetime) -> dict[str, Any]:
    """One store's part."""
    try:
        memory, over = read_alert_state(store.redis), read_resolved_alerts(store.redis, most=_MOST_OVER)
        told, waiting = read_receiver_statuses(store.redis)
    except Unavailable as error:
        look: dict[str, Any] = {"store": store.name, "at": None, "unavailable": error.code}
        return {"open": [], "resolved": [], "told": {}, "look": look}
    found = [*memory.open, *_nobody(store.name, memory, rules, now)]
    look = {
        "store": store.name,
        "at": format_timestamp(memory.at) if memory.at else None,
        "pending_messages": waiting,
    }
    return {
        "open": [render_alert(one, store=store.name) for one in found],
        "resolved": [render_alert(one, store=store.name) for one in over],
        "told": told,
        "look": look,
    }


def _nobody(store: str, memory: AlertState, rules: AlertConfig, now: datetime) -> list[Alert]:
    """The alert that no worker can give: that there is none. Until one is back, it has no id of its own."""
    most = rules.thresholds.no_worker
    if most is None or (memory.at and now - memory.at < timedelta(seconds=rules.check_interval + most)):
        return []
    since = memory.at or now
    how_long = f"since {format_time(since)}" if memory.at else "yet"
    about = KINDS[AlertKind.NO_WORKER]
    alert = Alert(
        id=f"no-worker-{store}",
        kind=AlertKind.NO_WORKER,
        subject=store,
        severity=about.severity,
        text=f"No worker has been at work in store {store} {how_long}.",
        remedy=about.remedy,
        since=since,
        opened_at=since,
        last_seen_at=now,
        last_notified_at=since,
        notification_count=0,
    )
    return [alert]


def _receiver(receiver: Receiver, read: list[dict[str, Any]]) -> dict[str, Any]:
    """What came of the last message to a receiver, of whichever store it was last."""
    told: list[ReceiverStatus] = [
        page["told"][receiver.name] for page in read if receiver.name in page["told"]
    ]
    last = max(told, key=lambda one: one.at, default=None)
    page: dict[str, Any] = {"name": receiver.name, "format": receiver.format, "last": None}
    if last is not None:
        failing = format_timestamp(last.failing_since) if last.failing_since else None
        page["last"] = {
            "message": last.message,
            "at": format_timestamp(last.at),
            "outcome": last.outcome,
            "status": last.status,
            "failing_since": failing,
        }
    return page
