"""A worker's alert tasks, one check and one round of sending at a time, over a real store."""

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
CLIENT = ReceiverClient(trust_env=False)


def destination(**limits: int) -> Destination:
    return Destination(
        name="acme",
        company="acme",
        credentials=BasicCredentials("k", "s"),
        base_url=BASE_URL,
        limits=Limits(**limits),
    )


def only(kind: AlertKind, threshold: Any = None) -> Thresholds:
    """Every kind off except one, at its default threshold unless another is given."""
    value = Thresholds().of(kind) if threshold is None else threshold
    return Thresholds(**OFF | {kind.value: value})


def create_monitor(
    store: Store, config: AlertConfig, configured: Destination | None = None, **options: Any
) -> AlertMonitor:
    here = configured or destination()
    return AlertMonitor(
        store=store, destinations=lambda: {here.name: here}, config=config, client=CLIENT, **options
    )


def send_due(store: Store, *receivers: Receiver) -> None:
    """Send every message that is due."""
    AlertSender(
        store, {receiver.name: receiver for receiver in receivers}, CLIENT, lambda: datetime.now(UTC)
    ).step()


def make_due(redis: Redis) -> None:
    """Make every message due now."""
    for name in redis.zrange(keys.ALERT_MESSAGES, 0, -1):
        redis.zadd(keys.ALERT_MESSAGES, {name: 0})


def move_back(redis: Redis, seconds: float) -> None:
    """Move the last check and its alerts back in time."""
    state = orjson.loads(redis.hget(keys.ALERTS, "state") or b"{}")
    moved = {
        "at": _earlier(state["at"], seconds),
        "open": [_moved_alert(alert, seconds) for alert in state["open"]],
    }
    redis.hset(keys.ALERTS, "state", orjson.dumps(state | moved))


def _moved_alert(alert: dict[str, Any], seconds: float) -> dict[str, Any]:
    times = {
        name: _earlier(alert[name], seconds)
        for name in ("since", "opened_at", "last_seen_at", "last_notified_at")
    }
    return alert | times


def _earlier(timestamp: str, seconds: float) -> str:
    return (datetime.fromisoformat(timestamp) - timedelta(seconds=seconds)).isoformat()


def with_receivers(config: AlertConfig, *receivers: Receiver) -> AlertConfig:
    return replace(config, receivers=receivers)
