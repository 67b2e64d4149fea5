"""Schemas and examples of events: the responses to their senders, the list and the page of one event."""

from typing import Any

from relay.core.explain.causes import ExplanationCause
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.redaction import PayloadVisibility
from relay.web.openapi.operation import query
from relay.web.openapi.schema_types import (
    ID,
    Schema,
    any_json,
    any_of,
    array,
    boolean,
    choice,
    component,
    constant,
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
    STATUS,
    VALIDATION_PROBLEM_EXAMPLE,
    VALIDATION_PROBLEMS,
    at,
)

NDJSON = "application/x-ndjson"

_DETAILS: dict[str, Schema] = {
    "warnings": VALIDATION_PROBLEMS,
    "detail": string("Why the event is filtered."),
    "errors": array(component("ValidationProblem"), "Why the event is a dead letter."),
}
_ACCEPTED: dict[str, Schema] = {
    "id": RELAY_ID,
    "event_id": EVENT_ID,
    "status": choice(
        (*State, "pruned"), "The event's state; `pruned` if it is a duplicate of one that was pruned."
    ),
    "duplicate": boolean("Whether the source sent the event before. `id` is then the id of the first one."),
    "destination": string(),
}
_REJECTED = record(
    {"index": COUNT, "status": constant("rejected"), "errors": VALIDATION_PROBLEMS},
    "An item that was not accepted.",
    optional={"omitted_errors": integer("Number of further errors, which `errors` does not list.")},
)
_ACCEPTED_EVENT = record(
    _ACCEPTED,
    "One accepted event.",
    optional=_DETAILS | {"events": array(record(_ACCEPTED), "Each event, if a share became several calls.")},
)
_ACCEPTED_BATCH = record(
    {
        **dict.fromkeys(("queued", "duplicates", "filtered", "dead", "rejected"), COUNT),
        "receipt": RELAY_ID,
        "results": array(any_of(record({"index": COUNT, **_ACCEPTED}, optional=_DETAILS), _REJECTED)),
    },
    "The result of a batch: counts, and the result of each item by its index.",
)

_CALL = record(
    {
        "operation": string(),
        "method": METHOD,
        "path": GONG_PATH,
        "event_id": EVENT_ID,
        "association": ASSOCIATION,
        "warnings": VALIDATION_PROBLEMS,
        "body": GONG_BODY,
    },
    optional={"session": SESSION},
)
_PREVIEWED: dict[str, Schema] = {
    "index": COUNT,
    "status": choice(("ready", "filtered", "dead")),
    "destination": string(),
    "calls": array(_CALL),
}
_DRY: dict[str, Schema] = {"dry_run": constant(value=True)}
_DRY_RUN = any_of(
    record(_DRY | _PREVIEWED, optional=_DETAILS),
    record(_DRY | {"results": array(any_of(record(_PREVIEWED, optional=_DETAILS), _REJECTED))}),
    description="The calls that would be sent to Gong. Nothing was stored.",
)

_SUMMARY: dict[str, Schema] = {
    "id": RELAY_ID,
    "status": STATUS,
    "source": string(),
    "destination": string(),
    "received_at": timestamp(),
    "changed_at": timestamp(),
}
_SUMMARY_OPTIONAL: dict[str, Schema] = {
    "event_id": EVENT_ID,
    "attempts": COUNT,
    "company": string("The company whose limits apply."),
    "type": string(),
    "operation": string("The call's operation in Gong's API."),
    "ended_at": timestamp(),
    "due_at": timestamp("When the next attempt is due."),
    "request_id": string("Gong's requestId."),
    "reason": string("Why the event is a dead letter."),
    "detail": string("Details of the latest problem."),
    "cluster": string("The fingerprint of the dead letter's cluster."),
    "replays": COUNT,
}
_EXPLANATION = record(
    {
        "cause": choice(ExplanationCause),
        "in_gong": nullable(boolean("Null if it cannot be known.")),
        "sentence": string("Why the event is, or is not, in Gong."),
        "remedy": string("What to do."),
        "next_at": nullable(timestamp("When the next step is due.")),
    },
    "Why an event is, or is not, in Gong.",
)

