"""The API of replays: dead letters by their fault, and sending many again."""

from typing import Any

from relay.core.lifecycle import DeadLetterReason
from relay.core.replay import IDS_MAX, LIMIT_MAX, REPLAYABLE, ReplayStage
from relay.web.openapi.event_schemas import explained, summary
from relay.web.openapi.operation import Answer, Body, Described, Parameter
from relay.web.openapi.problems import CHANGING, JSON_SENT, KEPT, RANKED, STORED
from relay.web.openapi.schema_types import (
    ID,
    Schema,
    anything,
    component,
    exactly,
    flag,
    listed,
    moment,
    number,
    or_null,
    record,
    text,
    whole,
    word,
)
from relay.web.openapi.shared import (
    COUNT,
    COUNTS,
    CURSOR,
    EVENT_ID,
    GONG_BODY,
    METHOD,
    OUR_ID,
    PATH,
    at,
    limit,
)

GROUP = "Replays"

_FILTER = record(
    {},
    "Which events; what is left out counts for any.",
    optional={
        "since": moment("Arrived then or later."),
        "until": moment("Arrived before."),
        "source": text(),
        "destination": text(),
        "status": word(REPLAYABLE, "Without it: dead letters."),
        "reason": word(DeadLetterReason),
        "cluster": text("A fault, by its fingerprint."),
        "ids": listed(text(), maxItems=IDS_MAX),
    },
)
_COUNTS: dict[str, Schema] = dict.fromkeys(("examined", "matched", "replayed", "skipped", "failed"), COUNT)
_PROBLEM = record({}, optional=dict.fromkeys(("id", "path", "code", "message", "detail"), text()))
_CALL = record(
    {"destination": text(), "method": METHOD, "path": PATH, "event_id": EVENT_ID, "body": GONG_BODY}
)
_EXAMPLE = record(
    {"id": OUR_ID},
    optional={
        **dict.fromkeys(("source", "destination", "event_id", "reason", "detail"), text()),
        "problem": _PROBLEM,
        "call": _CALL,
    },
)

_CLUSTERED: dict[str, Schema] = {
    "cluster": text("Its fingerprint."),
    "count": COUNT,
    "reason": word(DeadLetterReason),
    "detail": text("What was said of the newest."),
    "remedy": text(),
    "sample": OUR_ID,
    "first_at": moment(),
    "last_at": moment(),
    "sources": COUNTS,
    "destinations": COUNTS,
}
_WHERE_KNOWN: dict[str, Schema] = {"field": text(), "rule": text()}
_WRITTEN = record({"source": text(), "version": text(), "written": anything()}, "The mapping to mend.")

COMPONENTS = {
    "ReplayFilter": _FILTER,
    "Replay": record(
        {
            "id": OUR_ID,
            "status": word(ReplayStage),
            "filter": component("ReplayFilter"),
            "remap": or_null(flag("True maps anew, false sends as it was, null maps anew what has no body.")),
            "limit": or_null(whole(least=1)),
            **_COUNTS,
            "per_second": or_null(number()),
            "waits_for": or_null(text()),
            "problems": listed(_PROBLEM),
            "created_at": moment(),
            "started_at": or_null(moment()),
            "ended_at": or_null(moment()),
        },
        "Sending many events again: what was asked for, and how far it is.",
    ),
    "Cluster": record(
        _CLUSTERED,
        "Dead letters of one fault.",
        optional=_WHERE_KNOWN,
    ),
    "ClusterPage": record(
        {
            **_CLUSTERED,
            "events": listed(component("EventSummary"), "The newest."),
            "explained": component("EventPage"),
            "mapping": or_null(_WRITTEN),
        },
        "Dead letters of one fault, and what made them.",
        optional=_WHERE_KNOWN,
    ),
}

_REPLAY: dict[str, Any] = {
    "id": ID,
    "status": "running",
    "filter": {"status": "dead", "cluster": "5f2c9a"},
    "remap": True,
    "limit": None,
    "examined": 90,
    "matched": 40,
    "replayed": 12,
    "skipped": 0,
    "failed": 0,
    "per_second": 4.0,
    "waits_for": None,
    "problems": [],
    "created_at": at(10),
    "started_at": at(10),
    "ended_at": None,
}
_CLUSTER = {
    "cluster": "5f2c9a",
    "count": 40,
    "reason": "rejected",
    "detail": "content: must not be null",
    "remedy": "Gong refused the body. Mend what it names, then replay.",
    "sample": ID,
    "first_at": at(9),
    "last_at": at(10),
    "sources": {"website": 40},
    "destinations": {"acme": 40},
    "field": "content",
}
_WANTED = record(
    {},
    optional={
        "filter": component("ReplayFilter"),
        "remap": or_null(flag()),
        "limit": or_null(whole(least=1, maximum=LIMIT_MAX)),
        "dry_run": flag("Tell what it would do, and do nothing."),
    },
)
_WOULD: dict[str, Schema] = {
    "matched": COUNT,
    "at_least": flag("Counting was cut short: there are more."),
    "would_map": COUNT,
    "would_fail": COUNT,
    "tried": COUNT,
    "examples": listed(_EXAMPLE),
}
_FORESEEN = record({"dry_run": exactly(value=True), **_WOULD})
_TOLD = {"matched": 40, "at_least": False, "would_map": 40, "would_fail": 0, "tried": 40, "examples": []}
_ONE = Parameter("replay_id", "The replay's id.", text(), place="path", example=ID)

