"""Alerts in the store: open alerts, resolved ones, and messages to send. So any worker can continue where one stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from redis import Redis

from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.lifecycle import Alert, AlertChanges
from relay.core.alerts.notifications import Message
from relay.core.alerts.rate import RateWindow
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts, take_turn

MAX_PENDING_MESSAGES = 500
"""More than an outage of a day causes. A receiver that is unreachable for longer misses the rest."""

_TIMESTAMPS = ("since", "opened_at", "last_seen_at", "last_notified_at", "resolved_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What one check leaves for the next."""

    version: int = 0
    """Number of saved checks. Shows whether another worker has saved one in the meantime."""
    at: datetime | None = None
    """Time of the last check; None before the first."""
    dead: RateWindow = field(default_factory=RateWindow)
    failed_verifications: RateWindow = field(default_factory=RateWindow)
    open: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message to send. `tries` counts the earlier ones."""

    name: str
    message: Message
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverStatus:
    """The result of the last message to a receiver. `failing_since` is None while messages arrive."""

    message: str
    at: datetime
    outcome: str
    status: int | None
    failing_since: datetime | None


def acquire_alert_turn(scripts: Scripts, *, seconds: float) -> bool:
    """True if this worker should check for alerts now. No other worker gets a turn within `seconds`."""
    with redis_errors_as_unavailable():
        return take_turn(scripts, keys.ALERTS_LOCK, seconds=seconds)


def read_alert_state(redis: Redis) -> AlertState:
    """Return what the last check left."""
    with redis_errors_as_unavailable():
        row: Any = redis.hmget(keys.ALERTS, ["version", "state"])
    version, state_json = row
    if state_json is None:
        return AlertState()
    state = orjson.loads(state_json)
    return AlertState(
        version=int(version),
        at=datetime.fromisoformat(state["at"]),
        dead=_rate_window(state["dead_letters"]),
        failed_verifications=_rate_window(state["failed_verifications"]),
        open=tuple(_alert(alert) for alert in state["open"]),
    )


def save_alert_check(
    scripts: Scripts, state: AlertState, changes: AlertChanges, messages: Sequence[Message]
) -> tuple[bool, int]:
    """Save the result of a check: the new state, the resolved alerts and the messages.

    `state.version` is still the version that the check started from. Returns whether the check was saved (False if another
    worker has saved one since), and how many messages were dropped because too many are pending.
    """
    new_state = {
        "at": state.at,
        "dead_letters": _rate_window_page(state.dead),
        "failed_verifications": _rate_window_page(state.failed_verifications),
        "open": changes.open,
    }
    # One script, so that the messages of a check are saved together with its state or not at all.
    resolved = [orjson.dumps(alert) for alert in changes.resolved]
    parts = [part for message in messages for part in (message.receiver, message.id, message.body)]
    with redis_errors_as_unavailable():
        saved, dropped = scripts.run(
            "alerts_save",
            state.version,
            orjson.dumps(new_state),
            MAX_PENDING_MESSAGES,
            len(resolved),
            *resolved,
            *parts,
        )
    return bool(saved), int(dropped)


def read_resolved_alerts(redis: Redis, *, most: int) -> list[Alert]:
    """Return the alerts that were resolved last, newest first."""
    with redis_errors_as_unavailable():
        rows: Any = redis.lrange(keys.ALERTS_RESOLVED, 0, most - 1)
    return [_alert(orjson.loads(row)) for row in rows]


def queue_message(redis: Redis, message: Message, *, now: datetime) -> None:
    """Send a message that no check has produced, such as a test."""
    # The same message to two receivers is sent, retried and given up separately.
    name = f"{message.receiver}|{message.id}"
    fields: dict[Any, Any] = {"body": message.body, "created_at": int(now.timestamp() * SECOND)}
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.hset(keys.ALERT_MESSAGE + name, mapping=fields)
        # Score 0: due at once.
        pipeline.zadd(keys.ALERT_MESSAGES, {name: 0})
        pipeline.execute()


def lease_messages(scripts: Scripts, *, lease_seconds: float, most: int) -> list[PendingMessage]:
    """Messages to send now. Any worker gets those again that are not settled within the lease."""
    with redis_errors_as_unavailable():
        parts = scripts.run("alerts_lease", int(lease_seconds * SECOND), most)
    # The script returns a flat list with four values per message.
    rows = zip(*[iter(parts)] * 4, strict=True)
    return [_pending_message(name.decode(), body, tries, created) for name, body, tries, created in rows]


def _pending_message(name: str, body: bytes, tries: bytes, created_at: bytes) -> PendingMessage:
    receiver, _, message_id = name.partition("|")
    return PendingMessage(name, Message(message_id, receiver, body), int(tries), to_datetime(created_at))


def settle_message(
    redis: Redis, pending: PendingMessage, status: ReceiverStatus, *, retry_in: float | None
) -> None:
    """Delete a pending message, or send it again after `retry_in` seconds. Saves the receiver's status."""
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        if retry_in is None:
            pipeline.zrem(keys.ALERT_MESSAGES, pending.name)
            pipeline.hdel(keys.ALERT_MESSAGE + pending.name, "body", "tries", "created_at")
        else:
            due_at = int((status.at.timestamp() + retry_in) * SECOND)
            # XX: another worker may have settled it in the meantime.
            pipeline.zadd(keys.ALERT_MESSAGES, {pending.name: due_at}, xx=True)
        pipeline.hset(keys.ALERT_RECEIVERS, pending.message.receiver, orjson.dumps(status))
        pipeline.execute()


def read_receiver_statuses(redis: Redis) -> tuple[dict[str, ReceiverStatus], int]:
    """Return the result of the last message to each receiver, and how many messages are pending."""
    with redis_errors_as_unavailable(), redis.pipeline(transaction=False) as pipeline:
        pipeline.hgetall(keys.ALERT_RECEIVERS)
        pipeline.zcard(keys.ALERT_MESSAGES)
        rows, pending = pipeline.execute()
    statuses = {name.decode(): _receiver_status(orjson.loads(row)) for name, row in rows.items()}
    return statuses, int(pending)


def _receiver_status(page: Mapping[str, Any]) -> ReceiverStatus:
    failing_since = page["failing_since"]
    return ReceiverStatus(
        message=page["message"],
        at=datetime.fromisoformat(page["at"]),
        outcome=page["outcome"],
        status=page["status"],
        failing_since=datetime.fromisoformat(failing_since) if failing_since else None,
    )


def _alert(page: Mapping[str, Any]) -> Alert:
    # The JSON has exactly the fields of `Alert`; only times and enums need a conversion.
    fields = dict(page)
    for name in _TIMESTAMPS:
        fields[name] = datetime.fromisoformat(page[name]) if page[name] else None
    fields["kind"] = AlertKind(page["kind"])
    fields["severity"] = Severity(page["severity"])
    return Alert(**fields)


def _rate_window_page(window: RateWindow) -> dict[str, Any]:
    return {"totals": window.totals, "slots": window.slots}


def _rate_window(page: Mapping[str, Any]) -> RateWindow:
    slots = {name: tuple((start, count) for start, count in row) for name, row in page["slots"].items()}
    return RateWindow(page["totals"], slots)
