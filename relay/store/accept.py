"""Accepting a receipt and its events, in one atomic step in Redis."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from relay.core.call import Call
from relay.core.compute import Compute, compute_here, work_of
from relay.core.destination import MAIN_STORE
from relay.core.errors import Conflict, RelayError, TooManyRequests
from relay.core.fingerprint import cluster_dead_letter
from relay.core.gong.validate import assess_association
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.masked_ids import mask_event_id
from relay.core.priority import Priority
from relay.core.source import DEFAULT_LIMITS, SourceLimits
from relay.core.visit_session import VisitSession
from relay.settings import Settings
from relay.store.engine.compression import DEFAULT_CONTENT_TYPE, pack, pack_pair
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.rq_jobs import job_data, job_timestamp
from relay.store.engine.scripts import Scripts
from relay.store.person_index import PersonMarker, PersonMarks, contains_person
from relay.store.schema_version import wrong_layout
from relay.tracing.spans import traceparent

SHARE_RETRY_SECONDS = 60
"""Retry-After of a request whose source uses its share of the store. When there will be room again is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long ended events and deduplication ids are kept, in seconds."""

    delivered: int = 72 * 3600
    dead: int = 720 * 3600
    dedupe: int = 336 * 3600
    """An event that is sent again within this time is recognized as a duplicate."""
    filtered: int = 72 * 3600
    discarded: int = 72 * 3600

    @classmethod
    def from_settings(cls, settings: Settings) -> "Retention":
        return cls(
            delivered=settings.retention_delivered_hours * 3600,
            dead=settings.retention_dead_hours * 3600,
            dedupe=settings.retention_dedupe_hours * 3600,
            filtered=settings.retention_filtered_hours * 3600,
            discarded=settings.retention_discarded_hours * 3600,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One authenticated request."""

    id: str
    source: str
    raw: bytes
    content_type: str
    key_id: str
    idempotency_key: str | None = None
    """A second request with the same key within `remember_seconds` gets the same response."""
    digest: str = ""
    """The SHA-256 (hex) that a second request with this key must have; "" for that of `raw`."""
    rejections: bytes = b""
    """JSON of the items that were rejected, for the response."""
    remember_seconds: int = 86_400
    headers: bytes = b""
    """JSON. Kept only if a mapping may read them again, like `query`."""
    query: bytes = b""
    people: tuple[str, ...] = ()
    """Everyone whose data the request contains, in a form of `relay.core.personal_data`."""
    mapping: str = ""
    """The version of the mapping that was used."""
    limits: SourceLimits = DEFAULT_LIMITS
    """What its source may use of the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One event to accept."""

    id: str
    event_id: str
    """Gong's eventId."""
    destination: str
    company: str
    type: str
    item: int
    call: Call | None
    """None: the event is filtered, and `reason` says why; or it is a dead letter, if it has `problems`."""
    warnings: bytes = b""
    reason: str = ""
    dedupe_name: str | None = None
    """The name for deduplication, if it is not the eventId because the sender chose that freely."""
    rule: str | None = None
    problems: bytes = b""
    """JSON of what makes it a dead letter, for the reason `dead_letter_reason`."""
    part: int = 0
    """Which of the events that a rule made from the same item."""
    dead_letter_reason: DeadLetterReason = DeadLetterReason.MAPPING_FAILED
    priority: Priority = Priority.NORMAL
    session: VisitSession | None = None
    store: str = MAIN_STORE
    """The store of its company."""
    people: tuple[str, ...] = ()
    """Everyone whose data its item or its body contains."""
    happened_at: datetime | None = None

    @property
    def state(self) -> State:
        """The state that the event starts in."""
        if self.problems:
            return State.DEAD
        return State.QUEUED if self.call is not None else State.FILTERED


