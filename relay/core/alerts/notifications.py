"""Messages to receivers: one for each kind of alert that opened, was repeated or resolved, as JSON or as chat text."""

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

_MAX_ALERTS, _MAX_LINES = 20, 8
_MARKS = {Severity.CRITICAL: ":red_circle:", Severity.WARNING: ":large_orange_circle:"}


class NotificationType(StrEnum):
    """Why a message is sent."""

    OPENED = "opened"
    REPEATED = "repeated"
    RESOLVED = "resolved"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one receiver. Its id stays the same when it is sent again."""

    id: str
    receiver: str
    body: bytes


def build_messages(
    changes: AlertChanges, receivers: Sequence[Receiver], *, store: str, now: datetime
) -> list[Message]:
    """Return the messages of one check. Alerts of one kind share a message, so that an outage sends one page."""
    groups = (
        (NotificationType.OPENED, changes.opened),
        (NotificationType.REPEATED, changes.repeated),
        (NotificationType.RESOLVED, changes.resolved),
    )
    return [
        _build_message(receiver, notification, group, store, now)
        for notification, alerts in groups
        for group in _group_by_kind(alerts)
        for receiver in receivers
    ]


def build_test_message(receiver: Receiver, *, store: str, now: datetime, nonce: str) -> Message:
    """Return a message that only tests the receiver. `nonce` makes its id unique."""
    text = "This is a test: alerts from the Gong event relay arrive here."
    data = {"store": store, "severity": Severity.NOTICE, "text": text, "count": 0, "alerts": []}
    return Message(
        f"alert-test-{nonce}", receiver.name, _render_body(receiver, NotificationType.TEST, data, now)
    )


def render_alert(alert: Alert, *, store: str) -> dict[str, Any]:
    """Return an alert as JSON for the API and for messages."""
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
        "last_seen_at": format_timestamp(alert.last_seen_at),
        "last_notified_at": format_timestamp(alert.last_notified_at),
        "notification_count": alert.notification_count,
        "resolved_at": format_timestamp(alert.resolved_at) if alert.resolved_at else None,
    }


def sign_message(secret: bytes, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers with which a receiver verifies a message and its age (Standard Webhooks)."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{digest}"}


def _group_by_kind(alerts: Sequence[Alert]) -> Iterator[list[Alert]]:
    for kind in KINDS:
        if group := [alert for alert in alerts if alert.kind is kind]:
            yield group


def _build_message(
    receiver: Receiver, notification: NotificationType, group: Sequence[Alert], store: str, now: datetime
) -> Message:
    first = group[0]
    data = {
        "kind": first.kind,
        "severity": _find_highest_severity(group),
        "store": store,
        "text": _render_text(notification, group),
        "count": len(group),
        "alerts": [render_alert(alert, store=store) for alert in group[:_MAX_ALERTS]],
    }
    # Receivers deduplicate by this id. The count makes each repetition a message of its own; a retry of one repetition keeps its id.
    message_id = f"alert-{first.id}-{notification}-{first.notification_count}"
    return Message(message_id, receiver.name, _render_body(receiver, notification, data, now))


def _find_highest_severity(group: Sequence[Alert]) -> Severity:
    return min((alert.severity for alert in group), key=list(Severity).index)


def _render_text(notification: NotificationType, group: Sequence[Alert]) -> str:
    """Return the alerts as lines of text, followed by their remedies unless the alerts are resolved."""
    lines = [alert.text for alert in group[:_MAX_LINES]]
    if len(group) > _MAX_LINES:
        lines.append(f"And {len(group) - _MAX_LINES} more.")
    if notification is not NotificationType.RESOLVED:
        lines += dict.fromkeys(alert.remedy for alert in group[:_MAX_LINES])
    return "\n".join(lines)


def _render_body(
    receiver: Receiver, notification: NotificationType, data: Mapping[str, Any], now: datetime
) -> bytes:
    if receiver.format is ReceiverFormat.SLACK:
        return orjson.dumps({"text": _escape_for_slack(_render_headline(notification, data) + data["text"])})
    message = {"type": f"alert.{notification}", "timestamp": format_timestamp(now), "data": data}
    return orjson.dumps(message)


def _render_headline(notification: NotificationType, data: Mapping[str, Any]) -> str:
    if notification is NotificationType.TEST:
        return ""
    if notification is NotificationType.RESOLVED:
        return f":white_check_mark: *Resolved: {data['kind']}*\n"
    mark = _MARKS.get(data["severity"], ":information_source:")
    suffix = " (still)" if notification is NotificationType.REPEATED else ""
    return f"{mark} *{data['severity'].capitalize()}: {data['kind']}*{suffix}\n"


def _escape_for_slack(text: str) -> str:
    """Escape the three characters that begin links and mentions in Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