BEGIN = Described(
    *("POST", "/v1/replays", "beginReplay", GROUP, "Send many events again"),
    role="operator",
    more="All that the filter finds and that arrived before now, behind live traffic.",
    body=Body(
        "Which, how, and how many at most.",
        {"application/json": _WANTED},
        {"cluster": {"filter": {"cluster": "5f2c9a"}, "remap": True}, "dry run": {"dry_run": True}},
    ),
    answers=(
        Answer(200, "What it would do, for `dry_run`.", _FORESEEN, {"dry_run": True} | _TOLD),
        Answer(202, "It begins.", component("Replay"), _REPLAY),
    ),
    errors=(*CHANGING, *JSON_SENT, "invalid", *KEPT),
)

LIST = Described(
    *("GET", "/v1/replays", "listReplays", GROUP, "The newest fifty replays"),
    role="viewer",
    answers=(
        Answer(
            200, "Newest first.", record({"replays": listed(component("Replay"))}), {"replays": [_REPLAY]}
        ),
    ),
    errors=(*RANKED, *STORED),
)

SHOW = Described(
    *("GET", "/v1/replays/{replay_id}", "showReplay", GROUP, "How far a replay is"),
    role="viewer",
    parameters=(_ONE,),
    answers=(Answer(200, "The replay.", component("Replay"), _REPLAY),),
    errors=(*RANKED, "no_such_replay", *STORED),
)

CANCELLED: Schema = COMPONENTS["Replay"] | {
    "properties": {"changed": flag("Whether it was still running."), **COMPONENTS["Replay"]["properties"]},
    "required": ["changed", *COMPONENTS["Replay"]["required"]],
}

CANCEL = Described(
    *("POST", "/v1/replays/{replay_id}/cancel", "cancelReplay", GROUP, "End a replay"),
    role="operator",
    more="What it has queued is sent.",
    parameters=(_ONE,),
    answers=(
        Answer(
            200,
            "It has ended.",
            CANCELLED,
            {"changed": True} | _REPLAY | {"status": "cancelled", "ended_at": at(11)},
        ),
    ),
    errors=(*CHANGING, "no_such_replay", *STORED),
)

CLUSTERS = Described(
    *("GET", "/v1/dead-letters", "listDeadLetters", GROUP, "Dead letters by their fault"),
    role="viewer",
    parameters=(limit(200), CURSOR),
    answers=(
        Answer(
            200,
            "The one with the newest dead letter first.",
            record({"clusters": listed(component("Cluster")), "total": COUNT, "cursor": or_null(text())}),
            {"clusters": [_CLUSTER], "total": 1, "cursor": None},
        ),
    ),
    errors=(*RANKED, "invalid", *STORED),
)

_FAULT = Parameter("cluster", "The fault's fingerprint.", text(), place="path", example="5f2c9a")

CLUSTER = Described(
    *("GET", "/v1/dead-letters/{cluster}", "showCluster", GROUP, "The dead letters of one fault"),
    role="viewer",
    parameters=(_FAULT,),
    answers=(
        Answer(
            200,
            "Its newest events, the newest of them explained, and the mapping to mend.",
            component("ClusterPage"),
            _CLUSTER | {"events": [summary()], "explained": explained(), "mapping": None},
        ),
    ),
    errors=(*RANKED, "no_such_cluster", *STORED),
)

TRY_CLUSTER = Described(
    *("POST", "/v1/dead-letters/{cluster}/preview", "tryCluster", GROUP, "Try a mapping on one fault"),
    role="operator",
    more="What a replay of the fault would do, by today's mapping or by the one that is sent. Changes nothing.",
    parameters=(_FAULT,),
    body=Body(
        "The mapping to try; without one today's.",
        {"application/json": record({}, optional={"mapping": anything("As a source's is written.")})},
        {"today's": {}},
    ),
    answers=(
        Answer(
            200,
            "What would come of it.",
            record({"cluster": text(), "mapping": word(("today", "given")), **_WOULD}),
            {"cluster": "5f2c9a", "mapping": "today"} | _TOLD,
        ),
    ),
    errors=(*CHANGING, *JSON_SENT, "invalid", "no_such_cluster", "no_single_mapping", *STORED),
)

OPERATIONS = (CLUSTERS, CLUSTER, TRY_CLUSTER, BEGIN, LIST, SHOW, CANCEL)