@dataclass(frozen=True, slots=True)
class AcceptOptions:
    """How to store receipts: for how long, and how people are indexed. Without `people`, they are not."""

    retention: Retention
    people: PersonMarker | PersonMarks | None = None
    store_bytes: int | None = None
    """The `maxmemory` of the store, of which each source may use a share. None: it has no limit."""
    compute: Compute = compute_here
    """Runs what prepares a request for the script."""

    def marks(self, people: tuple[str, ...]) -> bytes:
        """Return the concatenated marks of these people."""
        return self.people.marks(people) if self.people and people else b""

    def aliases(self, event: NewEvent) -> tuple[str, str]:
        """Return the aliases of the event's dedupe name and eventId if they contain personal data, else ""."""
        name = event.dedupe_name or event.event_id
        if self.people is None or not contains_person(f"{name} {event.event_id}", event.people):
            return "", ""
        return self.people.alias(name), self.people.id_alias(event.event_id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one event. `id` is the first event's if this one is a duplicate."""

    id: str
    status: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class AcceptResult:
    """The result for a receipt. If `repeated`, it was accepted before, and the verdicts are those of the first request."""

    receipt: str
    repeated: bool
    verdicts: tuple[Verdict, ...]
    rejections: bytes


class EventIdInUse(Exception):
    """Another source of the company has sent this eventId, which its sender chose. Nothing was stored."""


def accept(
    scripts: Scripts, receipt: Receipt, events: Sequence[NewEvent], *, now: datetime, options: AcceptOptions
) -> AcceptResult:
    """Store the receipt and queue its events, in one step.

    Raises Unavailable if Redis does not confirm the write; the call may then be repeated. Raises Conflict if the
    Idempotency-Key was used with another body, EventIdInUse if another source has sent the eventId of an event, and
    TooManyRequests if the source uses its share of the store or sends too many events.
    """
    own = _with_current_key(options, receipt, events)
    arguments = options.compute(work_of(receipt.raw), lambda: _arguments(receipt, events, now, own))
    # If the response is lost, the sender repeats the request, and the script recognizes the events.
    with redis_errors_as_unavailable():
        kind, receipt_id, verdicts, rejections = scripts.run("accept", *arguments, wait_for_replicas=True)
    if kind not in {b"new", b"repeated"}:
        raise _refusal(kind, receipt, detail=receipt_id)
    return AcceptResult(
        receipt_id.decode(),
        kind == b"repeated",
        tuple(_verdict(text) for text in verdicts.decode().split()),
        rejections if kind == b"repeated" else receipt.rejections,
    )


def _with_current_key(options: AcceptOptions, receipt: Receipt, events: Sequence[NewEvent]) -> AcceptOptions:
    """Return the options with the key of people's marks read, because `compute` must use no connection."""
    if isinstance(options.people, PersonMarker) and (receipt.people or any(event.people for event in events)):
        return replace(options, people=options.people.read_marks())
    return options


def _arguments(
    receipt: Receipt, events: Sequence[NewEvent], now: datetime, options: AcceptOptions
) -> list[str | bytes | float]:
    # Only a request with a key is compared with an earlier one.
    digest = receipt.digest or (hashlib.sha256(receipt.raw).hexdigest() if receipt.idempotency_key else "")
    retention, marks = options.retention, options.marks(receipt.people)
    share_bytes = receipt.limits.share_bytes(options.store_bytes)
    raw, bodies = _compress(receipt, events)
    fields = _receipt_fields(receipt, raw)
    arguments: list[str | bytes | float] = [
        receipt.id,
        receipt.source,
        _idempotency_name(receipt),
        digest,
        receipt.remember_seconds,
        retention.dedupe,
        retention.filtered * 1_000_000,
        retention.dead * 1_000_000,
        job_timestamp(now),
        receipt.key_id,
        marks,
        "" if share_bytes is None else share_bytes,
        receipt.limits.events_per_minute,
        len(events),
        len(fields),
        *fields,
    ]
    for event, body in zip(events, bodies, strict=True):
        # Most requests hold one event about the same people, whose marks need not be computed twice.
        marks_of = marks if event.people == receipt.people else options.marks(event.people)
        masked_id = _mask_id(event, receipt.source)
        arguments += _event_arguments(
            event, body, marks=marks_of, aliases=options.aliases(event), masked_id=masked_id
        )
    return arguments


def _refusal(kind: bytes, receipt: Receipt, *, detail: bytes) -> RelayError | EventIdInUse:
    """Return why the script stored nothing. `detail` is the seconds to wait if the kind is `over_rate`."""
    if kind == b"clash":
        text = "This Idempotency-Key was used with another body. Use a new key."
        return Conflict("idempotency_key_reused", text)
    if kind == b"in_use":
        return EventIdInUse()
    if kind == b"other_layout":
        return wrong_layout()
    name, limits = receipt.source, receipt.limits
    if kind == b"over_rate":
        text = (
            f"The source {name} sent more than its {limits.events_per_minute:,} events per minute. Nothing was stored. "
            "Send the request again after the seconds in Retry-After. The operator can raise limits.events_per_minute."
        )
        return TooManyRequests("source_rate", text, retry_after=int(detail))
    text = (
        f"The source {name} has used its share of the store, {limits.store_share * 100:.4g}%. Nothing was stored. It is safe to send "
        "the request again: memory is freed as its events are sent, pruned, discarded or purged. The operator can raise "
        "limits.store_share."
    )
    return TooManyRequests("source_store_share", text, retry_after=SHARE_RETRY_SECONDS)


def _idempotency_name(receipt: Receipt) -> str:
    if not receipt.idempotency_key:
        return ""
    # By source: two sources may use the same key by chance.
    return f"{receipt.source}:{hashlib.sha256(receipt.idempotency_key.encode()).hexdigest()}"


def _compress(receipt: Receipt, events: Sequence[NewEvent]) -> tuple[bytes, list[bytes]]:
    """Return the compressed raw request, and the compressed body of each event (b"" for an event without a call)."""
    bodies = [orjson.dumps(event.call.body) if event.call is not None else b"" for event in events]
    # A body that continues the raw bytes is lost with them. So both must contain the same people: then no erasure deletes
    # the bytes but leaves the event.
    if len(bodies) == 1 and bodies[0] and set(receipt.people) <= set(events[0].people):
        raw, body = pack_pair(receipt.raw, bodies[0])
        return raw, [body]
    return pack(receipt.raw), [pack(body) for body in bodies]


def _receipt_fields(receipt: Receipt, raw: bytes) -> list[str | bytes]:
    optional = {"rejections": receipt.rejections, "headers": receipt.headers, "query": receipt.query}
    fields: list[str | bytes] = ["raw", raw, *(["mapping", receipt.mapping] if receipt.mapping else [])]
    # Nearly every request has the default type, and each field costs memory.
    if receipt.content_type != DEFAULT_CONTENT_TYPE:
        fields += ["content_type", receipt.content_type]
    for name, value in optional.items():
        if value:
            fields += [name, value]
    return fields


def _mask_id(event: NewEvent, source: str) -> str:
    """Return the eventId for those who may not see payloads; "" if it says nothing about a person."""
    body = event.call.body if event.call is not None else None
    masked = mask_event_id(event.event_id, source=source, people=event.people, body=body)
    return "" if masked == event.event_id else masked


def _event_arguments(
    event: NewEvent, body: bytes, *, marks: bytes, aliases: tuple[str, str], masked_id: str
) -> list[str | bytes | float]:
    fields: list[str | bytes | float] = ["type", event.type, "item", event.item]
    if event.call is not None:
        fields += ["operation", event.call.operation, "body", body]
    if event.problems:
        cluster = cluster_dead_letter(event.dead_letter_reason, event.reason, rule=event.rule)
        fields += ["reason", event.dead_letter_reason, "problems", event.problems]
        fields += ["cluster", cluster.fingerprint, "field", cluster.field]
    name = event.dedupe_name or event.event_id
    optional = {"warnings": event.warnings, "detail": event.reason, "rule": event.rule, "part": event.part}
    optional |= {"marks": marks, "dedupe": name if aliases[0] else ""}
    optional |= {"trace": traceparent(), "masked_id": masked_id}
    for field, value in optional.items():
        if value:
            fields += [field, value]
    head = [event.id, event.event_id, name, event.company, event.destination, event.state, event.priority]
    # An event that is filtered or dead is not sent, so it cannot carry a session.
    session = event.session if event.state is State.QUEUED else None
    if session is not None:
        fields += ["aggregate", session.saved_options]
    # Computed once here and counted by the script, so that the time series show how well events can be associated.
    association = assess_association(event.call.operation, event.call.body) if event.call is not None else ""
    happened = int(event.happened_at.timestamp() * 1_000_000) if event.happened_at else ""
    people = (marks, happened, *aliases)
    return [
        *head,
        job_data(event.id),
        _session_argument(event, session),
        association,
        *people,
        len(fields),
        *fields,
    ]


def _session_argument(event: NewEvent, session: VisitSession | None) -> str:
    if session is None:
        return ""
    # Hashed, because a session's key may contain personal data and be of any length.
    name = hashlib.sha256(f"{event.destination}|{session.name}".encode()).hexdigest()[:32]
    times = session.aggregate
    seconds = (times.idle_timeout_seconds, times.max_duration_seconds, session.happened_at.timestamp())
    return "|".join([name, *(str(int(value * 1_000_000)) for value in seconds)])


def _verdict(text: str) -> Verdict:
    event_id, status, duplicate = text.split("|")
    return Verdict(event_id, status, duplicate == "1")
