"""What workers do with events: lease them, settle their attempts, and sweep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from relay.core.destination import Destination, Limits
from relay.core.fingerprint import cluster_dead_letter
from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.core.visit_session import Aggregate
from relay.store.engine.compression import unpack
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts

_MAX_ERROR_LENGTH = 300
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedEvent:
    """One event under lease, with everything that its attempt needs."""

    company: str
    id: str
    try_number: int
    """Counts leases, so that a worker that lost its lease cannot settle the next one."""
    destination: str
    operation: str
    body: bytes
    event_id: str
    attempts: int
    """Attempts that count against the event's limit, so far."""
    received_at: datetime
    ambiguous: bool
    """An earlier attempt may have reached Gong."""
    blocked_count: int
    """How often Gong blocked the event just after a probe of its destination had passed."""
    consecutive_429s: int
    """Of its company."""
    slot: str = ""
    """Identifies the call among the company's recent ones."""
    is_trial_call: bool = False
    """Its base URL was down; no other call goes there until this one shows whether Gong answers again."""
    leased_at: datetime = _EPOCH
    """The store's time of the lease. Clocks of workers may be wrong; the store's is the same for all of them."""
    aggregate: Aggregate | None = None
    """The session, if the event is a carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What a sweep did. `acquired` is False if it was another worker's turn; `probes` are the destinations to probe now."""

    acquired: bool
    rescued: int
    promoted: int
    pruned: int
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pacing:
    """Times in seconds that decide when events are leased.

    The distance between calls counts where they arrive: a call may follow one `window` after the latest time at which
    the earlier call can have reached Gong. The worker knows that time when it has the response.
    """

    lease: float = 30.0
    """A worker that has not settled its event by then counts as dead."""
    window: float = 1.004
    """A company makes at most `per_second` calls in this time. A little more than a second, for inexact clocks."""
    slack: float = 0.06
    """Until there is a response, the call counts as having arrived this long after the lease."""


def lease_events(
    scripts: Scripts, *, worker: str, want: int, pacing: Pacing
) -> tuple[float | None, list[LeasedEvent]]:
    """Lease up to `want` events that may be sent now.

    Also returns the seconds until the next event may be leased, or None if nothing is queued.
    """
    # One round trip leases for all companies: a worker serves any number of them.
    wait, *rows = scripts.run(
        "lease_events",
        want,
        worker,
        int(pacing.lease * SECOND),
        *_pace_arguments(pacing),
    )
    return (None if wait < 0 else wait / SECOND), [_leased_event(row) for row in rows]


def _pace_arguments(pacing: Pacing) -> tuple[int, ...]:
    """Return the pace, and the limits for companies whose own are not published yet."""
    # A company that was connected just now may have events before a worker has published its limits.
    default = Limits()
    spacing = (int(pacing.window * SECOND), int(pacing.slack * SECOND))
    return (*spacing, default.per_second, default.daily_budget, default.high_priority_reserve)


def _leased_event(row: Sequence[bytes]) -> LeasedEvent:
    (
        company,
        event,
        try_number,
        destination,
        operation,
        body,
        event_id,
        attempts,
        received_at,
        ambiguous,
        blocked_count,
        consecutive_429s,
        slot,
        is_trial_call,
        leased_at,
        *aggregate,
        request,
    ) = row
    return LeasedEvent(
        company=company.decode(),
        id=event.decode(),
        try_number=int(try_number),
        destination=destination.decode(),
        operation=operation.decode(),
        # The script returns the request only if the body continues its compressed stream.
        body=unpack(body, request),
        event_id=event_id.decode(),
        attempts=int(attempts),
        received_at=to_datetime(received_at),
        ambiguous=ambiguous == b"1",
        blocked_count=int(blocked_count),
        consecutive_429s=int(consecutive_429s),
        slot=slot.decode(),
        is_trial_call=is_trial_call == b"1",
        leased_at=to_datetime(leased_at),
        aggregate=parse_aggregate(aggregate),
    )


def parse_aggregate(fields: Sequence[bytes | None]) -> Aggregate | None:
    """Return the session in the fields `aggregate_count`, `first_at`, `last_at` and `aggregate`, or None."""
    count, first, last, aggregate = fields
    if not count or not first or not last:
        return None
    return Aggregate(int(count), to_datetime(first), to_datetime(last), aggregate or b"")


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt is settled: a verb of `finish.lua` and its arguments, and the attempt's record.

    `keep_seconds` is how long the event is kept if it ends.
    """

    verb: str
    arguments: tuple[str | int, ...]
    record: bytes = b""
    keep_seconds: int = 0


def end_event(state: State, request_id: str | None, *, record: bytes, keep_seconds: int) -> Settlement:
    """Gong has the event: it is delivered or a duplicate."""
    return Settlement("end", (state, request_id or ""), record, keep_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to retry a failed attempt, and what the failure says about Gong."""

    seconds: float
    ambiguous: bool = False
    """The call may have reached Gong."""
    counts_as_attempt: bool = True
    gong_at_fault: bool = False
    """No event can have caused this failure."""
    company_pause: float = 0.0
    """For how many seconds the response asks every call of the company to wait."""
    error: str = ""


