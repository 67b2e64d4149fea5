"""What is told of events: the answer to who sends them, the list's row, and the one that is explained."""

from typing import Any

from relay.core.explain.causes import ExplanationCause
from relay.core.lifecycle import State
from relay.core.redaction import PayloadVisibility
from relay.web.openapi.schema_types import (
    ID,
    Schema,
    anything,
    by_name,
    component,
    exactly,
    flag,
    listed,
    moment,
    number,
    one_of,
    or_null,
    record,
    text,
    whole,
    word,
)
from relay.web.openapi.shared import (
    ASSOCIATION,
    COUNT,
    EVENT_ID,
    FAULTS,
    GONG_BODY,
    METHOD,
    OUR_ID,
    PATH,
    PRIORITY,
    SESSION,
    STATUS,
    at,
)

_EXTRAS: dict[str, Schema] = {
    "warnings": FAULTS,
    "detail": text("Why it is filtered."),
    "errors": listed(component("Fault"), "Why it is kept as a dead letter."),
}
_ACCEPTED: dict[str, Schema] = {
    "id": OUR_ID,
    "event_id": EVENT_ID,
    "status": word((*State, "pruned"), "Where it is; `pruned` when the first one's record is gone."),
    "duplicate": flag("Whether the source had sent it before. `id` is the first one's."),
    "destination": text(),
}
_REJECTED = record({"index": COUNT, "status": exactly("rejected"), "errors": FAULTS}, "Not taken, and why.")

TAKEN = record(
    _ACCEPTED,
    "One event, taken.",
    optional=_EXTRAS | {"events": listed(record(_ACCEPTED), "Where a share became several calls: each.")},
)
TAKEN_MANY = record(
    {
        **dict.fromkeys(("queued", "duplicates", "filtered", "dead", "rejected"), COUNT),
        "receipt": OUR_ID,
        "results": listed(one_of(record({"index": COUNT, **_ACCEPTED}, optional=_EXTRAS), _REJECTED)),
    },
    "Several events: how many came to what, and the result of each by its index.",
)

_CALL = record(
    {
        "operation": text(),
        "method": METHOD,
        "path": PATH,
        "event_id": EVENT_ID,
        "association": ASSOCIATION,
        "warnings": FAULTS,
        "body": GONG_BODY,
    },
    optional={"session": SESSION},
)
_FORESEEN: dict[str, Schema] = {
    "index": COUNT,
    "status": word(("ready", "filtered", "dead")),
    "destination": text(),
    "calls": listed(_CALL),
}
_DRY: dict[str, Schema] = {"dry_run": exactly(value=True)}
DRY_RUN = one_of(
    record(_DRY | _FORESEEN, optional=_EXTRAS),
    record(_DRY | {"results": listed(one_of(record(_FORESEEN, optional=_EXTRAS), _REJECTED))}),
    told="The calls that Gong would get. Nothing was kept.",
)

_IN_SHORT: dict[str, Schema] = {
    "id": OUR_ID,
    "status": STATUS,
    "source": text(),
    "destination": text(),
    "received_at": moment(),
    "changed_at": moment(),
}
_WHERE_KNOWN: dict[str, Schema] = {
    "event_id": EVENT_ID,
    "attempts": COUNT,
    "company": text("Whose limits it spends."),
    "type": text(),
    "operation": text("The call that it became."),
    "ended_at": moment(),
    "due_at": moment("When it is tried again."),
    "request_id": text("Gong's requestId."),
    "reason": text("Why it is a dead letter, in a word."),
    "detail": text("What was said of it last."),
    "cluster": text("The fault that it shares with others."),
    "replays": COUNT,
}
EVENT_SUMMARY = record(
    _IN_SHORT, "An event in short. What there is not to tell is left out.", optional=_WHERE_KNOWN
)

WHY = record(
    {
        "cause": word(ExplanationCause),
        "in_gong": or_null(flag("Null: nobody can know.")),
        "sentence": text("Why it is, or is not, in Gong."),
        "remedy": text("What to do."),
        "next_at": or_null(moment("When the next thing happens to it.")),
    },
    "Why something is, or is not, in Gong.",
)

