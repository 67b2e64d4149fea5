"""What is told of queues: budgets, holds, each destination's row, stores and workers."""

from relay.core.lifecycle import HoldCause, State
from relay.web.openapi.schema_types import (
    Schema,
    component,
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
from relay.web.openapi.shared import COUNT, COUNTS, at

_OTHERS = record({"spent_about": COUNT, "seen_at": moment()}, "What others have spent of the company's day.")
BUDGETED: dict[str, Schema] = {
    "per_second": number(),
    "used_last_second": COUNT,
    "per_day": COUNT,
    "used_last_day": COUNT,
    "left_today": COUNT,
    "kept_for_high": whole("What ordinary events may not have of what is left."),
    "frozen_until": or_null(moment("Gong has asked to wait until then.")),
    "others": or_null(_OTHERS),
    "spaced_wider_by_seconds": number(),
}
BUDGET = record(BUDGETED, "What the company may still send.")
_HELD: dict[str, Schema] = {
    "cause": word(HoldCause),
    "detail": text("What Gong said."),
    "remedy": text("What to do."),
    "since": moment(),
    "probe_at": or_null(moment()),
}
HOLD = record(_HELD, "Why a destination takes no calls.")
HELD = record({"destination": text(), "company": text(), "waiting": COUNT, **_HELD})
ROW: dict[str, Schema] = {
    "store": text(),
    "destination": text(),
    "company": text(),
    "configured": flag("Whether it is in the configuration or connected."),
    "states": record({state.value: COUNT for state in State}),
    "open": whole("Events that are still on their way."),
    "oldest_seconds": or_null(number("Of the oldest of those.")),
    "ever": COUNTS,
    "priorities": COUNTS,
    "budget": component("Budget"),
    "hold": or_null(component("Hold")),
    "clears_in_seconds": or_null(number("Until the company's backlog is gone.")),
    "clears_at": or_null(moment()),
    "day_ends_at": or_null(moment("When its day's budget ends before that.")),
}
_STORE: dict[str, Schema] = {
    "durability": word(("full", "relaxed")),
    "relaxed": listed(text(), "What is weaker than it should be, in words."),
    "appendonly": text(),
    "appendfsync": text(),
    "memory_used": or_null(number("The share of its memory.")),
}
STORE = record(_STORE, "How surely the store keeps what it takes.")
STORES = listed(one_of(record({"name": text(), **_STORE}), record({"name": text(), "away": text()})))
DOWN = record(
    {"base_url": text(), "since": moment(), "tried_again_at": moment(), "said": text(), "remedy": text()}
)
WORKER = record(
    {"store": text(), "name": text(), "last_seen_at": moment()},
    optional={"hostname": text(), "pid": text(), "started_at": moment()},
)


_BUDGET_SHOWN = {
    "per_second": 3,
    "used_last_second": 1,
    "per_day": 10_000,
    "used_last_day": 1_204,
    "left_today": 8_796,
    "kept_for_high": 500,
    "frozen_until": None,
    "others": None,
    "spaced_wider_by_seconds": 0.0,
}
SHOWN = {
    "store": "main",
    "destination": "acme",
    "company": "acme",
    "configured": True,
    "states": {state.value: 12 if state is State.QUEUED else 0 for state in State},
    "open": 12,
    "oldest_seconds": 3.2,
    "ever": {"accepted": 1_216, "delivered": 1_204},
    "priorities": {"high": 0, "normal": 12, "low": 0, "replay": 0},
    "budget": _BUDGET_SHOWN,
    "hold": None,
    "clears_in_seconds": 4.0,
    "clears_at": at(10),
    "day_ends_at": None,
}