_ATTEMPT = record(
    {},
    "One attempt at the call.",
    optional={
        "outcome": string("The attempt's outcome."),
        "number": COUNT,
        "started_at": timestamp(),
        "seconds": number(),
        "worker": string(),
        "status": integer("Gong's HTTP status."),
        "request_id": string(),
        "code": string(),
        "errors": array(string(), "Gong's error messages."),
        "retry_after": number("Seconds."),
    },
)
RECEIPT: dict[str, Schema] = {
    "id": RELAY_ID,
    "received_at": timestamp(),
    "key": string("The id of the key that authenticated the request."),
    "content_type": nullable(string()),
    "bytes": nullable(COUNT),
    "item": COUNT,
    "erased_at": nullable(timestamp()),
    "data_deleted_at": nullable(
        timestamp("When the request was deleted, because all its events were discarded.")
    ),
    "headers": nullable(map_of(string())),
    "query": nullable(map_of(string())),
    "body": any_json("The parsed body, or `{unreadable, text}` if it cannot be parsed."),
}
_AGGREGATED = record({"events": COUNT, "first_at": timestamp(), "last_at": timestamp(), "until": timestamp()})
_MAPPING = record(
    {
        "rule": nullable(string()),
        "version": nullable(string("The mapping that produced the call.")),
        "current_version": nullable(string("The current mapping.")),
        "changed": boolean(),
    }
)
_FIELD = record(
    {
        "path": string("The field of the call."),
        "from": array(string(), "The fields of the payload that it comes from."),
        "template": nullable(string("The rule's expression for the field.")),
        "value": any_json(),
    }
)
_SENT_CALL = record(
    {
        "operation": string(),
        "method": METHOD,
        "path": GONG_PATH,
        "body": nullable(GONG_BODY | {"description": "Null if the caller's role cannot see payloads."}),
    },
    "The call that is sent to Gong.",
)
_EVENT_PAGE = record(
    {
        **_SUMMARY,
        "why": component("Explanation"),
        "association": nullable(ASSOCIATION),
        "waited_seconds": nullable(number("From its arrival to the first attempt.")),
        "warnings": VALIDATION_PROBLEMS,
        "problems": VALIDATION_PROBLEMS,
        "mapping": nullable(_MAPPING),
        "fields": array(_FIELD, "How each field of the call was derived from the payload."),
        "call": nullable(_SENT_CALL),
        "attempt_history": array(_ATTEMPT),
        "receipt": nullable(record(RECEIPT, "The request that the event arrived in.")),
        "payload_visibility": choice(PayloadVisibility, "How much of the payloads is visible to the caller."),
    },
    "An event, explained. Payloads are redacted unless an admin reveals them.",
    optional={
        **_SUMMARY_OPTIONAL,
        "rule": string("The rule that mapped the event."),
        "priority": PRIORITY,
        "replayed_at": timestamp(),
        "data_deleted_at": timestamp("When the event was discarded with its data. It cannot be replayed."),
        "repeats": integer("How many times the source sent the event again."),
        "repeated_at": timestamp(),
        "aggregated": _AGGREGATED,
        "carrier_id": string("The carrier of the event's session."),
    },
)

COMPONENTS: dict[str, Schema] = {
    "EventSummary": record(
        _SUMMARY, "A summary of an event. Fields without a value are left out.", optional=_SUMMARY_OPTIONAL
    ),
    "EventPage": _EVENT_PAGE,
    "Explanation": _EXPLANATION,
    "AcceptedEvent": _ACCEPTED_EVENT,
    "AcceptedBatch": _ACCEPTED_BATCH,
    "DryRun": _DRY_RUN,
}

