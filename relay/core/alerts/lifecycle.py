"""How an alert goes: opened when something is found, told again while it lasts, cleared when it has stayed away."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relay.core.alerts.conditions import Condition
from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.thresholds import AlertConfig


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `since` is when its cause began, `opened_at` when it was first told, `seen_at` when it was last found.

    `told_at` is when it was told last, and `told` how often.
    """

    id: str
    kind: AlertKind
    subject: str
    severity: Severity
    text: str
    remedy: str
    since: datetime
    opened_at: datetime
    seen_at: datetime
    told_at: datetime
    told: int = 1
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What one look has changed. `open` is every alert that is open after it, those of `opened` and `repeated` too."""

    open: tuple[Alert, ...]
    opened: tuple[Alert, ...]
    repeated: tuple[Alert, ...]
    cleared: tuple[Alert, ...]


def update_alerts(
    known: Sequence[Alert], found: Sequence[Condition], rules: AlertConfig, now: datetime
) -> AlertChanges:
    """How the alerts that are open go on. One cause is one alert, however often it is found."""
    findings = {(one.kind, one.subject): one for one in found}
    before = {(one.kind, one.subject): one for one in known}
    seen = [_seen(one, findings[key], now) for key, one in before.items() if key in findings]
    due = [one for one in seen if now - one.told_at >= timedelta(seconds=rules.repeat_interval)]
    repeated = tuple(replace(one, told_at=now, told=one.told + 1) for one in due)
    opened = tuple(_opened(one, now) for key, one in findings.items() if one.opens and key not in before)
    gone = [one for key, one in before.items() if key not in findings]
    over = {one.id for one in gone if now - one.seen_at >= timedelta(seconds=rules.resolve_after)}
    cleared = tuple(replace(one, cleared_at=now) for one in gone if one.id in over)
    quiet = [one for one in gone if one.id not in over]
    still = [one for one in seen if one not in due]
    return AlertChanges((*still, *repeated, *quiet, *opened), opened, repeated, cleared)


def _seen(alert: Alert, found: Condition, now: datetime) -> Alert:
    return replace(alert, text=found.text, remedy=found.remedy, severity=found.severity, seen_at=now)


def _opened(found: Condition, now: datetime) -> Alert:
    name = f"{found.kind}|{found.subject}|{now.isoformat()}"
    return Alert(
        id=hashlib.sha256(name.encode()).hexdigest()[:16],
        kind=found.kind,
        subject=found.subject,
        severity=found.severity,
        text=found.text,
        remedy=found.remedy,
        since=found.since,
        opened_at=now,
        seen_at=now,
        told_at=now,
    )