_TRY = record(
    {},
    "One attempt at the call.",
    optional={
        "outcome": text("What it meant, in a word."),
        "number": COUNT,
        "started_at": moment(),
        "seconds": number(),
        "worker": text(),
        "status": whole("What Gong answered."),
        "request_id": text(),
        "code": text(),
        "errors": listed(text(), "Gong's own words."),
        "retry_after": number("Seconds."),
    },
)
RECEIPT: dict[str, Schema] = {
    "id": OUR_ID,
    "received_at": moment(),
    "key": text("The key that proved it, by the name that may be shown."),
    "content_type": or_null(text()),
    "bytes": or_null(COUNT),
    "item": COUNT,
    "erased_at": or_null(moment()),
    "headers": or_null(by_name(text())),
    "query": or_null(by_name(text())),
    "body": anything("What was read of it; what cannot be is `{unreadable, text}`."),
}
_GATHERED = record({"events": COUNT, "first_at": moment(), "last_at": moment(), "until": moment()})
_MAPPING = record(
    {
        "rule": or_null(text()),
        "version": or_null(text("Of the mapping that made it.")),
        "today": or_null(text("Of the mapping that there is now.")),
        "changed": flag(),
    }
)
_FIELD = record(
    {
        "path": text("In the call."),
        "from": listed(text(), "Where in the payload it comes from."),
        "template": or_null(text("How the rule says it.")),
        "value": anything(),
    }
)
_SENT = record(
    {"operation": text(), "method": METHOD, "path": PATH}
    | {"body": or_null(GONG_BODY | {"description": "Null for who sees no payloads."})},
    "As it is sent.",
)
EVENT_PAGE = record(
    {
        **_IN_SHORT,
        "why": component("Why"),
        "association": or_null(ASSOCIATION),
        "waited_seconds": or_null(number("From its arrival to its first attempt.")),
        "warnings": FAULTS,
        "problems": FAULTS,
        "mapping": or_null(_MAPPING),
        "fields": listed(_FIELD, "Field by field, what of the payload became what of the call."),
        "call": or_null(_SENT),
        "tries": listed(_TRY),
        "receipt": or_null(record(RECEIPT, "The request that it came in.")),
        "sight": word(PayloadVisibility, "How much of payloads is shown."),
    },
    "An event, explained. Payloads are redacted unless an admin has them revealed.",
    optional={
        **_WHERE_KNOWN,
        "rule": text("The rule that made it."),
        "priority": PRIORITY,
        "replayed_at": moment(),
        "repeats": text("How often it was sent again."),
        "repeated_at": moment(),
        "aggregated": _GATHERED,
        "into": text("The event that stands for this one's session."),
    },
)


def summary() -> dict[str, Any]:
    """An example of an event in short."""
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


def because() -> dict[str, Any]:
    """An example of why."""
    sentence = "Gong accepted website:ev-123 at 11:00 on 20 November."
    told = {"cause": "delivered", "in_gong": True, "sentence": sentence}
    return told | {"remedy": "Nothing needs to be done.", "next_at": None}


def explained() -> dict[str, Any]:
    """An example of an event that is explained."""
    body = {"eventId": "website:ev-123", "timestamp": "2026-11-20T10:00:00Z", "eventType": "page viewed"}
    attempt = {"number": 1, "started_at": at(11), "seconds": 0.182, "worker": "w1", "outcome": "delivered"}
    receipt: dict[str, Any] = {
        "id": ID,
        "received_at": at(10),
        "key": "2f6d1c",
        "content_type": "application/json",
    }
    receipt |= {"bytes": 182, "item": 0, "erased_at": None, "headers": None, "query": None}
    field = {"path": "eventType", "from": ["type"], "template": None, "value": "page viewed"}
    call = {"operation": "digital-interaction", "method": "POST", "path": "/v2/digital-interaction"}
    return {
        **summary(),
        "why": because(),
        "association": "strong",
        "waited_seconds": 0.4,
        "warnings": [],
        "problems": [],
        "mapping": None,
        "fields": [field],
        "call": call | {"body": body},
        "tries": [attempt | {"status": 200, "request_id": "4al018gzaztcr8nbukw"}],
        "receipt": receipt | {"body": {"id": "ev-123", "person": {"email": "•••@globex.com"}}},
        "sight": "redacted",
    }


def foreseen() -> dict[str, Any]:
    """An example of what would be sent."""
    call = {"operation": "digital-interaction", "method": "POST", "path": "/v2/digital-interaction"}
    body = {"eventId": "website:ev-123", "timestamp": "2026-11-20T10:00:00Z", "eventType": "page viewed"}
    told = call | {"event_id": "website:ev-123", "association": "strong", "warnings": [], "body": body}
    return {"dry_run": True, "index": 0, "status": "ready", "destination": "acme", "calls": [told]}
