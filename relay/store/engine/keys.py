"""Every Redis key of the relay, in one page.

Ours begin with `relay:`. RQ's begin with `rq:`; they are written here as RQ 2 writes them (a contract test compares),
so that `rq info`, `rq requeue` and dashboards for RQ work on our queues, and the web process need not load RQ.
The Lua scripts get the same names from `as_lua`, so that a key is spelt once.
"""

RECEIPT = "relay:receipt:"
"""+ receipt id → hash: the raw bytes of one authenticated request, packed, and what became of it."""

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

CONNECTED = "relay:connected"
"""Hash: destination that was connected at run time → its JSON (fields in `relay.store.destinations`)."""

CONNECTED_VERSION = "relay:connected_version"
"""How often that hash has changed: a process reads it again when this has moved."""

TOKENS = "relay:tokens:"
"""+ destination → hash: what its customer granted, sealed, and how its renewal goes (`relay.store.oauth_tokens`)."""

RENEWALS = "relay:renewals"
"""Sorted set of every destination with tokens by the microsecond at which they are looked at next."""

TICKET = "relay:ticket:"
"""+ SHA-256 of a ticket → JSON: who may be connected by the link that holds it. Expires."""

CONSENTING = "relay:consenting:"
"""+ SHA-256 of an OAuth state → hash: who asked Gong for consent, by which browser and ticket. Expires."""

CONSENT = "relay:consent:"
"""+ consent id → hash: a consent that Gong has sent back, its sealed code, and what became of it. Expires."""

CONSENTS = "relay:consents"
"""Sorted set of consents to exchange by the microsecond at which a worker may take them up."""

CLUSTER = "relay:cluster:"
"""+ fingerprint → sorted set of the dead letters that share it, as above."""

CLUSTER_ABOUT = "relay:cluster_about:"
"""+ fingerprint → hash: reason, text, rule, field, first_at, last_at (µs), and how many are from:<source>, to:<destination>."""

CLUSTERS = "relay:clusters"
"""Sorted set of fingerprints by the microsecond of their newest dead letter."""

REPLAY = "relay:replay:"
"""+ replay id → hash: the whole record of a replay (fields in `relay.store.replays`). Expires after it has ended."""

REPLAYS = "relay:replays"
"""Sorted set of replay ids, as above."""

REPLAYS_OPEN = "relay:replays_open"
"""Sorted set of those that have not ended."""

REPLAYS_STEP = "relay:replays_step"
"""Lock, so that one worker feeds replays at a time."""

PEOPLE = "relay:people:"
"""+ first four hex digits of a person's mark → sorted set, as above, of the mark (8 bytes) and the id of an event, or of
a receipt, that tells of the person. Small sets, so that they stay compact; marks are made by `relay.store.person_index`."""

PERSON_KEY = "relay:person_key"
"""The key that marks are made with, sealed where RELAY_SECRET_KEYS is set."""

ERASED = "relay:erased"
"""Sorted set of marks of erased people by the microsecond of their erasure. Expires as deduplication does."""

ERASURE = "relay:erasure:"
"""+ erasure id → hash: the whole record of an erasure (fields in `relay.store.erasures`). Expires after it has ended."""

ERASURE_EVENTS = "relay:erasure_events:"
"""+ erasure id → list of the first events that it erased: "id|state before|destination|Gong's requestId". Expires too."""

ERASURES = "relay:erasures"
"""Sorted set of erasure ids, as above."""

ERASURES_OPEN = "relay:erasures_open"
"""Sorted set of those that have not ended."""

ERASURES_STEP = "relay:erasures_step"
"""Lock, so that one worker erases at a time."""

EXPIRY = "relay:expiry"
"""Sorted set of ended event ids by the microsecond at which they are pruned."""

KEY_USED = "relay:key_used:"
"""+ source → hash: key id → the microsecond of its last use."""

COUNT = "relay:count"
"""Hash "destination|state" → how many events ever entered that state."""

HAPPENED = "relay:happened"
"""Hash "destination|what" → how often ever, of what no state counts: accepted, failed, throttled, blocked, replayed, dead:<reason>."""

REQUESTS = "relay:requests"
"""Hash "source|outcome" → how many requests ever (of no source: "|outcome"): `taken`, or the code of the answer, `verification_failed:<reason>` where it has one."""

TIMES = "relay:times"
"""Hash "what|bucket" → how many times of it ever fell there, and "what|sum" → their sum (µs): arrival, call,
request:<endpoint>."""

TURNED_AWAY = "relay:turned_away:"
"""+ source → hash: at (µs), code and reason of its newest request that was not taken."""

SERIES = "relay:series:"
"""+ "m" minute, "t" ten minutes or "h" hour since 1970, and ":to:<destination>" or ":from:<source>" → hash: what happened then
(fields in `relay.store.time_series`). Expires."""

DUE = "relay:due"
"""Sorted set of companies with queued events by the microsecond at which one may be taken. A hint: `take` checks."""

