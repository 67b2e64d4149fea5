"""Builders for tests of alerts: a look at a store with just what a test cares about."""

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


def facts(**told: Any) -> StoreSnapshot:
    return StoreSnapshot(**{"store": "main", "now": NOW} | told)


def grew(*totals: int, name: str = "acme", every: float = 60.0, seconds: float = 900.0) -> RateWindow:
    """What is known after looks, one `every` so often, at one counter's totals."""
    growth = RateWindow()
    for number, total in enumerate(totals):
        growth = update_rate_window(growth, {name: total}, seconds=seconds, now=after(number * every))
    return growth


def finding(kind: AlertKind = AlertKind.ON_HOLD, subject: str = "acme", *, opens: bool = True) -> Condition:
    about = KINDS[kind]
    return Condition(kind, subject, NOW, f"{subject} it is.", about.remedy, about.severity, opens)


def names(alerts: Sequence[Alert]) -> list[str]:
    return sorted(alert.subject for alert in alerts)
