"""What receivers are sent: one message for each kind that opened, goes on or is over, as JSON or as a text for people."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from relay.core.alerts.kinds import KINDS, Severity
from relay.core.alerts.lifecycle import Alert, AlertChanges
from relay.core.alerts.thresholds import Receiver, ReceiverFormat
from relay.core.timestamps import format_timestamp

_MOST_LISTED, _MOST_LINES = 20, 8
_MARKS = {Severity.CRITICAL: ":red_circle:", Severity.WARNING: ":large_orange_circle:"}


class NotificationType(StrEnum):
    """What has become of the alerts of a message."""

    OPENED = "opened"
    REPEATED = "repeated"
    CLEARED = "cleared"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one receiver. Its id stays the same however often it is sent."""

    id: str
    receiver: str
    body: bytes


def build_messages(
    course: AlertChanges, receivers: Sequence[Receiver], *, store: str, now: datetime
) -> list[Message]:
    """What is to be sent after a look: many alerts of one kind are one message, and one page for whoever is on call."""
    told = (
        (NotificationType.OPENED, course.opened),
        (NotificationType.REPEATED, course.repeated),
        (NotificationType.CLEARED, course.cleared),
    )
    return [
        _message(receiver, verb, group, store, now)
        for verb, alerts in told
        for group in _by_kind(alerts)
        for receiver in receivers
    ]


def build_test_message(receiver: Receiver, *, store: str, now: datetime, nonce: str) -> Message:
    """A message that says nothing but that messages arrive."""
    text = "This is a test: alerts of the Gong event relay arrive here."
    data = {"store": store, "severity": Severity.NOTICE, "text": text, "count": 0, "alerts": []}
    return Message(f"alert-test-{nonce}", receiver.name, _body(receiver, NotificationType.TEST, data, now))


def render_alert(alert: Alert, *, store: str) -> dict[str, Any]:
    """An alert as the API and every message tell it."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "severity": alert.severity,
        "store": store,
        "about": KINDS[alert.kind].subject,
        "name": alert.subject,
        "text": alert.text,
        "remedy": alert.remedy,
        "since": format_timestamp(alert.since),
        "opened_at": format_timestamp(alert.opened_at),
        "seen_at": format_timestamp(alert.seen_at),
        "told_at": format_timestamp(alert.told_at),
        "told": alert.told,
        "cleared_at": format_timestamp(alert.cleared_at) if alert.cleared_at else None,
    }


def sign_message(secret: bytes, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers by which a receiver knows that a message is ours, and of now (Standard Webhooks)."""
    stamp = str(int(now.timestamp()))
    told = b".".join((message_id.encode(), stamp.encode(), body))
    digest = base64.b64encode(hmac.digest(secret, told, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{digest}"}


def _by_kind(alerts: Sequence[Alert]) -> Iterator[list[Alert]]:
    for kind in KINDS:
        if group := [one for one in alerts if one.kind is kind]:
            yield group


def _message(
    receiver: Receiver, verb: NotificationType, group: Sequence[Alert], store: str, now: datetime
) -> Message:
    first = group[0]
    data = {
        "kind": first.kind,
        "severity": _gravest(group),
        "store": store,
        "text": _lines(verb, group),
        "count": len(group),
        "alerts": [render_alert(one, store=store) for one in group[:_MOST_LISTED]],
    }
    return Message(f"alert-{first.id}-{verb}-{first.told}", receiver.name, _body(receiver, verb, data, now))


def _gravest(group: Sequence[Alert]) -> Severity:
    return min((one.severity for one in group), key=list(Severity).index)


def _lines(verb: NotificationType, group: Sequence[Alert]) -> str:
    """The alerts in words. Of an alert that is over nothing needs to be done any more."""
    lines = [one.text for one in group[:_MOST_LINES]]
    if len(group) > _MOST_LINES:
        lines.append(f"And {len(group) - _MOST_LINES} more.")
    if verb is not NotificationType.CLEARED:
        lines += dict.fromkeys(one.remedy for one in group[:_MOST_LINES])
    return "\n".join(lines)


def _body(receiver: Receiver, verb: NotificationType, data: Mapping[str, Any], now: datetime) -> bytes:
    if receiver.format is ReceiverFormat.SLACK:
        return orjson.dumps({"text": _escaped(_headline(verb, data) + data["text"])})
    told = {"type": f"alert.{verb}", "timestamp": format_timestamp(now), "data": data}
    return orjson.dumps(told)


def _headline(verb: NotificationType, data: Mapping[str, Any]) -> str:
    if verb is NotificationType.TEST:
        return ""
    if verb is NotificationType.CLEARED:
        return f":white_check_mark: *Over: {data['kind']}*\n"
    mark = _MARKS.get(data["severity"], ":information_source:")
    return f"{mark} *{data['severity'].capitalize()}: {data['kind']}*{' (still)' * (verb is NotificationType.REPEATED)}\n"


def _escaped(text: str) -> str:
    """Slack reads these three as the beginning of links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
