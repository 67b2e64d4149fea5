"""Schemas and examples of dead letter clusters and replays."""

from typing import Any

from relay.core.lifecycle import DeadLetterReason
from relay.core.replay import IDS_MAX, LIMIT_MAX, REPLAYABLE, ReplayStage
from relay.web.openapi.events import event_page_example, summary_example
from relay.web.openapi.operation import path
from relay.web.openapi.schema_types import (
    ID,
    Schema,
    any_json,
    array,
    boolean,
    choice,
    component,
    constant,
    integer,
    nullable,
    number,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import COUNT, COUNTS, EVENT_ID, GONG_BODY, GONG_PATH, METHOD, RELAY_ID, at

_FILTER = record(
    {},
    "Which events to replay. A field that is left out matches every event.",
    optional={
        "since": timestamp("Arrived at or after this time."),
        "until": timestamp("Arrived before this time."),
        "source": string(),
        "destination": string(),
        "status": choice(REPLAYABLE, "Dead letters by default."),
        "reason": choice(DeadLetterReason),
        "cluster": string("The fingerprint of a cluster."),
        "ids": array(string(), maxItems=IDS_MAX),
    },
)
_COUNTS: dict[str, Schema] = dict.fromkeys(("examined", "matched", "replayed", "skipped", "failed"), COUNT)
_PROBLEM = record({}, optional=dict.fromkeys(("id", "path", "code", "message", "detail"), string()))
_CALL = record(
    {
        "destination": string(),
        "method": METHOD,
        "path": GONG_PATH,
        "event_id": EVENT_ID,
        "body": GONG_BODY,
    }
)
_PREVIEWED_EVENT = record(
    {"id": RELAY_ID},
    optional={
        **dict.fromkeys(("source", "destination", "event_id", "reason", "detail"), string()),
        "problem": _PROBLEM,
        "call": _CALL,
    },
)
_CLUSTER: dict[str, Schema] = {
    "cluster": string("The fingerprint."),
    "count": COUNT,
    "reason": choice(DeadLetterReason),
    "detail": string("The problem of the newest event."),
    "remedy": string(),
    "sample": RELAY_ID,
    "first_at": timestamp(),
    "last_at": timestamp(),
    "sources": COUNTS,
    "destinations": COUNTS,
}
_CLUSTER_OPTIONAL: dict[str, Schema] = {"field": string(), "rule": string()}
_MAPPING = record(
    {"source": string(), "version": string(), "written": any_json()},
    "The mapping to fix, as it is configured.",
)
_REPLAY: dict[str, Schema] = {
    "id": RELAY_ID,
    "status": choice(ReplayStage),
    "filter": component("ReplayFilter"),
    "remap": nullable(
        boolean(
            "True maps the events again, false sends the stored calls, null maps only events without a call."
        )
    ),
    "limit": nullable(integer(minimum=1)),
    **_COUNTS,
    "per_second": nullable(number()),
    "waiting_for": nullable(string()),
    "problems": array(_PROBLEM),
    "created_at": timestamp(),
    "started_at": nullable(timestamp()),
    "ended_at": nullable(timestamp()),
}

COMPONENTS: dict[str, Schema] = {
    "ReplayFilter": _FILTER,
    "Replay": record(_REPLAY, "A replay: its request and its progress."),
    "Cluster": record(_CLUSTER, "Dead letters with the same problem.", optional=_CLUSTER_OPTIONAL),
    "ClusterPage": record(
        {
            **_CLUSTER,
            "events": array(component("EventSummary"), "The newest events."),
            "sample_event": component("EventPage"),
            "mapping": nullable(_MAPPING),
        },
        "Dead letters with the same problem, and their cause.",
        optional=_CLUSTER_OPTIONAL,
    ),
}

REPLAY_REQUEST = record(
    {},
    optional={
        "filter": component("ReplayFilter"),
        "remap": nullable(boolean()),
        "limit": nullable(integer(minimum=1, maximum=LIMIT_MAX)),
        "dry_run": boolean("Report what the replay would do, and change nothing."),
    },
)
_OUTLOOK: dict[str, Schema] = {
    "matched": COUNT,
    "truncated": boolean("Whether counting stopped early, so that more events match."),
    "would_map": COUNT,
    "would_fail": COUNT,
    "sampled": COUNT,
    "examples": array(_PREVIEWED_EVENT),
}
REPLAY_DRY_RUN = record({"dry_run": constant(value=True), **_OUTLOOK})
CLUSTER_PREVIEW = record({"cluster": string(), "mapping": choice(("current", "trial")), **_OUTLOOK})
CANCELLED_REPLAY: Schema = record(
    {"changed": boolean("Whether the replay was still running."), **_REPLAY},
    "A replay: its request and its progress.",
)

REPLAY = path("replay_id", "The replay's id.", example=ID)
CLUSTER = path("cluster", "The cluster's fingerprint.", example="5f2c9a")

REPLAY_EXAMPLE: dict[str, Any] = {
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
    "waiting_for": None,
    "problems": [],
    "created_at": at(10),
    "started_at": at(10),
    "ended_at": None,
}
CANCELLED_REPLAY_EXAMPLE: dict[str, Any] = {
    "changed": True,
    **REPLAY_EXAMPLE,
    "status": "cancelled",
    "ended_at": at(11),
}
OUTLOOK_EXAMPLE: dict[str, Any] = {
    "matched": 40,
    "truncated": False,
    "would_map": 40,
    "would_fail": 0,
    "sampled": 40,
    "examples": [],
}
CLUSTER_EXAMPLE: dict[str, Any] = {
    "cluster": "5f2c9a",
    "count": 40,
    "reason": "rejected",
    "detail": "content: must not be null",
    "remedy": "Gong rejected the body. Fix what the error describes, then replay the event.",
    "sample": ID,
    "first_at": at(9),
    "last_at": at(10),
    "sources": {"website": 40},
    "destinations": {"acme": 40},
    "field": "content",
}


def cluster_page_example() -> dict[str, Any]:
    return {
        **CLUSTER_EXAMPLE,
        "events": [summary_example()],
        "sample_event": event_page_example(),
        "mapping": None,
    }
