"""Schemas and examples of erasures."""

from typing import Any

from relay.core.lifecycle import State
from relay.web.openapi.schema_types import (
    ID,
    Schema,
    array,
    boolean,
    choice,
    constant,
    map_of,
    nullable,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import COUNT, RELAY_ID, at

_EVENT_COUNTS = map_of(COUNT, names=choice(State))
_STORE = record(
    {
        "store": string(),
        "person": string("A keyed hash of the address or number."),
        "status": choice(("running", "done")),
        "events": _EVENT_COUNTS,
        "receipts": COUNT,
    }
)
_ERASURE: dict[str, Schema] = {
    "id": RELAY_ID,
    "status": choice(("running", "done")),
    "identified_by": choice(("email", "phone")),
    "requested_by": string(),
    "requested_at": timestamp(),
    "ended_at": nullable(timestamp()),
    "erased": COUNT,
    "pending_events": COUNT,
    "stores": array(_STORE),
}
_ERASED_EVENT = record(
    {"id": RELAY_ID, "state": string(), "destination": string(), "request_id": nullable(string())}
)
_SIGNATURE = record({"algorithm": string(), "public_key": string(), "value": string()})

COMPONENTS: dict[str, Schema] = {
    "Erasure": record(_ERASURE, "The progress of an erasure."),
    "ErasureReport": record(
        {
            **_ERASURE,
            "events": array(_ERASED_EVENT),
            "limitations": array(string(), "What the relay cannot erase, and who can."),
            "signature": nullable(_SIGNATURE),
        },
        "An erasure with its report. The report is signed when the erasure is done.",
    ),
}

ERASURE_REQUEST = record({}, optional={"email": string(), "phone": string(), "dry_run": boolean()})
ERASURE_DRY_RUN = record(
    {
        "dry_run": constant(value=True),
        "stores": array(
            record(
                {
                    "store": string(),
                    "person": string(),
                    "events": _EVENT_COUNTS,
                    "receipts": COUNT,
                    "truncated": boolean(),
                }
            )
        ),
    },
    "What an erasure would find.",
)

ERASURE_EXAMPLE: dict[str, Any] = {
    "id": ID,
    "status": "done",
    "identified_by": "email",
    "requested_by": "admin",
    "requested_at": at(10),
    "ended_at": at(11),
    "erased": 3,
    "pending_events": 0,
    "stores": [
        {"store": "main", "person": "9d1c…", "status": "done", "events": {"delivered": 3}, "receipts": 3}
    ],
}
REPORT_EXAMPLE: dict[str, Any] = {
    **ERASURE_EXAMPLE,
    "events": [{"id": ID, "state": "delivered", "destination": "acme", "request_id": "4al018gzaztcr8nbukw"}],
    "limitations": ["Gong still has the delivered events. Ask Gong to erase them there."],
    "signature": {"algorithm": "Ed25519", "public_key": "77ab…", "value": "c01f…"},
}
