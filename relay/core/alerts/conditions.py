"""Conditions that need an alert, found in a snapshot of one store, each with a sentence for the operator."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from relay.core.alerts.kinds import KINDS, AlertKind, Severity
from relay.core.alerts.rate import RateWindow
from relay.core.alerts.thresholds import Thresholds
from relay.core.lifecycle import CAUSES, HoldCause

_HYSTERESIS = 0.95
"""An open alert stays open down to this share of its threshold, so that a value at the edge does not flap."""


@dataclass(frozen=True, slots=True)
class HeldDestination:
    """A destination on hold. `events` is the number of events that wait for it."""

    destination: str
    cause: str
    since: datetime
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSnapshot:
    """The state of one store at one check."""

    store: str
    now: datetime
    last_snapshot_at: datetime | None = None
    held: Sequence[HeldDestination] = ()
    dead: RateWindow = field(default_factory=RateWindow)
    """New dead letters, by destination."""
    failed_verifications: RateWindow = field(default_factory=RateWindow)
    """Requests whose verification failed, by source."""
    spent: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Calls of the last 24 hours and the budget for them, by company."""
    waiting: Mapping[str, datetime] = field(default_factory=dict)
    """Since when the oldest event waits that nothing is known to delay, by destination."""
    relaxed: Sequence[str] = ()
    """Settings of Redis that weaken durability, as sentences."""
    used_share: float | None = None
    """Used share of the store's memory; None without a limit."""
    down: Mapping[str, datetime] = field(default_factory=dict)
    """Since when Gong has not answered, by base URL."""
    clock_offset: float = 0.0
    """Seconds that the store's time is ahead of its server's clock: that clock was set."""
    clock_set_at: datetime | None = None
    worker_clocks: Mapping[str, float] = field(default_factory=dict)
    """Seconds that the clocks of workers are ahead of the server's, by worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that needs an alert. `opens` is False if it only keeps an open alert open."""

    kind: AlertKind
    subject: str
    since: datetime
    text: str
    remedy: str
    severity: Severity
    opens: bool = True


def find_conditions(snapshot: StoreSnapshot, thresholds: Thresholds, *, interval: float) -> list[Condition]:
    """Return every condition in a snapshot. `interval` is the usual time between two checks, in seconds."""
    return [condition for check in _CHECKS for condition in check(snapshot, thresholds, interval)]


