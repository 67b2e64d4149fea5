"""Lifecycle of an alert: opened when a condition is found, repeated while it lasts, resolved when it stays away."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relay.core.alerts.conditions import Condition
from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.thresholds import AlertConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert, from when it opened until it resolved."""

    id: str
    kind: AlertKind
    subject: str
    """Name of the destination, company, store, source or base URL."""
    severity: Severity
    text: str
    remedy: str
    since: datetime
    """When its condition began."""
    opened_at: datetime
    last_seen_at: datetime
    """When a check last found the condition."""
    last_notified_at: datetime
    notification_count: int = 1
    """How many times receivers were notified of it, its resolution excluded."""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What one check changed. `open` holds every alert that is open now, those of `opened` and `repeated` included."""

    open: tuple[Alert, ...]
    opened: tuple[Alert, ...]
    repeated: tuple[Alert, ...]
    resolved: tuple[Alert, ...]


def update_alerts(
    alerts: Sequence[Alert], conditions: Sequence[Condition], config: AlertConfig, now: datetime
) -> AlertChanges:
    """Compare the open alerts with the conditions of a new check. A condition has one alert, however often it is found."""
    conditions_by_key = {(condition.kind, condition.subject): condition for condition in conditions}
    alerts_by_key = {(alert.kind, alert.subject): alert for alert in alerts}
    lasting = [
        _refresh(alert, conditions_by_key[key], now)
        for key, alert in alerts_by_key.items()
        if key in conditions_by_key
    ]
    repeat_interval = timedelta(seconds=config.repeat_interval)
    due = [alert for alert in lasting if now - alert.last_notified_at >= repeat_interval]
    repeated = tuple(
        replace(alert, last_notified_at=now, notification_count=alert.notification_count + 1) for alert in due
    )
    opened = tuple(
        _open(condition, now)
        for key, condition in conditions_by_key.items()
        if condition.opens and key not in alerts_by_key
    )
    # A condition that flaps must not resolve and reopen its alert each time, so it has to stay away for a while.
    absent = [alert for key, alert in alerts_by_key.items() if key not in conditions_by_key]
    resolve_after = timedelta(seconds=config.resolve_after)
    resolved_ids = {alert.id for alert in absent if now - alert.last_seen_at >= resolve_after}
    resolved = tuple(replace(alert, resolved_at=now) for alert in absent if alert.id in resolved_ids)
    waiting = [alert for alert in absent if alert.id not in resolved_ids]
    unchanged = [alert for alert in lasting if alert not in due]
    return AlertChanges((*unchanged, *repeated, *waiting, *opened), opened, repeated, resolved)


def _refresh(alert: Alert, condition: Condition, now: datetime) -> Alert:
    return replace(
        alert,
        text=condition.text,
        remedy=condition.remedy,
        severity=condition.severity,
        last_seen_at=now,
    )


def _open(condition: Condition, now: datetime) -> Alert:
    # A hash, so that receivers can use the id as a deduplication key whatever characters the subject has.
    name = f"{condition.kind}|{condition.subject}|{now.isoformat()}"
    return Alert(
        id=hashlib.sha256(name.encode()).hexdigest()[:16],
        kind=condition.kind,
        subject=condition.subject,
        severity=condition.severity,
        text=condition.text,
        remedy=condition.remedy,
        since=condition.since,
        opened_at=now,
        last_seen_at=now,
        last_notified_at=now,
    )
