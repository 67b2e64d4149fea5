"""What workers do with events: take them, settle them, and sweep up after those that died."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from relay.core.destination import Destination, Limits
from relay.core.fingerprint import cluster_dead_letter
from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.core.visit_session import Aggregate
from relay.store.engine import keys
from relay.store.engine.compression import unpack
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts


@dataclass(frozen=True, slots=True)
class LeasedEvent:
    """One event under lease: everything its attempt needs. `attempts` counts the ones already spent.

    `slot` names the call among its company's last ones. `is_trial_call`: nothing else is sent to that base URL until this
    call has shown whether it answers again. `aggregate` is the session that the event stands for.
    """

    company: str
    id: str
    try_number: int
    destination: str
    operation: str
    body: bytes
    event_id: str
    attempts: int
    received_at: datetime
    ambiguous: bool
    blocked_count: int
    consecutive_429s: int
    slot: str = ""
    is_trial_call: bool = False
    aggregate: Aggregate | None = None


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one sweep did. `probes` are the destinations on hold whose credentials are to be tried now."""

    acquired: bool
    rescued: int
    promoted: int
    pruned: int
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pacing:
    """`lease`: seconds until a silent worker is given up. `window`: seconds in which a company makes its per_second calls.

    The distance between calls is kept at Gong, not here: a call is followed a window after the latest moment at which
    it can have arrived. A worker knows that moment when it has the answer; until then it is `slack` seconds after its
    event was taken.
    """

    lease: float = 30.0
    window: float = 1.004
    slack: float = 0.06


def lease_events(
    scripts: Scripts, *, worker: str, want: int, pacing: Pacing
) -> tuple[float | None, list[LeasedEvent]]:
    """Up to `want` events that may be sent now, and the seconds until the next one may (None: nothing is queued)."""
    wait, *taken = scripts.run(
        "lease_events",
        want,
        worker,
        int(pacing.lease * SECOND),
        *_pace(pacing),
    )
    return (None if wait < 0 else wait / SECOND), [_taken(row) for row in taken]


def _pace(pacing: Pacing) -> tuple[int, ...]:
    """The pace, and what a company may send that nobody has published."""
    default = Limits()
    spacing = (int(pacing.window * SECOND), int(pacing.slack * SECOND))
    return (*spacing, default.per_second, default.day_budget, default.high_priority_reserve)


def _taken(row: Sequence[bytes]) -> LeasedEvent:
    (
        company,
        event,
        number,
        destination,
        operation,
        body,
        event_id,
        attempts,
        received,
        ambiguous,
        lockouts,
        throttles,
        slot,
        tries_gong,
        *aggregated,
        request,
    ) = row
    return LeasedEvent(
        company.decode(),
        event.decode(),
        int(number),
        destination.decode(),
        operation.decode(),
        unpack(body, request),
        event_id.decode(),
        int(attempts),
        to_datetime(received),
        ambiguous == b"1",
        int(lockouts),
        int(throttles),
        slot.decode(),
        tries_gong == b"1",
        parse_aggregate(aggregated),
    )


def parse_aggregate(told: Sequence[bytes | None]) -> Aggregate | None:
    """What an event's fields `aggregated`, `first_at`, `last_at` and `aggregate` say of its session."""
    count, first, last, aggregate = told
    if not count or not first or not last:
        return None
    return Aggregate(int(count), to_datetime(first), to_datetime(last), aggregate or b"")


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt is settled: the verb of `finish.lua` with its arguments, the attempt's record, how long it is kept."""

    verb: str
    arguments: tuple[str | int, ...]
    record: bytes = b""
    keep_seconds: int = 0


def end_event(state: State, request_id: str | None, *, record: bytes, keep_seconds: int) -> Settlement:
    return Settlement("end", (state, request_id or ""), record, keep_seconds)


