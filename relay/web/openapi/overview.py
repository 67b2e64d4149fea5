"""The API of what is seen at a glance and over time, and of who did what."""

from typing import Any

from relay.core.lifecycle import State
from relay.queries.time_series import SERIES_NAMES, WINDOWS
from relay.web.openapi.operation import Answer, Described, Parameter
from relay.web.openapi.problems import RANKED, STORED
from relay.web.openapi.queue_schemas import BUDGETED, DOWN, HELD, STORES, WORKER
from relay.web.openapi.schema_types import (
    Schema,
    anything,
    by_name,
    component,
    listed,
    moment,
    number,
    or_null,
    record,
    text,
    whole,
    word,
)
from relay.web.openapi.shared import COUNT, CURSOR, FAULTS, at, limit

GROUP = "At a glance"

_TIMES = record({"p50_seconds": or_null(number()), "p95_seconds": or_null(number()), "count": COUNT})
_DEPTH = record(
    {
        "states": by_name(COUNT, names=word(State)),
        "open": COUNT,
        "oldest_seconds": or_null(number("Of the oldest that is still on its way.")),
    }
)
_COMPANY = record(
    {
        "company": text(),
        "store": text(),
        "destinations": listed(text()),
        "open": COUNT,
        **{name: BUDGETED[name] for name in ("per_second", "per_day", "used_last_day", "left_today")},
        "used_share": number("Of its day's budget, from 0 to 1."),
        "frozen_until": or_null(moment()),
        "day_ends_at": or_null(moment("When its day's budget ends before its backlog.")),
        "clears_at": or_null(moment("When its backlog is gone.")),
    }
)
_CONFIGURATION = record(
    {"status": word(("current", "rejected")), "since": or_null(moment()), "problems": FAULTS},
    "Whether the file is the one that serves, or an older one because it is wrong.",
)

COMPONENTS: dict[str, Schema] = {
    "Series": record(
        {
            "window": word(WINDOWS),
            "from": moment(),
            "until": moment(),
            "step_seconds": whole(),
            "points": record(
                {"at": listed(whole("Seconds since 1970."))} | {line: listed(COUNT) for line in SERIES_NAMES},
                "Columns of equal length.",
            ),
            "totals": record(dict.fromkeys(SERIES_NAMES, COUNT)),
            "latency": component("Times"),
            "calls": component("Times"),
        },
        "What happened over time. `latency` is from arrival to Gong, `calls` what Gong took to answer.",
    ),
    "Times": _TIMES,
    "Overview": record(
        {
            "at": moment(),
            "series": component("Series"),
            "alerts": listed(component("Alert"), "Those that are open."),
            "depth": _DEPTH,
            "companies": listed(_COMPANY, "Those with the least left first."),
            "holds": listed(HELD),
            "workers": listed(WORKER),
            "store": component("Store"),
            "stores": STORES,
            "down": listed(DOWN),
            "unverified": listed(text()),
            "configuration": _CONFIGURATION,
        },
        "What flows, what waits and why, what may still be sent, who is at work.",
    ),
    "AuditEntry": record(
        {
            "id": text(),
            "at": moment(),
            "who": text(),
            "role": text(),
            "did": text(examples=["destination.pause"]),
            "target": text(),
            "count": or_null(whole("Of how many events.")),
            "filter": by_name(anything(), "What chose them."),
        },
        "One change that was made by hand.",
    ),
}

_WINDOW = Parameter("window", "How far back.", word(WINDOWS), example="1h")
_SERIES: dict[str, Any] = {
    "window": "1h",
    "from": at(9),
    "until": at(10),
    "step_seconds": 60,
    "points": {"at": [1_795_168_800]} | {line: [0] for line in SERIES_NAMES},
    "totals": dict.fromkeys(SERIES_NAMES, 0),
    "latency": {"p50_seconds": 0.41, "p95_seconds": 1.9, "count": 1_204},
    "calls": {"p50_seconds": 0.21, "p95_seconds": 0.7, "count": 1_204},
}
_OVERVIEW = {
    "at": at(10),
    "series": _SERIES,
    "alerts": [],
    "depth": {"states": {"queued": 12, "delivered": 1_204}, "open": 12, "oldest_seconds": 3.2},
    "companies": [],
    "holds": [],
    "workers": [],
    "stores": [],
    "down": [],
    "unverified": [],
    "configuration": {"status": "current", "since": None, "problems": []},
    "store": {"durability": "full", "relaxed": [], "appendonly": "yes", "appendfsync": "always"}
    | {"memory_used": 0.041},
}
_ENTRY: dict[str, Any] = {
    "id": "1795168800000-0",
    "at": at(10),
    "who": "jane",
    "role": "operator",
    "did": "destination.pause",
    "target": "acme",
    "count": None,
    "filter": {},
}

OVERVIEW = Described(
    *("GET", "/v1/overview", "showOverview", GROUP, "Everything at a glance"),
    role="viewer",
    parameters=(_WINDOW,),
    answers=(Answer(200, "The overview.", component("Overview"), _OVERVIEW),),
    errors=(*RANKED, "invalid", *STORED),
)

SERIES = Described(
    *("GET", "/v1/series", "showSeries", GROUP, "What happened over time"),
    role="viewer",
    more="To everything, to one destination's events, or from one source.",
    parameters=(
        _WINDOW,
        Parameter("destination", "Of this one's events.", text()),
        Parameter("source", "From this one.", text()),
    ),
    answers=(Answer(200, "The series.", component("Series"), _SERIES),),
    errors=(*RANKED, "invalid", *STORED),
)

SCALE = Described(
    *("GET", "/v1/scale", "showScale", GROUP, "How much may be sent now"),
    role="viewer",
    more="For autoscalers: workers have as much to do as this.",
    parameters=(Parameter("store", "Of this store; without it the main one.", text()),),
    answers=(
        Answer(
            200,
            "What one store's workers may send.",
            record({"store": text(), "companies": COUNT, "calls_per_second": number()}),
            {"store": "main", "companies": 4, "calls_per_second": 12.0},
        ),
    ),
    errors=(*RANKED, "invalid", *STORED),
)

AUDIT = Described(
    *("GET", "/v1/audit", "listAudit", GROUP, "Who did what"),
    role="admin",
    parameters=(limit(200), CURSOR),
    answers=(
        Answer(
            200,
            "Newest first.",
            record({"entries": listed(component("AuditEntry")), "cursor": or_null(text())}),
            {"entries": [_ENTRY], "cursor": None},
        ),
    ),
    errors=(*RANKED, "invalid", *STORED),
)

METRICS = Described(
    *("GET", "/metrics", "showMetrics", GROUP, "What Prometheus asks for"),
    role="viewer",
    more="Without a key where operations have a port of their own.",
    answers=(Answer(200, "In its own format.", text(), kind="text/plain"),),
    errors=(*RANKED, *STORED),
)

OPERATIONS = (OVERVIEW, SERIES, AUDIT, SCALE, METRICS)
