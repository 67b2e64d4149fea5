"""Alerts for display: open ones, recently resolved ones, and the state of each receiver."""

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

_MAX_RESOLVED = 50
_SEVEREST_FIRST = list(Severity)


def alerts_page(stores: Stores, config: AlertConfig, *, now: datetime) -> dict[str, Any]:
    """Return `{open, resolved, receivers, checks, heartbeat}`, the most severe and newest alerts first.

    `checks` has the last check of each store, or the error code of an unavailable one.
    """
    pages = [_read_store(store, config, now) for store in stores]
    # Sorting is stable: first by time, then by severity.
    newest_first = sorted((alert for page in pages for alert in page["open"]), key=_opened_at, reverse=True)
    return {
        "open": sorted(newest_first, key=lambda alert: _SEVEREST_FIRST.index(alert["severity"])),
        "resolved": sorted(
            (alert for page in pages for alert in page["resolved"]), key=_resolved_at, reverse=True
        )[:_MAX_RESOLVED],
        "receivers": [_render_receiver(receiver, pages) for receiver in config.receivers],
        "checks": [page["check"] for page in pages],
        "heartbeat": config.heartbeat is not None,
    }


def read_open_alerts(stores: Stores, config: AlertConfig, *, now: datetime) -> list[dict[str, Any]]:
    """Return only the open alerts of `alerts_page`."""
    page: list[dict[str, Any]] = alerts_page(stores, config, now=now)["open"]
    return page


def _opened_at(page: Mapping[str, Any]) -> str:
    return str(page["opened_at"])


def _resolved_at(page: Mapping[str, Any]) -> str:
    return str(page["resolved_at"])


def _read_store(store: Store, config: AlertConfig, now: datetime) -> dict[str, Any]:
    """Read the alerts of one store."""
    try:
        state, resolved = read_alert_state(store.redis), read_resolved_alerts(store.redis, most=_MAX_RESOLVED)
        statuses, pending = read_receiver_statuses(store.redis)
    except Unavailable as error:
        check: dict[str, Any] = {"store": store.name, "at": None, "unavailable": error.code}
        return {"open": [], "resolved": [], "statuses": {}, "check": check}
    open_alerts = [*state.open, *_find_missing_worker(store.name, state, config, now)]
    check = {
        "store": store.name,
        "at": format_timestamp(state.at) if state.at else None,
        "pending_messages": pending,
    }
    return {
        "open": [render_alert(alert, store=store.name) for alert in open_alerts],
        "resolved": [render_alert(alert, store=store.name) for alert in resolved],
        "statuses": statuses,
        "check": check,
    }


def _find_missing_worker(store: str, state: AlertState, config: AlertConfig, now: datetime) -> list[Alert]:
    """Return the alert that no worker is running, because no worker can raise it. It has no id in the store."""
    threshold = config.thresholds.no_worker
    if threshold is None or (
        state.at and now - state.at < timedelta(seconds=config.check_interval + threshold)
    ):
        return []
    since = state.at or now
    period = f"since {format_time(since)}" if state.at else "yet"
    kind = KINDS[AlertKind.NO_WORKER]
    alert = Alert(
        id=f"no-worker-{store}",
        kind=AlertKind.NO_WORKER,
        subject=store,
        severity=kind.severity,
        text=f"No worker has run for store {store} {period}.",
        remedy=kind.remedy,
        since=since,
        opened_at=since,
        last_seen_at=now,
        last_notified_at=since,
        notification_count=0,
    )
    return [alert]


def _render_receiver(receiver: Receiver, pages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a receiver with the outcome of its last message from any store."""
    statuses: list[ReceiverStatus] = [
        page["statuses"][receiver.name] for page in pages if receiver.name in page["statuses"]
    ]
    last = max(statuses, key=lambda status: status.at, default=None)
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