@dataclass(frozen=True, slots=True)
class Retry:
    """A failed attempt: when to try again, and what it says of Gong. `gong_at_fault`: no event can be at fault.

    `spent`: it counts among the event's attempts.
    """

    seconds: float
    ambiguous: bool = False
    spent: bool = True
    gong_at_fault: bool = False
    said: str = ""


def retry_later(again: Retry, *, record: bytes) -> Settlement:
    told = (int(again.ambiguous), int(again.spent), int(again.gong_at_fault), again.said[:300])
    return Settlement("retry", (int(again.seconds * SECOND), *told), record)


def freeze_company(seconds: float, *, record: bytes, per_day: int = 0) -> Settlement:
    """Gong's limit is spent. `per_day` is what the company may send: what is not ours of it, others have spent; 0: it is not known."""
    return Settlement("freeze", (int(seconds * SECOND), per_day), record)


def dead_letter(
    reason: DeadLetterReason, detail: str, *, record: bytes, keep_seconds: int, status: int | None = None
) -> Settlement:
    """A dead letter. `status` is what Gong answered."""
    cluster = cluster_dead_letter(reason, detail, status=status)
    fault = ("cluster", cluster.fingerprint, "field", cluster.field)
    return Settlement("dead_letter", (reason, detail, *fault), record, keep_seconds)


def hold_event(cause: HoldCause, detail: str, *, record: bytes, probe_seconds: float) -> Settlement:
    return Settlement("hold", (cause, detail, int(probe_seconds * SECOND)), record)


def return_unsent() -> Settlement:
    """Never sent: as if it had not been taken."""
    return Settlement("return", ())


@dataclass(frozen=True, slots=True)
class CallTiming:
    """A call's way: to which base URL, and how many seconds after its event was taken it had arrived at the latest.

    None where no call was made. Without a base URL it says nothing of whether Gong answers there. `response_seconds` is how many
    seconds Gong needed for its answer, if it gave one.
    """

    base_url: str = ""
    arrival_seconds: float | None = None
    response_seconds: float | None = None


_NOT_MADE, _PACING = CallTiming(), Pacing()


def finish(
    scripts: Scripts,
    event: LeasedEvent,
    settlement: Settlement,
    timing: CallTiming = _NOT_MADE,
    pacing: Pacing = _PACING,
) -> bool:
    """Settle an attempt. False: its lease had run out and the event is another worker's now; nothing was changed."""
    answer = scripts.run(
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
    return bool(answer)


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How `sweep` works. Times in seconds."""

    interval: float = 1.0
    keep_dead: int = 720 * 3600
    max_rescues: int = 5
    probe_interval: float = 300.0
    max_pruned: int = 500


def sweep(scripts: Scripts, sweeping: SweepOptions, pacing: Pacing) -> SweepResult:
    """Rescue, promote, wake, prune, and say what is to be probed; one worker a second wins."""
    won, rescued, promoted, pruned, probes = scripts.run(
        "sweep",
        int(sweeping.interval * 900),
        sweeping.keep_dead * SECOND,
        sweeping.max_rescues,
        int(sweeping.probe_interval * SECOND),
        sweeping.max_pruned,
        *_pace(pacing),
    )
    return SweepResult(bool(won), rescued, promoted, pruned, tuple(name.decode() for name in probes))


def publish_limits(scripts: Scripts, destinations: Mapping[str, Destination]) -> None:
    """Tell the store what each company may send, as the configuration says."""
    arguments: list[str | int] = []
    for destination in destinations.values():
        limits = destination.limits
        arguments += [
            destination.company,
            limits.per_second,
            limits.per_day,
            limits.day_budget,
            limits.high_priority_reserve,
        ]
        arguments += [destination.base_url]
    scripts.run("publish_limits", *arguments)


def schedule_probes(redis: Redis) -> None:
    """Have every destination on hold probed at the next sweep: a restart is when credentials were mended."""
    names: Any = redis.smembers(keys.HOLDS)
    for name in names:
        if redis.hexists(keys.HOLD + name.decode(), "probe_at"):
            redis.hset(keys.HOLD + name.decode(), "probe_at", 0)
