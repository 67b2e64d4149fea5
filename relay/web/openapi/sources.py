"""The API of sources: what there is of them, and what a payload would become."""

from relay.core.gong.validate import Association
from relay.core.priority import Priority
from relay.web.openapi.event_schemas import RECEIPT
from relay.web.openapi.operation import Answer, Body, Described
from relay.web.openapi.problems import CHANGING, JSON_SENT, RANKED, STORED
from relay.web.openapi.schema_types import (
    Schema,
    anything,
    by_name,
    component,
    flag,
    listed,
    moment,
    or_null,
    record,
    text,
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
    SOURCE,
    at,
)

GROUP = "Sources"
TRIAL = "application/vnd.gong-relay.preview+json"

_KEY: dict[str, Schema] = {"id": text("A name that may be shown."), "last_used_at": or_null(moment())}
_DATES: dict[str, Schema] = {"not_before": or_null(moment()), "expires_at": or_null(moment())}
_WEBHOOK = record(
    {
        "verify": text("The scheme."),
        "verified": flag("False: anybody may post."),
        "preset": or_null(text()),
        "mapping_version": text(),
        "keys": listed(record({**_KEY, **_DATES})),
        "rules": listed(record({"name": text(), "to": text(), "priority": or_null(word(Priority))})),
    },
    optional={"warning": text(), "last_used_at": or_null(moment())},
)
_ITEM = record(
    {
        "index": COUNT,
        "status": word(("ready", "filtered", "dead")),
        "rule": or_null(text()),
        "priority": or_null(PRIORITY),
        "destination": text(),
        "event_id": or_null(EVENT_ID),
        "errors": FAULTS,
        "warnings": FAULTS,
        "unused": listed(text(), "Paths of the item that its rule does not read."),
    },
    optional={
        "detail": text("Why Gong is not told."),
        "session": SESSION,
        "operation": text(),
        "method": METHOD,
        "path": PATH,
        "association": ASSOCIATION,
        "body": GONG_BODY,
    },
)

_SPAN = record(
    {
        "requests": COUNT,
        "events": record(dict.fromkeys(("accepted", "repeated", "filtered", "aggregated", "dead"), COUNT)),
        "turned_away": by_name(COUNT, "By code, and of signatures by reason."),
    }
)
_TURNED_AWAY = record({"at": moment(), "code": text(), "reason": or_null(text())})
_SOURCE: dict[str, Schema] = {
    "source": text(),
    "destination": text("Its name, or the template that tells it of each item."),
    "accounts": or_null(by_name(text())),
    "send_as": text(),
    "last_used_at": or_null(moment()),
    "keys": listed(record(_KEY)),
    "webhook": or_null(_WEBHOOK),
    "traffic": record({"last_hour": _SPAN, "last_day": _SPAN}),
    "association": record(dict.fromkeys(map(str, Association), COUNT), "The last day's events."),
    "turned_away": or_null(_TURNED_AWAY),
}

COMPONENTS = {
    "Source": record(_SOURCE, "A configured sender. No secret is in it."),
    "SourcePage": record(
        _SOURCE
        | {
            "mapping": anything("As it is written; null where it takes no webhooks."),
            "last": or_null(record({"event": OUR_ID, **RECEIPT}, "What came last, redacted.")),
        },
        "A source in full.",
    ),
    "Preview": record({"source": text(), "items": listed(_ITEM)}, "What a payload would become."),
}

_QUIET = {
    "requests": 0,
    "events": dict.fromkeys(("accepted", "repeated", "filtered", "aggregated", "dead"), 0),
    "turned_away": {},
}
_SHOWN = {
    "source": "website",
    "destination": "acme",
    "accounts": None,
    "send_as": "digital-interaction",
    "last_used_at": at(10),
    "keys": [{"id": "sha256:2f6d…", "last_used_at": at(10)}],
    "webhook": None,
    "traffic": dict.fromkeys(("last_hour", "last_day"), _QUIET),
    "association": {"strong": 1_102, "medium": 40, "weak": 2, "opaque": 0},
    "turned_away": None,
}
_PREVIEW = {
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
_PAYLOAD = {"event": "page_view", "page": "Pricing", "email": "jane@globex.com"}
_TRIAL = record(
    {"payload": anything("What the sender posts.")},
    optional={
        "headers": by_name(text()),
        "query": by_name(text()),
        "mapping": anything(
            "A list of rules, or an object of preset, items and rules. Else the source's own."
        ),
    },
)

LIST = Described(
    *("GET", "/v1/sources", "listSources", GROUP, "Every source"),
    role="viewer",
    answers=(
        Answer(200, "By name.", record({"sources": listed(component("Source"))}), {"sources": [_SHOWN]}),
    ),
    errors=(*RANKED, *STORED),
)

SHOW = Described(
    *("GET", "/v1/sources/{name}", "showSource", GROUP, "One source"),
    role="viewer",
    parameters=(SOURCE,),
    answers=(
        Answer(
            200,
            "With its mapping, and the last payload that made an event of it.",
            component("SourcePage"),
            _SHOWN | {"mapping": None, "last": None},
        ),
    ),
    errors=(*RANKED, "no_such_source", *STORED),
)

PREVIEW = Described(
    *("POST", "/v1/sources/{name}/preview", "previewPayload", GROUP, "What a payload would become"),
    role="operator",
    more="Nothing is kept and nothing sent, and no signature is asked for. The body is a request of the partner's as it "
    f"was captured; or, as `{TRIAL}`, a payload and another mapping to try on it.",
    parameters=(SOURCE,),
    body=Body(
        "A captured payload, or a trial.",
        {
            "application/json": anything("The partner's own payload."),
            TRIAL: _TRIAL,
            "application/x-ndjson": text(),
            "application/x-www-form-urlencoded": {"type": "object"},
        },
        {"payload": _PAYLOAD, TRIAL: {"payload": _PAYLOAD}},
    ),
    answers=(Answer(200, "Item by item.", component("Preview"), _PREVIEW),),
    errors=(
        *CHANGING,
        *("no_such_source", "bad_form", "too_many_fields", "unsupported_type", "unsupported_charset"),
        *("invalid", "too_many_items"),
        *JSON_SENT,
        *STORED,
    ),
)

OPERATIONS = (LIST, SHOW, PREVIEW)
