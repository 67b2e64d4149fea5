"""Every Redis key of the relay, in one place.

Our own keys begin with `relay:`. RQ's begin with `rq:`; they are spelled here as RQ 2 writes them (a contract test
compares), so that `rq info`, `rq requeue` and dashboards for RQ work on our queues, and the web need not load RQ.
The Lua scripts write `K.NAME`, so that each key is spelled once.

A name that ends in ":" is a prefix; its description begins with what follows it. µs means microseconds since 1970.
"""

# Receipts and events

RECEIPT = "relay:receipt:"
"""+ receipt id → hash: the compressed raw bytes of one authenticated request, its headers, and the verdicts."""

EVENT = "relay:event:"
"""+ event id → hash: the whole record of an event, with one field `try:<number>` for each attempt."""

DEDUPE = "relay:dedupe:"
"""+ dedupe name (source ":" the sender's own id) → event id. Usually the dedupe name is Gong's eventId too. Expires.

Here and in the two indexes by eventId, a name that contains personal data is replaced by its alias
(`relay.store.person_index`), because these keys outlive the event."""

BY_EVENT_ID = "relay:by_event_id:"
"""+ Gong eventId that is no dedupe name → set of event ids, one for each source that uses it. Expires."""

ID_OWNER = "relay:id_owner:"
"""+ length of the company's name ":" company ":" an eventId that its sender chose, in lower case → the source that sent it.
Expires with deduplication."""

BY_REQUEST_ID = "relay:by_request_id:"
"""+ Gong requestId → event id. Expires with the event."""

IDEMPOTENCY = "relay:idempotency:"
"""+ source ":" SHA-256 of the Idempotency-Key → "receipt id|SHA-256 of the body". Expires after a day."""

EVENTS = "relay:events"
"""Sorted set of all event ids. All scores are 0 and ids begin with their time, so the order is by time."""

BY_SOURCE = "relay:by_source:"
"""+ source → sorted set of its event ids, like EVENTS."""

BY_STATE = "relay:by_state:"
"""+ destination ":" state → sorted set of event ids, like EVENTS. Its size is the number of events in that state."""

EXPIRY = "relay:expiry"
"""Sorted set of ended event ids by the time (µs) at which they are pruned."""

RETENTION = "relay:retention"
"""Hash: µs for which delivered, filtered, discarded and dead events are kept; cursor, the last event to which a change of these
was applied. No cursor: to all."""

ROOM_LOCK = "relay:room_lock"
"""Lock: one worker at a time applies the retention and frees memory."""

SOURCE_USAGE = "relay:source_usage:"
"""+ source → hash: bytes that it uses in this store; `expires:<hour since 1970>`, the part of them that expires by itself
within that hour; allowance_at (µs), when its allowance of events is complete again."""

USAGE_EXPIRY = "relay:usage_expiry"
"""Sorted set "hour|source" by the time (µs) at which that part of the source's bytes has expired."""

AGGREGATING = "relay:aggregating"
"""Sorted set of carriers whose session is open, by the time (µs) at which the session ends."""

SESSION = "relay:session:"
"""+ SHA-256 of destination and session key → id of the carrier. Expires."""

# Destinations

DESTINATIONS = "relay:destinations"
"""Set of destinations that ever had an event."""

CONNECTED = "relay:connected"
"""Hash: name of a destination that was connected at run time → its JSON (fields in `relay.store.destinations`)."""

CONNECTED_VERSION = "relay:connected_version"
"""Number of changes to that hash. A process reads the hash again when this number has changed."""

HOLD = "relay:hold:"
"""+ destination → hash: cause, detail, since (µs), probe_at (µs), company. The destination is on hold while it exists."""

HOLDS = "relay:holds"
"""Set of destinations on hold."""

ON_HOLD = "relay:on_hold:"
"""+ destination → list of the event ids that wait for its hold to end."""

HOLD_HISTORY = "relay:hold_history:"
"""+ destination → list of its ended holds, newest first: "since|until|cause|detail", times in µs."""

PROBE_REQUESTS = "relay:probe_requests"
"""Hash: destination that an operator wants probed now → its company."""

PROBE_RESULT = "relay:probe_result:"
"""+ destination → hash: at (µs), outcome, status, detail and cause of the last probe. Expires after a week."""

PROBE_PASSED = "relay:probe_passed:"
"""+ destination → 1, for a minute after a probe passed: if Gong blocks an event then, the cause is the event itself."""

# OAuth: connecting a customer, and tokens

CONNECT_TICKET = "relay:connect_ticket:"
"""+ SHA-256 of the ticket in a connect link → JSON of the invitation. Expires."""

CONSENT_REQUEST = "relay:consent_request:"
"""+ SHA-256 of an OAuth state → hash: browser, ticket and invitation of a visit to Gong's consent page. Expires."""

CONSENT = "relay:consent:"
"""+ consent id → hash: a consent that Gong sent back, its sealed code, and its status. Expires."""

