"""Every Redis key of the relay, in one page.

Ours begin with `relay:`. RQ's begin with `rq:`; they are written here as RQ 2 writes them (a contract test compares),
so that `rq info`, `rq requeue` and dashboards for RQ work on our queues, and the web process need not load RQ.
The Lua scripts get the same names from `as_lua`, so that a key is spelt once.
"""

RECEIPT = "relay:receipt:"
"""+ receipt id → hash: the raw bytes of one authenticated request and what became of it."""

EVENT = "relay:event:"
"""+ event id → hash: the whole record of an event (fields in `relay.store.records`)."""

SEEN = "relay:seen:"
"""+ dedupe name (source ":" the sender's own id) → event id: deduplication. Nearly always Gong's eventId too. Expires."""

NAMED = "relay:named:"
"""+ Gong eventId that is no dedupe name → set of event ids, one for each source that uses it. Expires."""

REQUEST = "relay:request:"
"""+ Gong requestId → event id. Expires with the event."""

IDEMPOTENCY = "relay:idempotency:"
"""+ source ":" SHA-256 of the Idempotency-Key → "receipt id|SHA-256 of the body". Expires after a day."""

ALL = "relay:events"
"""Sorted set of every event id. All scores are 0: ids sort by time, so order is by name."""

SOURCE = "relay:source:"
"""+ source → sorted set of its event ids, as above."""

AT = "relay:at:"
"""+ destination ":" state → sorted set of event ids, as above. Its size is the depth."""

DESTINATIONS = "relay:destinations"
"""Set of destinations that ever had an event."""

EXPIRY = "relay:expiry"
"""Sorted set of ended event ids by the microsecond at which they are pruned."""

KEY_USED = "relay:key_used:"
"""+ source → hash: key id → the microsecond of its last use."""

COUNT = "relay:count"
"""Hash "destination|state" → how many events ever entered that state."""

DUE = "relay:due"
"""Sorted set of companies with queued events by the microsecond at which one may be taken. A hint: `take` checks."""

COMPANY = "relay:company:"
"""+ company → hash: per_second, day_budget, frozen_until (µs), throttles (429s in a row)."""

SENT = "relay:sent:"
"""+ company → list of the last calls' moments (µs), newest first, `per_second` of them."""

DAY = "relay:day:"
"""+ company → hash: calls in ten-minute buckets of the last 24 hours, their total, and the oldest bucket."""

LEASE = "relay:lease"
"""Sorted set "company|event id|try" → µs at which the worker that took it is given up."""

WAITING = "relay:waiting"
"""Sorted set "company|event id" → µs at which a faltered event is queued again."""

HOLD = "relay:hold:"
"""+ destination → hash: cause, detail, since (µs), probe_at (µs). Its existence is the hold."""

HOLDS = "relay:holds"
"""Set of destinations on hold."""

PROBED = "relay:probed:"
"""+ destination → 1, for the minute after a probe passed: a lock-out in that minute is the event's own."""

HELD = "relay:held:"
"""+ destination → list of event ids that wait for its hold to end."""

BELL = "relay:bell"
"""List that wakes an idle worker: one element is one ring."""

SWEEP = "relay:sweep"
"""Lock, so that one worker sweeps at a time."""

QUEUE_PREFIX = "gong:"
"""+ company → name of its RQ queue."""

RQ_JOB = "rq:job:"
RQ_QUEUE = "rq:queue:"
RQ_QUEUES = "rq:queues"
RQ_STARTED = "rq:wip:"
RQ_FAILED = "rq:failed:"
RQ_SCHEDULED = "rq:scheduled:"


def as_lua() -> str:
    """The same names as one Lua table, for the head of every script."""
    names = {name: value for name, value in globals().items() if name.isupper()}
    return "local K = {" + ", ".join(f"{name} = '{value}'" for name, value in names.items()) + "}"
