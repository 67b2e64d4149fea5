"""Schemas and examples of sources and of previews of their mappings."""

from typing import Any

from relay.core.gong.validate import Association
from relay.core.priority import Priority
from relay.web.openapi.events import RECEIPT
from relay.web.openapi.schema_types import (
    Schema,
    any_json,
    array,
    boolean,
    choice,
    integer,
    map_of,
    nullable,
    number,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import (
    ASSOCIATION,
    COUNT,
    EVENT_ID,
    GONG_BODY,
    GONG_PATH,
    METHOD,
    PRIORITY,
    RELAY_ID,
    SESSION,
    VALIDATION_PROBLEMS,
    at,
)

_KEY: dict[str, Schema] = {
    "id": string("Identifies the key without revealing it."),
    "last_used_at": nullable(timestamp()),
}
_SECRET = record({**_KEY, "not_before": nullable(timestamp()), "expires_at": nullable(timestamp())})
_WEBHOOK = record(
    {
        "verify": string("The verification scheme."),
        "verified": boolean("False if the source accepts unsigned requests from anyone."),
        "preset": nullable(string()),
        "mapping_version": string(),
        "keys": array(_SECRET),
        "rules": array(record({"name": string(), "to": string(), "priority": nullable(choice(Priority))})),
    },
    optional={"warning": string(), "last_used_at": nullable(timestamp())},
)
_LIMITS = record(
    {
        "daily_share": nullable(
            number(
                "The share of each company's daily calls that its events may use. Null: the default, which is 0.8 if other sources can send to the company, else 1."
            )
        ),
        "max_priority": choice(Priority),
        "store_share": number("The share of each store's `maxmemory` that its events may use."),
        "events_per_minute": integer("How many events it may send per minute, to each store."),
    }
)
_ITEM = record(
    {
        "index": COUNT,
        "status": choice(("ready", "filtered", "dead")),
        "rule": nullable(string()),
        "priority": nullable(PRIORITY),
        "destination": string(),
        "event_id": nullable(EVENT_ID),
        "errors": VALIDATION_PROBLEMS,
        "warnings": VALIDATION_PROBLEMS,
        "unused": array(string(), "Fields of the item that the rule does not read."),
    },
    optional={
        "detail": string("Why the item is filtered."),
        "session": SESSION,
        "operation": string(),
        "method": METHOD,
        "path": GONG_PATH,
        "association": ASSOCIATION,
        "body": GONG_BODY,
    },
)
_EVENT_COUNTS = ("accepted", "repeated", "filtered", "aggregated", "dead")
_TRAFFIC = record(
    {
        "requests": COUNT,
        "events": record(dict.fromkeys(_EVENT_COUNTS, COUNT)),
        "rejected": map_of(COUNT, "Rejected requests by error code; failed verifications also by reason."),
    }
)
_USAGE = record(
    {
        "stores": array(
            record(
                {
                    "store": string(),
                    "bytes": COUNT,
                    "limit_bytes": nullable(integer("Null if the store has no `maxmemory`.")),
                }
            )
        ),
    },
    "What the source uses of each store, and what it may use.",
)
_SOURCE: dict[str, Schema] = {
    "source": string(),
    "destination": string("A name, or the template that selects the destination of each item."),
    "accounts": nullable(map_of(string())),
    "send_as": string(),
    "last_used_at": nullable(timestamp()),
    "keys": array(record(_KEY)),
    "limits": _LIMITS,
    "webhook": nullable(_WEBHOOK),
    "usage": _USAGE,
    "traffic": record({"last_hour": _TRAFFIC, "last_day": _TRAFFIC}),
    "association": record(dict.fromkeys(map(str, Association), COUNT), "Events of the last 24 hours."),
    "last_rejection": nullable(record({"at": timestamp(), "code": string(), "reason": nullable(string())})),
}

COMPONENTS: dict[str, Schema] = {
    "Source": record(_SOURCE, "A configured sender, without its secrets."),
    "SourcePage": record(
        {
            **_SOURCE,
            "mapping": any_json("The mapping as configured; null if the source accepts no webhooks."),
            "last": nullable(record({"event": RELAY_ID, **RECEIPT}, "The latest request, redacted.")),
        },
        "A source in detail.",
    ),
    "Preview": record({"source": string(), "items": array(_ITEM)}, "What a payload would be mapped to."),
}

PREVIEW_REQUEST = record(
    {"payload": any_json("The sender's payload.")},
    optional={
        "headers": map_of(string()),
        "query": map_of(string()),
        "mapping": any_json(
            "A list of rules, or an object with preset, items and rules. The source's own mapping by default."
        ),
    },
)

_NO_TRAFFIC: dict[str, Any] = {
    "requests": 0,
    "events": dict.fromkeys(_EVENT_COUNTS, 0),
    "rejected": {},
}
SOURCE_EXAMPLE: dict[str, Any] = {
    "source": "website",
    "destination": "acme",
    "accounts": None,
    "send_as": "digital-interaction",
    "last_used_at": at(10),
    "keys": [{"id": "sha256:2f6d…", "last_used_at": at(10)}],
    "limits": {
        "daily_share": None,
        "max_priority": "high",
        "store_share": 0.5,
        "events_per_minute": 60_000,
    },
    "webhook": None,
    "usage": {"stores": [{"store": "main", "bytes": 2_310_000, "limit_bytes": 402_653_184}]},
    "traffic": {"last_hour": _NO_TRAFFIC, "last_day": _NO_TRAFFIC},
    "association": {"strong": 1_102, "medium": 40, "weak": 2, "opaque": 0},
    "last_rejection": None,
}
SOURCE_PAGE_EXAMPLE: dict[str, Any] = {**SOURCE_EXAMPLE, "mapping": None, "last": None}
PAYLOAD_EXAMPLE = {"event": "page_view", "page": "Pricing", "email": "jane@globex.com"}
PREVIEW_EXAMPLE: dict[str, Any] = {
    "source": "website",
    "items": [
        {
            "index": 0,
            "status": "ready",
            "rule": "page viewed",
            "priority": "low",
            "destination": "acme",
            "event_id": "website:v-1",
            "errors": [],
            "warnings": [],
            "unused": ["item.referrer"],
            "operation": "digital-interaction",
            "method": "POST",
            "path": "/v2/digital-interaction",
            "association": "strong",
            "body": {"eventId": "website:v-1", "eventType": "page viewed"},
        }
    ],
}