CONSENTS = "relay:consents"
"""Sorted set of consents to exchange by the time (µs) from which a worker may do it."""

TOKENS = "relay:tokens:"
"""+ destination → hash: its sealed tokens, and the state of their refresh (`relay.store.oauth_tokens`)."""

TOKEN_REFRESHES = "relay:token_refreshes"  # noqa: S105 - the name of a key
"""Sorted set of destinations with tokens by the time (µs) of the next refresh."""

# Dead letters, replays and erasures

CLUSTER = "relay:cluster:"
"""+ fingerprint → sorted set of the dead letters that share it, like EVENTS."""

CLUSTER_INFO = "relay:cluster_info:"
"""+ fingerprint → hash: reason, text, rule, field, first_at, last_at (µs), and counts from:<source>, to:<destination>."""

CLUSTERS = "relay:clusters"
"""Sorted set of fingerprints by the time (µs) of their newest dead letter."""

REPLAY = "relay:replay:"
"""+ replay id → hash: the whole record of a replay (fields in `relay.store.replays`). Expires after the replay has ended."""

REPLAYS = "relay:replays"
"""Sorted set of replay ids, like EVENTS."""

REPLAYS_OPEN = "relay:replays_open"
"""Sorted set of the replays that have not ended, like EVENTS."""

REPLAYS_LOCK = "relay:replays_lock"
"""Lock: one worker at a time feeds replays."""

PERSON_INDEX = "relay:person_index:"
"""+ first four hex digits of a person's mark → sorted set, like EVENTS, of the mark (8 bytes) followed by the id of an
event or receipt that contains the person's data. `relay.store.person_index` makes the marks."""

PERSON_KEY = "relay:person_key"
"""The key that marks are made with, sealed if RELAY_SECRET_KEYS is set."""

ERASED_PEOPLE = "relay:erased_people"
"""Sorted set of the marks of erased people by the time (µs) of their erasure. Expires with deduplication."""

ERASURE = "relay:erasure:"
"""+ erasure id → hash: the whole record of an erasure (fields in `relay.store.erasures`). Expires after it has ended."""

ERASURE_EVENTS = "relay:erasure_events:"
"""+ erasure id → list of the first events that it erased: "id|state before|destination|Gong's requestId". Expires too."""

ERASURES = "relay:erasures"
"""Sorted set of erasure ids, like EVENTS."""

ERASURES_OPEN = "relay:erasures_open"
"""Sorted set of the erasures that have not ended, like EVENTS."""

ERASURES_LOCK = "relay:erasures_lock"
"""Lock: one worker at a time erases."""

# Counters and time series

STATE_COUNTS = "relay:state_counts"
"""Hash "destination|state" → how many events ever entered that state. Never expires."""

OTHER_COUNTS = "relay:other_counts"
"""Hash "destination|word" → counts that no state covers: accepted, failed, rate_limited, blocked, replayed, dead:<reason>."""

REQUEST_COUNTS = "relay:request_counts"
"""Hash "source|outcome" → number of requests ("|outcome" if no source is known). The outcome is `accepted`, an error code,
or `verification_failed:<reason>`."""

TIMINGS = "relay:timings"
"""Hash "name|bucket" → how many durations fell into that histogram bucket, and "name|sum" → their sum (µs). The names are
`delivery`, `call` and `request:<endpoint group>`."""

LAST_REJECTED = "relay:last_rejected:"
"""+ source → hash: at (µs), code and reason of the newest request that was rejected."""

SERIES = "relay:series:"
"""+ "m" minute, "t" ten minutes or "h" hour since 1970, then "", ":to:<destination>" or ":from:<source>" → hash: what
happened then (fields in `relay.store.time_series`). Expires."""

KEY_USES = "relay:key_uses:"
"""+ source → hash: key id → time (µs) of its last use."""

# Pacing

DUE = "relay:due"
"""Sorted set of companies with queued events by the time (µs) from which one may be leased. A hint: the script checks."""

COMPANY = "relay:company:"
"""+ company → hash: the limits per_second, per_day, daily_budget, high_priority_reserve and base_url; frozen_until (µs);
retry_after_until (µs, from a failed call); consecutive_429s; foreign_holds:<destination>, the holds in a row by answers that
are not Gong's; extra_spacing (µs between calls because another integration uses the limits too); other_calls in the last
day, and other_calls_at (µs)."""

TURNS = "relay:turns:"
"""+ company → sorted set of its queues that hold events by priority, then by the time (µs) at which each was last served."""

PAUSED_TURNS = "relay:paused_turns:"
"""+ company → sorted set of its queues that hold events but whose source has used up its share of the company's day, by the
time (µs) from which it has room. None of them is in TURNS."""

QUEUES = "relay:queues"
"""Hash: name of an RQ queue → "priority's rank|company"."""

