"""Schemas and examples of the overview, the time series and the audit log."""

from typing import Any

from relay.core.lifecycle import State
from relay.queries.time_series import SERIES_NAMES, WINDOWS
from relay.web.openapi.destinations import (
    BUDGET_FIELDS,
    FULL_SOURCES,
    OUTAGE,
    QUEUE_HOLD,
    STORE_EXAMPLE,
    STORES,
    WORKER,
)
from relay.web.openapi.operation import query
from relay.web.openapi.schema_types import (
    Schema,
    any_json,
    array,
    choice,
    component,
    integer,
    map_of,
    nullable,
    number,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import COUNT, VALIDATION_PROBLEMS, at

_PERCENTILES = record({"p50_seconds": nullable(number()), "p95_seconds": nullable(number()), "count": COUNT})
_DEPTH = record(
    {
        "states": map_of(COUNT, names=choice(State)),
        "open": COUNT,
        "oldest_seconds": nullable(number("The age of the oldest open event.")),
    }
)
_COMPANY = record(
    {
        "company": string(),
        "store": string(),
        "destinations": array(string()),
        "open": COUNT,
        **{name: BUDGET_FIELDS[name] for name in ("per_second", "per_day", "used_last_day", "remaining")},
        "used_share": number("The used part of the daily limit, from 0 to 1."),
        "rate_limited_until": nullable(timestamp()),
        "budget_exhausted_at": nullable(
            timestamp("When the daily limit is reached before the backlog is cleared.")
        ),
        "clears_at": nullable(timestamp("When the backlog is cleared.")),
    }
)
_CONFIGURATION = record(
    {
        "status": choice(("current", "rejected")),
        "since": nullable(timestamp()),
        "problems": VALIDATION_PROBLEMS,
    },
    "Whether the configuration file is in use, or was rejected in favor of its last valid version.",
)
_SERIES = record(
    {
        "window": choice(WINDOWS),
        "from": timestamp(),
        "until": timestamp(),
        "step_seconds": integer(),
        "points": record(
            {"at": array(integer("Seconds since 1970.")), **{name: array(COUNT) for name in SERIES_NAMES}},
            "Columns of equal length.",
        ),
        "totals": record(dict.fromkeys(SERIES_NAMES, COUNT)),
        "latency": component("Percentiles"),
        "calls": component("Percentiles"),
    },
    "Counts over time. `latency` is from an event's arrival to its delivery; `calls` is Gong's response time.",
)
_OVERVIEW = record(
    {
        "at": timestamp(),
        "series": component("Series"),
        "alerts": array(component("Alert"), "The open alerts."),
        "depth": _DEPTH,
        "companies": array(_COMPANY, "The companies with the least budget left come first."),
        "holds": array(QUEUE_HOLD),
        "workers": array(WORKER),
        "store": component("Store"),
        "stores": STORES,
        "outages": array(OUTAGE),
        "unverified": array(string()),
        "full_sources": FULL_SOURCES,
        "configuration": _CONFIGURATION,
    },
    "Throughput, queues, holds, limits, workers and stores.",
)
_AUDIT_ENTRY = record(
    {
        "id": string(),
        "at": timestamp(),
        "principal": string(),
        "role": string(),
        "action": string(examples=["destination.pause"]),
        "target": string(),
        "count": nullable(integer("How many events were changed.")),
        "filter": map_of(any_json(), "The filter that selected the events."),
    },
    "One action of an operator.",
)

COMPONENTS: dict[str, Schema] = {
    "Series": _SERIES,
    "Percentiles": _PERCENTILES,
    "Overview": _OVERVIEW,
    "AuditEntry": _AUDIT_ENTRY,
}

WINDOW = query("window", "The period, ending now.", choice(WINDOWS), example="1h")

SERIES_EXAMPLE: dict[str, Any] = {
    "window": "1h",
    "from": at(9),
    "until": at(10),
    "step_seconds": 60,
    "points": {"at": [1_795_168_800], **{name: [0] for name in SERIES_NAMES}},
    "totals": dict.fromkeys(SERIES_NAMES, 0),
    "latency": {"p50_seconds": 0.41, "p95_seconds": 1.9, "count": 1_204},
    "calls": {"p50_seconds": 0.21, "p95_seconds": 0.7, "count": 1_204},
}
OVERVIEW_EXAMPLE: dict[str, Any] = {
    "at": at(10),
    "series": SERIES_EXAMPLE,
    "alerts": [],
    "depth": {"states": {"queued": 12, "delivered": 1_204}, "open": 12, "oldest_seconds": 3.2},
    "companies": [],
    "holds": [],
    "workers": [],
    "store": STORE_EXAMPLE,
    "stores": [],
    "outages": [],
    "unverified": [],
    "full_sources": [],
    "configuration": {"status": "current", "since": None, "problems": []},
}
AUDIT_EXAMPLE: dict[str, Any] = {
    "id": "1795168800000-0",
    "at": at(10),
    "principal": "jane",
    "role": "operator",
    "action": "destination.pause",
    "target": "acme",
    "count": None,
    "filter": {},
}
