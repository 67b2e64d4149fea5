"""The API of erasures: a person's data, found and taken away, with a report that is signed."""

from relay.core.lifecycle import State
from relay.web.openapi.operation import Answer, Body, Described, Parameter
from relay.web.openapi.problems import CHANGING, JSON_SENT, KEPT, RANKED, STORED
from relay.web.openapi.schema_types import (
    ID,
    Schema,
    by_name,
    component,
    exactly,
    flag,
    listed,
    moment,
    or_null,
    record,
    text,
    word,
)
from relay.web.openapi.shared import COUNT, OUR_ID, at

GROUP = "Privacy"

_COUNTS = by_name(COUNT, names=word(State))
_PART = record(
    {"store": text(), "person": text("A keyed mark of it."), "status": word(("running", "done"))}
    | {"events": _COUNTS, "receipts": COUNT}
)
_SUMMARY: dict[str, Schema] = {
    "id": OUR_ID,
    "status": word(("running", "done")),
    "told_by": word(("email", "phone")),
    "asked_by": text(),
    "asked_at": moment(),
    "ended_at": or_null(moment()),
    "erased": COUNT,
    "waits_for": COUNT,
    "stores": listed(_PART),
}
_GONE = record({"id": OUR_ID, "was": text(), "destination": text(), "request_id": or_null(text())})
_SIGNATURE = record({"algorithm": text(), "public_key": text(), "value": text()})
_FORESEEN = record(
    {"dry_run": exactly(value=True)}
    | {
        "stores": listed(
            record(
                {"store": text(), "person": text(), "events": _COUNTS, "receipts": COUNT, "at_least": flag()}
            )
        )
    },
    "What an erasure would find.",
)

COMPONENTS: dict[str, Schema] = {
    "Erasure": record(_SUMMARY, "How far an erasure is."),
    "ErasureReport": record(
        {
            **_SUMMARY,
            "events": listed(_GONE),
            "not_possible": listed(text(), "What is left to do, and by whom."),
            "signature": or_null(_SIGNATURE),
        },
        "An erasure, with its report. It is signed once it is done.",
    ),
}

_DONE = {
    "id": ID,
    "status": "done",
    "told_by": "email",
    "asked_by": "admin",
    "asked_at": at(10),
    "ended_at": at(11),
    "erased": 3,
    "waits_for": 0,
    "stores": [
        {"store": "main", "person": "9d1c…", "status": "done", "events": {"delivered": 3}, "receipts": 3}
    ],
}
_REPORT = _DONE | {
    "events": [{"id": ID, "was": "delivered", "destination": "acme", "request_id": "4al018gzaztcr8nbukw"}],
    "not_possible": ["Gong has what was delivered before. Ask Gong to erase it there."],
    "signature": {"algorithm": "Ed25519", "public_key": "77ab…", "value": "c01f…"},
}
_WANTED = record({}, optional={"email": text(), "phone": text(), "dry_run": flag()})

BEGIN = Described(
    *("POST", "/v1/erasures", "beginErasure", GROUP, "Erase a person's data"),
    role="admin",
    more="By e-mail address or by phone number, in every store. A late repetition does not bring it back.",
    body=Body(
        "Who, and whether it is only to be told what would be found.",
        {"application/json": _WANTED},
        {"erase": {"email": "jane@globex.com"}, "dry run": {"phone": "+14155550100", "dry_run": True}},
    ),
    answers=(
        Answer(200, "What would be found, for `dry_run`.", _FORESEEN, {"dry_run": True, "stores": []}),
        Answer(202, "It begins.", component("ErasureReport"), _REPORT),
    ),
    errors=(*CHANGING, *JSON_SENT, "invalid", "person_key_unreadable", *KEPT),
)

LIST = Described(
    *("GET", "/v1/erasures", "listErasures", GROUP, "The newest fifty erasures"),
    role="operator",
    answers=(
        Answer(
            200, "Newest first.", record({"erasures": listed(component("Erasure"))}), {"erasures": [_DONE]}
        ),
    ),
    errors=(*RANKED, *STORED),
)

SHOW = Described(
    *("GET", "/v1/erasures/{erasure_id}", "showErasure", GROUP, "How far an erasure is, and its report"),
    role="operator",
    parameters=(Parameter("erasure_id", "The erasure's id.", text(), place="path", example=ID),),
    answers=(Answer(200, "The report.", component("ErasureReport"), _REPORT),),
    errors=(*RANKED, "no_such_erasure", *STORED),
)

OPERATIONS = (BEGIN, LIST, SHOW)