def retry_later(retry: Retry, *, record: bytes) -> Settlement:
    """Schedule the next attempt of an event, after one that failed."""
    flags = (int(retry.ambiguous), int(retry.counts_as_attempt), int(retry.gong_at_fault))
    error, pause = retry.error[:_MAX_ERROR_LENGTH], int(retry.company_pause * SECOND)
    return Settlement("retry", (int(retry.seconds * SECOND), *flags, error, pause), record)


def freeze_company(seconds: float, *, record: bytes, per_day: int = 0) -> Settlement:
    """Gong's limit is used up, so the company makes no calls for a while.

    `per_day` is the company's daily limit. What we have not used of it, other integrations have. 0 means that the response
    says nothing about other integrations.
    """
    return Settlement("freeze", (int(seconds * SECOND), per_day), record)


def dead_letter(
    reason: DeadLetterReason, detail: str, *, record: bytes, keep_seconds: int, status: int | None = None
) -> Settlement:
    """Make the event a dead letter. `status` is the HTTP status of Gong's response."""
    # Computed here and not in Lua, by the function that `accept` uses too.
    cluster = cluster_dead_letter(reason, detail, status=status)
    fields = ("cluster", cluster.fingerprint, "field", cluster.field)
    return Settlement("dead_letter", (reason, detail, *fields), record, keep_seconds)


def hold_event(cause: HoldCause, detail: str, *, record: bytes, probe_seconds: float) -> Settlement:
    """Put the event and its destination on hold. The first probe follows after `probe_seconds`."""
    return Settlement("hold", (cause, detail, int(probe_seconds * SECOND)), record)


def return_unsent() -> Settlement:
    """Return an event to its queue as if it had not been leased, because no call was made."""
    return Settlement("return", ())


@dataclass(frozen=True, slots=True)
class CallTiming:
    """When a call arrived and was answered, in seconds."""

    base_url: str = ""
    """Empty: the attempt says nothing about whether Gong answers there."""
    arrival_seconds: float | None = None
    """From the lease to the latest time at which the call can have arrived. None: no call was made."""
    response_seconds: float | None = None
    """How long Gong took to answer, if it did."""


_NOT_CALLED, _PACING = CallTiming(), Pacing()


def finish(
    scripts: Scripts,
    event: LeasedEvent,
    settlement: Settlement,
    timing: CallTiming = _NOT_CALLED,
    pacing: Pacing = _PACING,
) -> bool:
    """Settle an attempt. False: the lease had run out, another worker owns the event, and nothing was changed."""
    # `try_number` in the arguments is what makes a late worker harmless: the script compares it with the current lease.
    is_settled = scripts.run(
        "finish",
        event.company,
        event.id,
        event.try_number,
        settlement.verb,
        settlement.record,
        settlement.keep_seconds * SECOND,
        timing.base_url,
        event.slot,
        "" if timing.arrival_seconds is None else int(timing.arrival_seconds * SECOND),
        int(pacing.window * SECOND),
        "" if timing.response_seconds is None else int(timing.response_seconds * SECOND),
        *settlement.arguments,
    )
    return bool(is_settled)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """How `sweep` works. Times are in seconds."""

    interval: float = 1.0
    keep_dead: int = 720 * 3600
    max_rescues: int = 5
    """An event whose worker died this often becomes a dead letter: it may be what kills them."""
    probe_interval: float = 300.0
    max_pruned: int = 500


def sweep(scripts: Scripts, options: SweepOptions, pacing: Pacing) -> SweepResult:
    """Requeue, prune, and choose the destinations to probe. Of all workers, one per interval does it."""
    acquired, rescued, promoted, pruned, probes = scripts.run(
        "sweep",
        # A little less than the interval in milliseconds, so that a worker that comes on time is not turned down.
        int(options.interval * 900),
        options.keep_dead * SECOND,
        options.max_rescues,
        int(options.probe_interval * SECOND),
        options.max_pruned,
        *_pace_arguments(pacing),
    )
    return SweepResult(
        acquired=bool(acquired),
        rescued=rescued,
        promoted=promoted,
        pruned=pruned,
        probes=tuple(name.decode() for name in probes),
    )


def publish_limits(scripts: Scripts, destinations: Mapping[str, Destination]) -> None:
    """Save each company's limits in the store, for the scripts."""
    # Destinations of one company repeat its limits. They are the same, so the last one may win.
    arguments: list[str | int] = []
    for destination in destinations.values():
        limits = destination.limits
        arguments += [
            destination.company,
            limits.per_second,
            limits.per_day,
            limits.daily_budget,
            limits.high_priority_reserve,
            destination.base_url,
        ]
    scripts.run("publish_limits", *arguments)


def publish_shares(
    scripts: Scripts, shares: Mapping[tuple[str, str], float], companies: Collection[str]
) -> None:
    """Save the share of each company's day that a source may use, by company and source. They replace all earlier ones.

    The company "" stands for every company without an entry for the source. `companies` are all that the store serves.
    """
    fields = [part for (company, source), share in shares.items() for part in (f"{company}|{source}", share)]
    scripts.run("publish_shares", len(fields), *fields, *companies)


def schedule_probes(scripts: Scripts) -> int:
    """Probe every destination on hold at the next sweep: a restart often follows a change of credentials.

    Returns how many. Those that an operator paused are not probed.
    """
    # One step: a hold that ends between a look and a write would leave a record with nothing but a probe's time.
    scheduled: int = scripts.run("schedule_probes")
    return scheduled
