"""A worker's part in alerts, one look and one round of sending at a time, over a real store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from redis import Redis

from relay.core.alerts.kinds import AlertKind
from relay.core.alerts.thresholds import AlertConfig, Receiver, Thresholds
from relay.core.destination import BasicCredentials, Destination, Limits
from relay.store.engine import keys
from relay.store.stores import Store
from workers.alerts import AlertMonitor, AlertSender, ReceiverClient

BASE_URL = "https://api.gong.io"
OFF: dict[str, Any] = dict.fromkeys(map(str, AlertKind))
WAY_OUT = ReceiverClient(trust_env=False)


def destination(**limits: int) -> Destination:
    return Destination("acme", "acme", BasicCredentials("k", "s"), BASE_URL, Limits(**limits))


def only(kind: AlertKind, threshold: Any = None) -> Thresholds:
    """Everything off but one kind, at its usual threshold."""
    usual = Thresholds().of(kind) if threshold is None else threshold
    return Thresholds(**OFF | {kind.value: usual})


def watch(store: Store, rules: AlertConfig, known: Destination | None = None, **told: Any) -> AlertMonitor:
    here = known or destination()
    return AlertMonitor(store, lambda: {here.name: here}, rules, WAY_OUT, **told)


def tell(store: Store, *receivers: Receiver) -> None:
    """Send whatever is due."""
    AlertSender(store, {one.name: one for one in receivers}, WAY_OUT, lambda: datetime.now(UTC)).step()


def due_now(redis: Redis) -> None:
    """As if the time to try again had come for every message."""
    for name in redis.zrange(keys.ALERT_MESSAGES, 0, -1):
        redis.zadd(keys.ALERT_MESSAGES, {name: 0})


def as_if_earlier(redis: Redis, seconds: float) -> None:
    """As if every look until now, and what came of it, had been so long ago."""
    memory = orjson.loads(redis.hget(keys.ALERTS, "memory") or b"{}")
    moved = {"at": _earlier(memory["at"], seconds), "open": [_alert(one, seconds) for one in memory["open"]]}
    redis.hset(keys.ALERTS, "memory", orjson.dumps(memory | moved))


def _alert(alert: dict[str, Any], seconds: float) -> dict[str, Any]:
    moments = {name: _earlier(alert[name], seconds) for name in ("since", "opened_at", "seen_at", "told_at")}
    return alert | moments


def _earlier(moment: str, seconds: float) -> str:
    return (datetime.fromisoformat(moment) - timedelta(seconds=seconds)).isoformat()


def with_receivers(rules: AlertConfig, *receivers: Receiver) -> AlertConfig:
    return replace(rules, receivers=receivers)