BREAKER = "relay:breaker:"
"""+ base URL → hash: the failures in a row; once open: open_until and opened_at (µs), and which event is the trial. Expires."""

RECENT_CALLS = "relay:recent_calls:"
"""+ company → list of the times (µs) of its last `per_second` calls, newest first. A time that ends in "?" is when the event
was leased; the others are the latest time at which the call can have arrived."""

DAY_CALLS = "relay:day_calls:"
"""+ company → hash: calls of the last 24 hours in ten-minute buckets (those of priority high under "h" + bucket), their
totals, and the oldest bucket."""

SOURCE_SHARES = "relay:source_shares"
"""Hash: company "|" source, or "|" source for companies without an entry of their own → the share of the company's daily
budget that the source may use. A source without an entry may use all of it."""

SOURCE_CALLS = "relay:source_calls:"
"""+ company "|" source → hash like DAY_CALLS, of the source's calls. Only of sources with a share."""

LEASES = "relay:leases"
"""Sorted set "company|event id|try" by the time (µs) at which the lease runs out."""

RETRIES = "relay:retries"
"""Sorted set of failed events by the time (µs) at which they are queued again."""

WAKEUP = "relay:wakeup"
"""List that wakes idle workers: each element wakes one."""

SWEEP_LOCK = "relay:sweep_lock"
"""Lock: one worker at a time sweeps."""

# Operators

AUDIT = "relay:audit"
"""Stream of operators' actions, one entry per action (fields in `relay.store.audit`)."""

SIGN_IN_TICKET = "relay:sign_in_ticket:"
"""+ SHA-256 of the ticket in a sign-in link → digest of the key that it signs in. Expires."""

SIGN_INS = "relay:sign_ins:"
"""+ SHA-256 of an address, or "all" → sign-in attempts within a minute; + "failed" → 1 after a failed one. Expires."""

ENDED_SESSION = "relay:ended_session:"
"""+ SHA-256 of the id of a session that was signed out → 1. Expires when the session would have ended."""

OIDC_PROVIDER = "relay:oidc_provider"
"""JSON: the endpoints of the OpenID provider, as a worker has read them. Expires."""

OIDC_REQUEST = "relay:oidc_request:"
"""+ SHA-256 of a state → JSON of a sign-in that was sent to the provider. Expires."""

OIDC_CALLBACK = "relay:oidc_callback:"
"""+ random id → JSON of a sign-in that came back from the provider: the sealed code, and the result. Expires."""

OIDC_CALLBACKS = "relay:oidc_callbacks"
"""List of the callbacks whose code a worker has to exchange."""

# Alerts

ALERTS = "relay:alerts"
"""Hash: version (number of saved checks) and state, the JSON that the next check starts from (`relay.store.alerts`)."""

ALERTS_RESOLVED = "relay:alerts_resolved"
"""List of the last 200 resolved alerts, newest first, as JSON."""

ALERTS_LOCK = "relay:alerts_lock"
"""Lock: one worker at a time checks for alerts."""

ALERT_MESSAGES = "relay:alert_messages"
"""Sorted set "receiver|message id" by the time (µs) at which the message is sent next."""

ALERT_MESSAGE = "relay:alert_message:"
"""+ receiver "|" message id → hash: body, tries, created_at (µs). Deleted once the message is sent or given up."""

ALERT_RECEIVERS = "relay:alert_receivers"
"""Hash: receiver → JSON of the result of the last message to it."""

# The store itself

CLOCK = "relay:clock"
"""When a script ran last by Redis's clock (µs, to the second). Then a space and what the store's time is ahead of that clock (µs),
unless that is 0."""

CLOCK_STEP = "relay:clock_step"
"""Hash: the last step of Redis's clock, in µs: at (the store's time), step (how far), to (what the clock showed after it), and
doubted_until, by that clock."""

WORKER_CLOCKS = "relay:worker_clocks"
"""Hash: worker whose clock differs from Redis's → by how many seconds it is ahead, a space, and when it reported that (µs)."""

LAYOUT = "relay:layout"
"""The layout version of the data in the store, as "major.minor" (`relay.store.schema_version`)."""

LAYOUT_VERSION = "2.1"
"""Not a key: the version that this code writes there. A new minor number adds data; a new major one is unreadable to others."""

FIRST_LAYOUT_COUNTS = "relay:count"
"""The counters of layout 1.x, which every accepted event changed and which never expire. Layout 2.x has no such key."""

REPLICATION_MARKER = "relay:replication_marker"
"""Written before waiting for replicas, so that there is always a write to wait for."""

# RQ

QUEUE_PREFIX = "gong:"
"""+ company ":" source, and ":" priority unless that is normal → name of an RQ queue."""

RQ_JOB = "rq:job:"
RQ_QUEUE = "rq:queue:"
RQ_QUEUES = "rq:queues"
RQ_STARTED = "rq:wip:"
RQ_FAILED = "rq:failed:"
RQ_SCHEDULED = "rq:scheduled:"
