"""Alerts in the store: what is open, what is over, and the messages on their way, so that any worker goes on with them."""

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
from relay.store.engine.scripts import Scripts

MAX_PENDING_MESSAGES = 500
"""On their way at once. More than a day's worth of any outage: a receiver that is away for longer misses the rest."""

_MOMENTS = ("since", "opened_at", "last_seen_at", "last_notified_at", "resolved_at")


@dataclass(frozen=True, slots=True)
class AlertState:
    """What the last look knew. `at` is None before the first; `version` tells whether another has looked since."""

    version: int = 0
    at: datetime | None = None
    dead: RateWindow = field(default_factory=RateWindow)
    failed_verifications: RateWindow = field(default_factory=RateWindow)
    open: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message to send. `tries` are those before this one."""

    name: str
    message: Message
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiverStatus:
    """What came of the last message to a receiver. `failing_since` is None while they arrive."""

    message: str
    at: datetime
    outcome: str
    status: int | None
    failing_since: datetime | None


def acquire_alert_turn(redis: Redis, *, seconds: float) -> bool:
    """Whether it is for this worker to look now. No other gets a turn within `seconds`."""
    with redis_errors_as_unavailable():
        return bool(redis.set(keys.ALERTS_LOCK, 1, nx=True, px=int(seconds * 1000)))


def read_alert_state(redis: Redis) -> AlertState:
    """What the last look knew."""
    with redis_errors_as_unavailable():
        found: Any = redis.hmget(keys.ALERTS, ["version", "state"])
    version, memory = found
    if memory is None:
        return AlertState()
    told = orjson.loads(memory)
    return AlertState(
        int(version),
        datetime.fromisoformat(told["at"]),
        _growth(told["dead_letters"]),
        _growth(told["failed_verifications"]),
        tuple(_alert(one) for one in told["open"]),
    )


def save_alert_check(
    scripts: Scripts, memory: AlertState, course: AlertChanges, messages: Sequence[Message]
) -> tuple[bool, int]:
    """Keep what a look has brought, over the memory that it began with: `memory.version` is still that one's.

    Returns whether it was kept (not where another worker has looked meanwhile), and how many messages found no room.
    """
    told = {
        "at": memory.at,
        "dead_letters": _growth_page(memory.dead),
        "failed_verifications": _growth_page(memory.failed_verifications),
        "open": course.open,
    }
    over = [orjson.dumps(one) for one in course.resolved]
    parts = [part for one in messages for part in (one.receiver, one.id, one.body)]
    with redis_errors_as_unavailable():
        saved, dropped = scripts.run(
            "alerts_save",
            memory.version,
            orjson.dumps(told),
            MAX_PENDING_MESSAGES,
            len(over),
            *over,
            *parts,
        )
    return bool(saved), int(dropped)


def read_resolved_alerts(redis: Redis, *, most: int) -> list[Alert]:
    """The alerts that were over last, newest first."""
    with redis_errors_as_unavailable():
        found: Any = redis.lrange(keys.ALERTS_RESOLVED, 0, most - 1)
    return [_alert(orjson.loads(one)) for one in found]


def queue_message(redis: Redis, message: Message, *, now: datetime) -> None:
    """Have a message sent that no look has brought."""
    name, moment = f"{message.receiver}|{message.id}", int(now.timestamp() * SECOND)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.hset(keys.ALERT_MESSAGE + name, mapping={"body": message.body, "created_at": moment})
        pipeline.zadd(keys.ALERT_MESSAGES, {name: 0})
        pipeline.execute()


def lease_messages(scripts: Scripts, *, lease_seconds: float, most: int) -> list[PendingMessage]:
    """Messages to send now. Those not settled within the lease are taken again, by whoever asks."""
    with redis_errors_as_unavailable():
        found = scripts.run("alerts_lease", int(lease_seconds * SECOND), most)
    rows = zip(*[iter(found)] * 4, strict=True)
    return [_on_its_way(name.decode(), body, tries, created) for name, body, tries, created in rows]


def _on_its_way(name: str, body: bytes, tries: bytes, created_at: bytes) -> PendingMessage:
    receiver, _, message_id = name.partition("|")
    return PendingMessage(name, Message(message_id, receiver, body), int(tries), to_datetime(created_at))


def settle_message(
    redis: Redis, one: PendingMessage, told: ReceiverStatus, *, again_in: float | None
) -> None:
    """Take a message off its way, or have it sent once more after `again_in` seconds."""
    told_json = orjson.dumps(told)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        if again_in is None:
            pipeline.zrem(keys.ALERT_MESSAGES, one.name)
            pipeline.hdel(keys.ALERT_MESSAGE + one.name, "body", "tries", "created_at")
        else:
            moment = int((told.at.timestamp() + again_in) * SECOND)
            pipeline.zadd(keys.ALERT_MESSAGES, {one.name: moment}, xx=True)
        pipeline.hset(keys.ALERT_RECEIVERS, one.message.receiver, told_json)
        pipeline.execute()


def read_receiver_statuses(redis: Redis) -> tuple[dict[str, ReceiverStatus], int]:
    """What came of the last message to each receiver, and how many are on their way."""
    with redis_errors_as_unavailable(), redis.pipeline(transaction=False) as pipeline:
        pipeline.hgetall(keys.ALERT_RECEIVERS)
        pipeline.zcard(keys.ALERT_MESSAGES)
        found, waiting = pipeline.execute()
    return {name.decode(): _told(orjson.loads(told)) for name, told in found.items()}, int(waiting)


def _told(page: Mapping[str, Any]) -> ReceiverStatus:
    failing = page["failing_since"]
    return ReceiverStatus(
        page["message"],
        datetime.fromisoformat(page["at"]),
        page["outcome"],
        page["status"],
        datetime.fromisoformat(failing) if failing else None,
    )


def _alert(page: Mapping[str, Any]) -> Alert:
    moments = {name: datetime.fromisoformat(page[name]) if page[name] else None for name in _MOMENTS}
    kinds = {"kind": AlertKind(page["kind"]), "severity": Severity(page["severity"])}
    return Alert(**{**page, **kinds, **moments})


def _growth_page(growth: RateWindow) -> dict[str, Any]:
    return {"totals": growth.totals, "slots": growth.slots}


def _growth(page: Mapping[str, Any]) -> RateWindow:
    slots = {name: tuple((began, count) for began, count in told) for name, told in page["slots"].items()}
    return RateWindow(page["totals"], slots)
