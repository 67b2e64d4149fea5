"""Schemas and examples of purges."""

from relay.core.lifecycle import DeadLetterReason
from relay.queries.purges import PURGEABLE
from relay.web.openapi.schema_types import boolean, choice, nullable, record, string
from relay.web.openapi.shared import COUNT

_TIME = string("A time such as `2026-11-20T10:00:00Z`, or an age such as `-2h`.")

PURGE_REQUEST = record(
    {
        "filter": record(
            {"status": choice(PURGEABLE)},
            "Which events. Every member narrows the selection.",
            optional={
                "source": string(),
                "destination": string(),
                "reason": choice(DeadLetterReason),
                "cluster": string("The fingerprint of a cluster of dead letters."),
                "since": _TIME,
                "until": _TIME,
            },
        )
    },
    optional={
        "cursor": string("The cursor of the previous response."),
        "dry_run": boolean("True only counts the events."),
    },
)
PURGE_RESULT = record(
    {
        "dry_run": boolean(),
        "events": COUNT,
        "bytes": COUNT,
        "cursor": nullable(string("Repeat the request with it: more events may match. Null: none is left.")),
    },
    "How many events were deleted, or with `dry_run` would be, and about how many bytes that frees.",
)
PURGE_EXAMPLE = {"dry_run": False, "events": 68, "bytes": 71_303_168, "cursor": None}