def format_duration(seconds: float) -> str:
    """Return a duration in words: `45 seconds`, `6 minutes`, `3 hours`, `2 days`."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        # From two units on, the rest is rounded away; `90 seconds` stays as it is.
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def format_time(timestamp: datetime) -> str:
    """Return a time in UTC, in a readable form."""
    return timestamp.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _build_condition(
    kind: AlertKind, subject: str, since: datetime, text: str, *, opens: bool = True
) -> Condition:
    info = KINDS[kind]
    return Condition(
        kind=kind,
        subject=subject,
        since=since,
        text=text,
        remedy=info.remedy,
        severity=info.severity,
        opens=opens,
    )


def _find_holds(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    if thresholds.on_hold is None:
        return
    for held in snapshot.held:
        if snapshot.now - held.since < timedelta(seconds=thresholds.on_hold):
            continue
        waiting = f"{held.events} event{' waits' if held.events == 1 else 's wait'}"
        info = KINDS[AlertKind.ON_HOLD]
        # A worker of a newer version may have written a cause that this one does not know.
        is_known = held.cause in CAUSES
        yield Condition(
            kind=AlertKind.ON_HOLD,
            subject=held.destination,
            since=held.since,
            text=f"{held.destination} has been on hold since {format_time(held.since)} ({held.cause}); {waiting}.",
            remedy=CAUSES[HoldCause(held.cause)].text if is_known else info.remedy,
            severity=Severity.NOTICE if held.cause == HoldCause.PAUSED else info.severity,
        )


def _find_dead_letters(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    rate = thresholds.dead_letters
    if rate is None:
        return
    # Names without recent growth have no slots, so quiet destinations cost nothing here.
    for name in snapshot.dead.slots:
        count = snapshot.dead.recent_count(name)
        events = "1 event became a dead letter" if count == 1 else f"{count} events became dead letters"
        text = f"{name}: {events} within {format_duration(rate.seconds)}."
        yield _build_condition(AlertKind.DEAD_LETTERS, name, snapshot.now, text, opens=count >= rate.count)


def _find_failed_verifications(
    snapshot: StoreSnapshot, thresholds: Thresholds, _: float
) -> Iterator[Condition]:
    rate = thresholds.failed_verification
    if rate is None:
        return
    for name in snapshot.failed_verifications.slots:
        count = snapshot.failed_verifications.recent_count(name)
        webhooks = "1 webhook was" if count == 1 else f"{count} webhooks were"
        text = (
            f"{name}: {webhooks} rejected within {format_duration(rate.seconds)} because verification failed."
        )
        yield _build_condition(
            AlertKind.FAILED_VERIFICATION, name, snapshot.now, text, opens=count >= rate.count
        )


def _find_budgets(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    if thresholds.daily_budget is None:
        return
    for company, (spent, budget) in snapshot.spent.items():
        share = spent / budget if budget else 1.0  # a budget of zero is always used up
        if share >= thresholds.daily_budget * _HYSTERESIS:
            text = f"{company} has used {spent:,} of its {budget:,} calls per 24 hours."
            opens = share >= thresholds.daily_budget
            yield _build_condition(AlertKind.DAILY_BUDGET, company, snapshot.now, text, opens=opens)


def _find_old_events(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    if thresholds.oldest_event is None:
        return
    for name, since in snapshot.waiting.items():
        seconds = (snapshot.now - since).total_seconds()
        if seconds >= thresholds.oldest_event * _HYSTERESIS:
            text = f"{name}: an event has been waiting for {format_duration(seconds)}, and nothing is known that delays it."
            opens = seconds >= thresholds.oldest_event
            yield _build_condition(AlertKind.OLDEST_EVENT, name, since, text, opens=opens)


def _find_worker_outage(
    snapshot: StoreSnapshot, thresholds: Thresholds, interval: float
) -> Iterator[Condition]:
    # Workers do the checks, so the first worker that is back reports the time when there was none.
    last = snapshot.last_snapshot_at
    if thresholds.no_worker is None or last is None:
        return
    if (snapshot.now - last).total_seconds() >= interval + thresholds.no_worker:
        text = (
            f"No worker was running for store {snapshot.store} from {format_time(last)} to "
            f"{format_time(snapshot.now)}."
        )
        yield _build_condition(AlertKind.NO_WORKER, snapshot.store, last, text)


def _find_relaxed_durability(
    snapshot: StoreSnapshot, thresholds: Thresholds, _: float
) -> Iterator[Condition]:
    if thresholds.relaxed_durability and snapshot.relaxed:
        text = f"Store {snapshot.store} may lose accepted events. {' '.join(snapshot.relaxed)}"
        yield _build_condition(AlertKind.RELAXED_DURABILITY, snapshot.store, snapshot.now, text)


def _find_full_store(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    threshold, used = thresholds.store_full, snapshot.used_share
    if threshold is None or used is None or used < threshold * _HYSTERESIS:
        return
    # The default threshold is below the high-water mark, so that the alert comes before requests are rejected.
    text = f"Store {snapshot.store} is {used:.0%} full."
    yield _build_condition(AlertKind.STORE_FULL, snapshot.store, snapshot.now, text, opens=used >= threshold)


def _find_outages(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    if thresholds.gong_down is None:
        return
    for base_url, since in snapshot.down.items():
        if snapshot.now - since >= timedelta(seconds=thresholds.gong_down):
            text = f"Gong has not answered at {base_url} since {format_time(since)}."
            yield _build_condition(AlertKind.GONG_DOWN, base_url, since, text)


_NAMED_WORKERS = 3
"""Workers that the text of an alert names."""


def _find_wrong_clocks(snapshot: StoreSnapshot, thresholds: Thresholds, _: float) -> Iterator[Condition]:
    threshold = thresholds.wrong_clock
    if threshold is None:
        return
    sentences, since, offset = [], snapshot.now, snapshot.clock_offset
    if abs(offset) >= threshold:
        since = snapshot.clock_set_at or since
        difference = f"{format_duration(round(abs(offset)))} {'behind' if offset > 0 else 'ahead of'}"
        sentences.append(
            f"The clock of store {snapshot.store}'s server was set: it is {difference} the time that the relay goes by."
        )
    if workers := {name: ahead for name, ahead in snapshot.worker_clocks.items() if abs(ahead) >= threshold}:
        sentences.append(
            f"Clocks of workers differ from that of store {snapshot.store}'s server: {_list_clocks(workers)}."
        )
    if sentences:
        yield _build_condition(AlertKind.WRONG_CLOCK, snapshot.store, since, " ".join(sentences))


def _list_clocks(workers: Mapping[str, float]) -> str:
    clocks = [
        f"{name} is {format_duration(round(abs(ahead)))} {'ahead' if ahead > 0 else 'behind'}"
        for name, ahead in sorted(workers.items())[:_NAMED_WORKERS]
    ]
    more = len(workers) - len(clocks)
    return ", ".join(clocks) + (f", and {more} more differ" if more else "")


_CHECKS: tuple[Callable[[StoreSnapshot, Thresholds, float], Iterator[Condition]], ...] = (
    _find_holds,
    _find_dead_letters,
    _find_budgets,
    _find_old_events,
    _find_worker_outage,
    _find_relaxed_durability,
    _find_full_store,
    _find_outages,
    _find_failed_verifications,
    _find_wrong_clocks,
)
