"""Schemas and examples of alerts."""

from typing import Any

from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.thresholds import ReceiverFormat
from relay.web.openapi.schema_types import (
    Schema,
    array,
    boolean,
    choice,
    component,
    integer,
    nullable,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import COUNT, at

_LAST_MESSAGE = record(
    {
        "message": string("The message's id, sent as `webhook-id`."),
        "at": timestamp(),
        "outcome": string("`arrived`, `rejected`, or the connection error."),
        "status": nullable(integer("The receiver's HTTP status.")),
        "failing_since": nullable(timestamp("Null while messages arrive.")),
    },
    "The result of the last message.",
)
_RECEIVER = record({"name": string(), "format": choice(ReceiverFormat), "last": nullable(_LAST_MESSAGE)})
_CHECK = record(
    {"store": string(), "at": nullable(timestamp("When a worker last checked; null if none has."))},
    optional={
        "pending_messages": COUNT,
        "unavailable": string("The error code if the store is unavailable."),
    },
)

COMPONENTS: dict[str, Schema] = {
    "Alert": record(
        {
            "id": string("The same in every message about this alert."),
            "kind": choice(AlertKind),
            "severity": choice(Severity),
            "store": string(),
            "about": choice(("destination", "company", "store", "base_url", "source"), "What `name` names."),
            "name": string(examples=["acme"]),
            "text": string("The condition."),
            "remedy": string("What to do."),
            "since": timestamp("When the condition began."),
            "opened_at": timestamp(),
            "last_seen_at": timestamp("When the condition was last observed."),
            "last_notified_at": timestamp("When receivers were last notified."),
            "notification_count": integer("How many times receivers were notified."),
            "resolved_at": nullable(timestamp()),
        },
        "A condition that needs an operator.",
    ),
}

ALERTS = record(
    {
        "open": array(component("Alert")),
        "resolved": array(component("Alert")),
        "receivers": array(_RECEIVER),
        "checks": array(_CHECK),
        "heartbeat": boolean("Whether a heartbeat is sent to a dead man's switch after each check."),
    }
)

ALERTS_EXAMPLE: dict[str, Any] = {
    "open": [
        {
            "id": "6f1d0c9b52aa4e07",
            "kind": AlertKind.DAILY_BUDGET,
            "severity": Severity.WARNING,
            "store": "main",
            "about": "company",
            "name": "acme",
            "text": "acme has used 9,120 of the 10,000 calls that it can make in 24 hours.",
            "remedy": "When the limit is reached, events wait until older calls leave the 24-hour window.",
            "since": at(10),
            "opened_at": at(10),
            "last_seen_at": at(10),
            "last_notified_at": at(10),
            "notification_count": 1,
            "resolved_at": None,
        }
    ],
    "resolved": [],
    "receivers": [{"name": "ops", "format": "standard", "last": None}],
    "checks": [{"store": "main", "at": at(10), "pending_messages": 1}],
    "heartbeat": True,
}
