"""Builders for tests of alerts: snapshots and conditions with only what a test needs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.alerts.conditions import Condition, StoreSnapshot
from relay.core.alerts.kinds import KINDS, AlertKind
from relay.core.alerts.lifecycle import Alert
from relay.core.alerts.rate import RateWindow, update_rate_window

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def snapshot(**fields: Any) -> StoreSnapshot:
    return StoreSnapshot(**{"store": "main", "now": NOW} | fields)


def window(*totals: int, name: str = "acme", every: float = 60.0, seconds: float = 900.0) -> RateWindow:
    """The window after checks, one `every` seconds, at which the counter had these totals."""
    result = RateWindow()
    for number, total in enumerate(totals):
        result = update_rate_window(result, {name: total}, seconds=seconds, now=after(number * every))
    return result


def condition(kind: AlertKind = AlertKind.ON_HOLD, subject: str = "acme", *, opens: bool = True) -> Condition:
    info = KINDS[kind]
    return Condition(
        kind=kind,
        subject=subject,
        since=NOW,
        text=f"{subject} has a problem.",
        remedy=info.remedy,
        severity=info.severity,
        opens=opens,
    )


def names(alerts: Sequence[Alert]) -> list[str]:
    return sorted(alert.subject for alert in alerts)