COMPANY = "relay:company:"
"""+ company → hash: per_second, per_day, day_budget, high_room, base_url; frozen_until (µs), throttles (429s in a row);
crowd (µs by which its calls keep wider apart); others (calls that others made in a day), others_at (µs)."""

TURN = "relay:turn:"
"""+ company → sorted set of its queues that hold events by priority, then by the microsecond at which each was last served."""

QUEUES = "relay:queues"
"""Hash: name of an RQ queue → "priority's rank|company"."""

BREAKER = "relay:breaker:"
"""+ base URL → hash: failures in a row there; once open, until when (µs), since when, and which event tries it. Expires."""

AGGREGATING = "relay:aggregating"
"""Sorted set of events that gather their session by the microsecond at which it counts as over."""

SESSION = "relay:session:"
"""+ SHA-256 of what a session is told by → id of the event that gathers it. Expires."""

SENT = "relay:sent:"
"""+ company → list of the last calls' moments (µs), newest first, `per_second` of them. One that ends in "?" is when its
event was taken; the others are the latest at which the call can have arrived."""

DAY = "relay:day:"
"""+ company → hash: calls in ten-minute buckets of the last 24 hours ("h" before a bucket: those of priority high), their
totals, and the oldest bucket."""

LEASE = "relay:lease"
"""Sorted set "company|event id|try" → µs at which the worker that took it is given up."""

WAITING = "relay:waiting"
"""Sorted set of failed events by the microsecond at which each is queued again."""

HOLD = "relay:hold:"
"""+ destination → hash: cause, detail, since (µs), probe_at (µs). Its existence is the hold."""

HOLDS = "relay:holds"
"""Set of destinations on hold."""

PROBED = "relay:probed:"
"""+ destination → 1, for the minute after a probe passed: a lock-out in that minute is the event's own."""

HELD = "relay:held:"
"""+ destination → list of event ids that wait for its hold to end."""

HOLD_HISTORY = "relay:hold_history:"
"""+ destination → list of its ended holds, newest first: "since|until|cause|detail", moments in µs."""

PROBE_WANTED = "relay:probe_wanted"
"""Hash: destination whose credentials an operator wants tried now → its company."""

PROBE_TOLD = "relay:probe_told:"
"""+ destination → hash: at (µs), outcome, status and detail of the last probe. Expires after a week."""

BELL = "relay:bell"
"""List that wakes an idle worker: one element is one ring."""

AUDIT = "relay:audit"
"""Stream of what operators did, one entry a deed (fields in `relay.store.audit`)."""

OIDC_PROVIDER = "relay:oidc_provider"
"""JSON: where the OpenID provider is asked what, as a worker has read it. Expires."""

OIDC_ASKED = "relay:oidc_asked:"
"""+ SHA-256 of a state → JSON: who was sent to the provider, and what only we know of that. Expires."""

OIDC_BACK = "relay:oidc_back:"
"""+ random id → JSON: who came back from the provider, the sealed code, and what became of it. Expires."""

OIDC_BACKS = "relay:oidc_backs"
"""List of those whose code waits for a worker."""

SIGN_IN_TICKET = "relay:sign_in_ticket:"
"""+ SHA-256 of a sign-in link's ticket → digest of the key that it signs in. Expires."""

SIGN_INS = "relay:sign_ins:"
"""+ SHA-256 of an address, or "all" → attempts to sign in within a minute; + "failed" → 1 once one failed. Expires."""

ENDED_SESSION = "relay:ended_session:"
"""+ SHA-256 of a session's id → 1: somebody signed out of it. Expires when it would have ended."""

SWEEP = "relay:sweep"
"""Lock, so that one worker sweeps at a time."""

LAYOUT = "relay:layout"
"""The layout version of the data in the store, as "major.minor" (`relay.store.schema_version`)."""

LAYOUT_VERSION = "2.0"
"""Not a key: the version that this code writes there. A new minor number adds data; a new major one is unreadable to others."""

COPIED = "relay:copied"
"""Written before waiting for replicas, so that there is a write to wait for."""

ALERTS = "relay:alerts"
"""Hash: version (how many looks have been kept) and memory, what the last look knew, as JSON (`relay.store.alerts`)."""

ALERTS_OVER = "relay:alerts_over"
"""List of the last 200 alerts that are over, newest first, as JSON."""

ALERTS_TURN = "relay:alerts_turn"
"""Lock, so that one worker looks at a time."""

ALERT_MESSAGES = "relay:alert_messages"
"""Sorted set "receiver|message id" by the microsecond at which it is sent next."""

ALERT_MESSAGE = "relay:alert_message:"
"""+ receiver "|" message id → hash: body, tries, created_at (µs). Gone once it is sent or given up."""

ALERT_RECEIVERS = "relay:alert_receivers"
"""Hash: receiver → JSON of what came of the last message to it."""

QUEUE_PREFIX = "gong:"
"""+ company ":" source, and ":" priority unless that is normal → name of an RQ queue."""

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
