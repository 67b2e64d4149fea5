"""The API of events: send them, list them, have one explained, send it again, give it up."""

from relay.core.lifecycle import DeadLetterReason, State
from relay.web.openapi.event_schemas import (
    DRY_RUN,
    EVENT_PAGE,
    EVENT_SUMMARY,
    TAKEN,
    TAKEN_MANY,
    WHY,
    because,
    explained,
    foreseen,
    summary,
)
from relay.web.openapi.operation import Answer, Body, Described, Parameter
from relay.web.openapi.problems import CHANGING, JSON_SENT, KEPT, KEYED, RANKED, STORED
from relay.web.openapi.schema_types import ID, by_name, component, listed, one_of, or_null, record, text, word
from relay.web.openapi.shared import A_FAULT, CURSOR, EVENT, limit

GROUP = "Events"
NDJSON = "application/x-ndjson"

COMPONENTS = {
    "EventSummary": EVENT_SUMMARY,
    "EventPage": EVENT_PAGE,
    "Why": WHY,
    "Taken": TAKEN,
    "TakenMany": TAKEN_MANY,
    "DryRun": DRY_RUN,
}

_ONE = {
    "id": "ev-123",
    "type": "page_view",
    "occurred_at": "2026-11-20T10:00:00Z",
    "content": {"title": "Pricing", "url": "https://acme.com/pricing"},
    "person": {"email": "jane@globex.com"},
}
_TAKEN = {
    "id": ID,
    "event_id": "website:ev-123",
    "status": "queued",
    "duplicate": False,
    "destination": "acme",
}
_MANY = {
    "queued": 1,
    "duplicates": 0,
    "filtered": 0,
    "dead": 0,
    "rejected": 1,
    "receipt": ID,
    "results": [{"index": 0, **_TAKEN}, {"index": 1, "status": "rejected", "errors": [A_FAULT]}],
}
_BATCH = listed(component("Event"), minItems=1, maxItems=500)
_SENDING = (
    *("bad_idempotency_key", "no_events", "too_many_items", "unsupported_type", "unsupported_charset"),
    *("invalid", "idempotency_key_reused"),
)

SEND = Described(
    *("POST", "/v1/events", "sendEvents", GROUP, "Send one event, or many"),
    role="ingest",
    more="The body is an event, an array of events, or one event a line. With `202` whatever is not rejected is on "
    "disk, and its delivery is the relay's business.",
    parameters=(
        Parameter("dry_run", "`true` answers with the calls that Gong would get, and keeps nothing.", text()),
        Parameter(
            "Idempotency-Key",
            "The same key brings the first answer back, for a day.",
            text(minLength=1, maxLength=255),
            place="header",
        ),
    ),
    body=Body(
        "At most 500 events and 1 MiB, unless the relay is set otherwise.",
        {"application/json": one_of(component("Event"), _BATCH), NDJSON: text("One event a line.")},
        {"one": _ONE, "many": [_ONE, _ONE | {"id": "ev-124"}]},
    ),
    answers=(
        Answer(200, "What would be sent, for `dry_run=true`.", component("DryRun"), foreseen()),
        Answer(
            202,
            "Taken. One event is answered with one object, several with counts and a result each.",
            one_of(component("Taken"), component("TakenMany")),
            _MANY,
            headers={"Idempotent-Replayed": "`true` where the first answer came back."},
        ),
    ),
    errors=(*CHANGING, *JSON_SENT, *_SENDING, *KEPT),
)

_ASKED = (
    Parameter("destination", "Of this destination.", text(), example="acme"),
    Parameter("source", "Of this source.", text()),
    Parameter("status", "In this state.", word(State), example="dead"),
    Parameter("reason", "Dead for this reason.", word(DeadLetterReason)),
    Parameter("cluster", "Dead of this fault.", text()),
    Parameter("since", "Arrived then or later: a moment, or `2h`, `3d`.", text()),
    Parameter("until", "Arrived before: a moment, or `2h`, `3d`.", text()),
    Parameter("email", "About this person.", text(), example="jane@globex.com"),
    Parameter("phone", "About the person of this number.", text()),
    Parameter("event_id", "With this eventId of Gong's.", text(), example="website:ev-123"),
    Parameter("request_id", "Answered by Gong with this requestId.", text()),
)

LIST = Described(
    *("GET", "/v1/events", "listEvents", GROUP, "List events, newest first"),
    role="ingest",
    more="A source's key lists that source's events. Filters meet: an event fits all of them.",
    parameters=(*_ASKED, limit(500), CURSOR),
    answers=(
        Answer(
            200,
            "A page.",
            record({"events": listed(component("EventSummary")), "cursor": or_null(text())}),
            {"events": [summary()], "cursor": None},
        ),
    ),
    errors=(*RANKED, "invalid", "person_key_unreadable", *STORED),
)

EXPLAIN = Described(
    *("GET", "/v1/events/{event_id}", "explainEvent", GROUP, "One event, explained"),
    role="ingest",
    more="From the request it came in to the last attempt, and what happens next.",
    parameters=(
        EVENT,
        Parameter("reveal", "`true` shows an admin payloads as they came; the audit says so.", text()),
    ),
    answers=(Answer(200, "The event.", component("EventPage"), explained()),),
    errors=(*RANKED, "no_such_event", *STORED),
)

REPLAY = Described(
    *("POST", "/v1/events/{event_id}/replay", "replayEvent", GROUP, "Send an event again"),
    role="operator",
    more="A dead letter or a discarded event. One that could not be mapped is mapped anew.",
    parameters=(EVENT,),
    answers=(Answer(202, "It is queued.", component("EventPage"), explained()),),
    errors=(
        *CHANGING,
        *(
            "no_such_event",
            "no_such_receipt",
            "receipt_erased",
            "wrong_state",
            "store_mismatch",
            "mapping_still_fails",
            "invalid",
        ),
        *KEPT,
    ),
)

DISCARD = Described(
    *("POST", "/v1/events/{event_id}/discard", "discardEvent", GROUP, "Give an event up"),
    role="operator",
    parameters=(EVENT,),
    answers=(Answer(200, "It is discarded.", component("EventPage"), explained()),),
    errors=(*CHANGING, "no_such_event", "wrong_state", *STORED),
)

_NAMED = record(
    {"id": text(), "status": word(State), "source": text(), "destination": text(), "why": component("Why")}
)

ASK_WHY = Described(
    *("GET", "/v1/why", "askWhy", GROUP, "Why something is, or is not, in Gong"),
    role="ingest",
    more="By one of the four names; answered also where there is no event. A source's key is told of its own.",
    parameters=(
        Parameter("id", "The relay's id of an event.", text()),
        Parameter("event_id", "Gong's eventId, or the sender's own id.", text(), example="website:ev-123"),
        Parameter("request_id", "Gong's requestId.", text()),
        Parameter("receipt", "The relay's id of a request.", text()),
    ),
    answers=(
        Answer(
            200,
            "Of the newest event of that name; `events` are the newest ten.",
            record({"asked": by_name(text()), "events": listed(_NAMED), "why": component("Why")}),
            {"asked": {"event_id": "website:ev-123"}, "events": [], "why": because()},
        ),
    ),
    errors=(*KEYED, "invalid", *STORED),
)

OPERATIONS = (SEND, LIST, ASK_WHY, EXPLAIN, REPLAY, DISCARD)
