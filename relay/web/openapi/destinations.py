"""Schemas and examples of destinations, their queues, the stores and the workers."""

from typing import Any

from relay.core.lifecycle import HoldCause, State
from relay.web.openapi.schema_types import (
    Schema,
    any_of,
    array,
    boolean,
    choice,
    component,
    integer,
    nullable,
    number,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import COUNT, COUNTS, at

BUDGET_FIELDS: dict[str, Schema] = {
    "per_second": number(),
    "used_last_second": COUNT,
    "per_day": COUNT,
    "used_last_day": COUNT,
    "remaining": COUNT,
    "reserved_for_high_priority": integer(
        "The part of the budget that is reserved for events with high priority."
    ),
    "rate_limited_until": nullable(timestamp("Set when Gong answered 429 with Retry-After.")),
    "retry_after_until": nullable(timestamp("Set when a call failed and its response asked to wait.")),
    "other_integrations": nullable(
        record(
            {"estimated_calls": COUNT, "observed_at": timestamp()},
            "The estimated part of the daily limit that other systems have used.",
        )
    ),
    "extra_spacing_seconds": number(),
    "sources": array(
        record(
            {
                "source": string(),
                "per_day": COUNT,
                "used_last_day": COUNT,
                "remaining": COUNT,
                "queued": COUNT,
            }
        ),
        "The sources with events for the company that may not use its whole budget, and what they have used of their share.",
    ),
}
_HOLD: dict[str, Schema] = {
    "cause": choice(HoldCause),
    "detail": string("Gong's response."),
    "remedy": string("What to do."),
    "since": timestamp(),
    "probe_at": nullable(timestamp()),
}
QUEUE_HOLD = record({"destination": string(), "company": string(), "waiting_events": COUNT, **_HOLD})
_QUEUE: dict[str, Schema] = {
    "store": string(),
    "destination": string(),
    "company": string(),
    "configured": boolean("Whether the destination is configured or connected."),
    "states": record({state.value: COUNT for state in State}),
    "open": integer("Events that have not ended yet."),
    "oldest_seconds": nullable(number("The age of the oldest open event.")),
    "totals": COUNTS,
    "priorities": COUNTS,
    "budget": component("Budget"),
    "hold": nullable(component("Hold")),
    "clears_in_seconds": nullable(number("Until the company's backlog is cleared.")),
    "clears_at": nullable(timestamp()),
    "budget_exhausted_at": nullable(
        timestamp("When the daily limit is reached before the backlog is cleared.")
    ),
}
_STORE: dict[str, Schema] = {
    "durability": choice(("full", "relaxed")),
    "relaxed": array(string(), "The settings that weaken durability."),
    "appendonly": string(),
    "appendfsync": string(),
    "memory_used": nullable(number("From 0 to 1.")),
    "clock_offset_seconds": number(
        "What the store's time is ahead of its server's clock. 0 unless that clock was set."
    ),
    "clock_set_at": nullable(timestamp("When the server's clock was last set by more than two seconds.")),
}
STORES = array(
    any_of(record({"name": string(), **_STORE}), record({"name": string(), "unavailable": string()}))
)
OUTAGE = record(
    {
        "base_url": string(),
        "since": timestamp(),
        "next_trial_at": timestamp(),
        "error": string(),
        "remedy": string(),
    }
)
FULL_SOURCES = array(
    record({"source": string(), "store": string(), "bytes": COUNT, "limit_bytes": COUNT}),
    "Sources that have used their share of a store (`limits.store_share`): new events of theirs are answered with 429.",
)
WORKER = record(
    {
        "store": string(),
        "name": string(),
        "last_seen_at": timestamp(),
        "clock_ahead_seconds": number("What its clock is ahead of the store's. 0 up to two seconds."),
    },
    optional={"hostname": string(), "pid": string(), "started_at": timestamp()},
)
_SETTINGS: dict[str, Schema] = {
    "base_url": nullable(string()),
    "dialect": nullable(string()),
    "auth": nullable(choice(("api_key", "oauth"))),
    "account": nullable(string("The value in payloads that routes to this destination.")),
    "source_system_name": nullable(string()),
    "internal_domains": array(string()),
    "connected": nullable(
        boolean("Whether the customer has connected Gong; null for destinations with an API key.")
    ),
}
_GRANT = record({"connected": boolean(), "lost": nullable(string()), "expires_at": nullable(timestamp())})
_PAST_HOLD = record(
    {
        "cause": string(),
        "detail": string(),
        "remedy": string(),
        "since": timestamp(),
        "until": timestamp(),
        "seconds": number(),
    }
)

COMPONENTS: dict[str, Schema] = {
    "Destination": record(_QUEUE | _SETTINGS, "A Gong account: its settings, budget and queue."),
    "DestinationPage": record(
        {
            **_QUEUE,
            **_SETTINGS,
            "grant": nullable(_GRANT),
            "last_probe": nullable(component("Probe")),
            "holds": array(_PAST_HOLD, "Holds that have ended."),
        },
        "A Gong account in detail.",
    ),
    "Budget": record(BUDGET_FIELDS, "The company's limits, and what is left of them."),
    "Hold": record(_HOLD, "Why a destination accepts no calls."),
    "Store": record(_STORE, "The durability and memory of a store."),
    "Queues": record(
        {
            "destinations": array(record(_QUEUE)),
            "workers": array(WORKER),
            "store": component("Store"),
            "stores": STORES,
            "outages": array(OUTAGE, "Gong base URLs that do not respond."),
            "unverified": array(string(), "Sources whose webhooks are not verified."),
            "full_sources": FULL_SOURCES,
        },
        "Queues, budgets, workers and stores.",
    ),
    "Probe": record(
        {
            "at": timestamp(),
            "outcome": string(examples=["passed"]),
            "status": nullable(integer()),
            "detail": string(),
            "remedy": nullable(string()),
        },
        "The result of a probe.",
    ),
}

QUEUE_EXAMPLE: dict[str, Any] = {
    "store": "main",
    "destination": "acme",
    "company": "acme",
    "configured": True,
    "states": {state.value: 12 if state is State.QUEUED else 0 for state in State},
    "open": 12,
    "oldest_seconds": 3.2,
    "totals": {"accepted": 1_216, "delivered": 1_204},
    "priorities": {"high": 0, "normal": 12, "low": 0, "replay": 0},
    "budget": {
        "per_second": 3,
        "used_last_second": 1,
        "per_day": 10_000,
        "used_last_day": 1_204,
        "remaining": 8_796,
        "reserved_for_high_priority": 500,
        "rate_limited_until": None,
        "retry_after_until": None,
        "other_integrations": None,
        "extra_spacing_seconds": 0.0,
        "sources": [
            {
                "source": "website",
                "per_day": 8_000,
                "used_last_day": 1_204,
                "remaining": 6_796,
                "queued": 12,
            }
        ],
    },
    "hold": None,
    "clears_in_seconds": 4.0,
    "clears_at": at(10),
    "budget_exhausted_at": None,
}
STORE_EXAMPLE: dict[str, Any] = {
    "durability": "full",
    "relaxed": [],
    "appendonly": "yes",
    "appendfsync": "always",
    "memory_used": 0.041,
    "clock_offset_seconds": 0.0,
    "clock_set_at": None,
}
QUEUES_EXAMPLE: dict[str, Any] = {
    "destinations": [QUEUE_EXAMPLE],
    "workers": [
        {
            "store": "main",
            "name": "relay-1-4711-a3f0c2",
            "hostname": "relay-1",
            "pid": "4711",
            "started_at": at(9),
            "last_seen_at": at(10),
            "clock_ahead_seconds": 0.0,
        }
    ],
    "store": STORE_EXAMPLE,
    "stores": [],
    "outages": [],
    "unverified": [],
    "full_sources": [],
}
DESTINATION_EXAMPLE: dict[str, Any] = {
    **QUEUE_EXAMPLE,
    "base_url": "https://api.gong.io",
    "dialect": "gong",
    "auth": "api_key",
    "account": None,
    "source_system_name": "Acme Hub",
    "internal_domains": ["acme.com"],
    "connected": None,
}
DESTINATION_PAGE_EXAMPLE: dict[str, Any] = {
    **DESTINATION_EXAMPLE,
    "grant": None,
    "last_probe": None,
    "holds": [],
}