EVENT_EXAMPLE = {
    "id": "ev-123",
    "type": "page_view",
    "occurred_at": "2026-11-20T10:00:00Z",
    "content": {"title": "Pricing", "url": "https://acme.com/pricing"},
    "person": {"email": "jane@globex.com"},
}
_ACCEPTED_EXAMPLE = {
    "id": ID,
    "event_id": "website:ev-123",
    "status": "queued",
    "duplicate": False,
    "destination": "acme",
}
BATCH_EXAMPLE = {
    "queued": 1,
    "duplicates": 0,
    "filtered": 0,
    "dead": 0,
    "rejected": 1,
    "receipt": ID,
    "results": [
        {"index": 0, **_ACCEPTED_EXAMPLE},
        {"index": 1, "status": "rejected", "errors": [VALIDATION_PROBLEM_EXAMPLE]},
    ],
}

FILTER_PARAMETERS = (
    query("destination", "Events of this destination.", example="acme"),
    query("source", "Events of this source."),
    query("status", "Events in this state.", choice(State), example="dead"),
    query("reason", "Dead letters with this reason.", choice(DeadLetterReason)),
    query("cluster", "Dead letters of the cluster with this fingerprint."),
    query("since", "Events that arrived at or after this time: a timestamp, or `2h` or `3d` ago."),
    query("until", "Events that arrived before this time: a timestamp, or `2h` or `3d` ago."),
    query("email", "Events about the person with this address.", example="jane@globex.com"),
    query("phone", "Events about the person with this number."),
    query("event_id", "Events with this Gong eventId.", example="website:ev-123"),
    query("request_id", "The event whose call Gong answered with this requestId."),
)


def summary_example() -> dict[str, Any]:
    return {
        "id": ID,
        "source": "website",
        "destination": "acme",
        "company": "acme",
        "event_id": "website:ev-123",
        "type": "page_view",
        "operation": "digital-interaction",
        "received_at": at(10),
        "changed_at": at(11),
        "ended_at": at(11),
        "attempts": 1,
        "request_id": "4al018gzaztcr8nbukw",
        "status": "delivered",
    }


def explanation_example() -> dict[str, Any]:
    return {
        "cause": "delivered",
        "in_gong": True,
        "sentence": "Gong accepted website:ev-123 at 11:00 on 20 November.",
        "remedy": "Nothing needs to be done.",
        "next_at": None,
    }


def event_page_example() -> dict[str, Any]:
    return {
        **summary_example(),
        "why": explanation_example(),
        "association": "strong",
        "waited_seconds": 0.4,
        "warnings": [],
        "problems": [],
        "mapping": None,
        "fields": [{"path": "eventType", "from": ["type"], "template": None, "value": "page viewed"}],
        "call": _call_example(),
        "attempt_history": [
            {
                "number": 1,
                "started_at": at(11),
                "seconds": 0.182,
                "worker": "w1",
                "outcome": "delivered",
                "status": 200,
                "request_id": "4al018gzaztcr8nbukw",
            }
        ],
        "receipt": {
            "id": ID,
            "received_at": at(10),
            "key": "2f6d1c",
            "content_type": "application/json",
            "bytes": 182,
            "item": 0,
            "erased_at": None,
            "data_deleted_at": None,
            "headers": None,
            "query": None,
            "body": {"id": "ev-123", "person": {"email": "•••@globex.com"}},
        },
        "payload_visibility": "redacted",
    }


def dry_run_example() -> dict[str, Any]:
    call = {**_call_example(), "event_id": "website:ev-123", "association": "strong", "warnings": []}
    return {"dry_run": True, "index": 0, "status": "ready", "destination": "acme", "calls": [call]}


def _call_example() -> dict[str, Any]:
    return {
        "operation": "digital-interaction",
        "method": "POST",
        "path": "/v2/digital-interaction",
        "body": {
            "eventId": "website:ev-123",
            "timestamp": "2026-11-20T10:00:00Z",
            "eventType": "page viewed",
        },
    }
