"""What is the case in one store at one look, and what of it is worth an alert, each with a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from relay.core.alerts.kinds import KINDS, AlertKind, Severity
from relay.core.alerts.rate import RateWindow
from relay.core.alerts.thresholds import Thresholds
from relay.core.lifecycle import CAUSES, HoldCause

_NEAR = 0.95
"""An alert that is open stays so down to this part of its threshold, so that a figure on the edge does not flap."""


_REMEDIES: Mapping[str, str] = {cause.value: remedy for cause, remedy in CAUSES.items()}


@dataclass(frozen=True, slots=True)
class HeldDestination:
    """A destination on hold, and how many events wait for its end."""

    destination: str
    cause: str
    since: datetime
    events: int


@dataclass(frozen=True, slots=True)
class StoreSnapshot:
    """One look at a store. `spent` is each company's calls of the last day and how many it may make.

    `waiting` tells since when the oldest event of a destination waits that could go now: one that waits for a hold, a
    freeze, its company's day or Gong itself is not among them. `last_snapshot_at` is the look before this one.
    """

    store: str
    now: datetime
    last_snapshot_at: datetime | None = None
    held: Sequence[HeldDestination] = ()
    dead: RateWindow = field(default_factory=RateWindow)
    unproved: RateWindow = field(default_factory=RateWindow)
    spent: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    waiting: Mapping[str, datetime] = field(default_factory=dict)
    relaxed: Sequence[str] = ()
    used_share: float | None = None
    down: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something worth an alert. `opens` is False for what only keeps an alert open that is open already."""

    kind: AlertKind
    subject: str
    since: datetime
    text: str
    remedy: str
    severity: Severity
    opens: bool = True


def find_conditions(facts: StoreSnapshot, thresholds: Thresholds, *, interval: float) -> list[Condition]:
    """Everything worth an alert. `interval` is the usual time between two looks, in seconds."""
    return [one for look in _LOOKS for one in look(facts, thresholds, interval)]


def format_duration(seconds: float) -> str:
    """A length of time for people: `45 seconds`, `6 minutes`, `3 hours`, `2 days`."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _finding(kind: AlertKind, subject: str, since: datetime, text: str, *, opens: bool = True) -> Condition:
    about = KINDS[kind]
    return Condition(kind, subject, since, text, about.remedy, about.severity, opens)


def _holds(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    if told.on_hold is None:
        return
    for one in facts.held:
        if facts.now - one.since < timedelta(seconds=told.on_hold):
            continue
        wait = f"{one.events} event{' waits' if one.events == 1 else 's wait'}"
        text = f"{one.destination} takes no calls since {format_time(one.since)} ({one.cause}); {wait}."
        about = KINDS[AlertKind.ON_HOLD]
        severity = Severity.NOTICE if one.cause == HoldCause.PAUSED else about.severity
        remedy = _REMEDIES.get(one.cause, about.remedy)  # a newer version may know more causes
        yield Condition(AlertKind.ON_HOLD, one.destination, one.since, text, remedy, severity)


def _dead_letters(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    rate = told.dead_letters
    for name in facts.dead.slots if rate else ():
        assert rate is not None  # noqa: S101 - asked in the line above
        count = facts.dead.recent_count(name)
        what = "1 event became a dead letter" if count == 1 else f"{count} events became dead letters"
        text = f"{name}: {what} within {format_duration(rate.seconds)}."
        yield _finding(AlertKind.DEAD_LETTERS, name, facts.now, text, opens=count >= rate.count)


def _unproved(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    rate = told.failed_verification
    for name in facts.unproved.slots if rate else ():
        assert rate is not None  # noqa: S101 - asked in the line above
        count = facts.unproved.recent_count(name)
        what = "1 webhook was" if count == 1 else f"{count} webhooks were"
        text = f"{name}: {what} refused within {format_duration(rate.seconds)}, because the sender did not prove itself."
        yield _finding(AlertKind.FAILED_VERIFICATION, name, facts.now, text, opens=count >= rate.count)


def _budgets(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    if told.day_budget is None:
        return
    for company, (spent, budget) in facts.spent.items():
        share = spent / budget if budget else 1.0
        if share >= told.day_budget * _NEAR:
            text = f"{company} has spent {spent:,} of the {budget:,} calls that it may make in 24 hours."
            yield _finding(AlertKind.DAY_BUDGET, company, facts.now, text, opens=share >= told.day_budget)


def _oldest(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    if told.oldest_event is None:
        return
    for name, since in facts.waiting.items():
        seconds = (facts.now - since).total_seconds()
        if seconds >= told.oldest_event * _NEAR:
            text = f"{name}: an event waits for {format_duration(seconds)} now, and nothing is known that holds it up."
            yield _finding(AlertKind.OLDEST_EVENT, name, since, text, opens=seconds >= told.oldest_event)


def _nobody(facts: StoreSnapshot, told: Thresholds, every: float) -> Iterator[Condition]:
    """Told by the worker that is back: one that is not there tells nothing."""
    last = facts.last_snapshot_at
    if told.no_worker is None or last is None:
        return
    if (facts.now - last).total_seconds() >= every + told.no_worker:
        text = f"No worker was at work in store {facts.store} from {format_time(last)} to {format_time(facts.now)}."
        yield _finding(AlertKind.NO_WORKER, facts.store, last, text)


def _relaxed(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    if told.relaxed_durability and facts.relaxed:
        text = f"Store {facts.store} may lose what it has taken. {' '.join(facts.relaxed)}"
        yield _finding(AlertKind.RELAXED_DURABILITY, facts.store, facts.now, text)


def _full(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    if told.store_full is None or facts.used_share is None or facts.used_share < told.store_full * _NEAR:
        return
    text = f"Store {facts.store} is {facts.used_share:.0%} full."
    yield _finding(
        AlertKind.STORE_FULL, facts.store, facts.now, text, opens=facts.used_share >= told.store_full
    )


def _down(facts: StoreSnapshot, told: Thresholds, _: float) -> Iterator[Condition]:
    if told.gong_down is None:
        return
    for base_url, since in facts.down.items():
        if facts.now - since >= timedelta(seconds=told.gong_down):
            text = f"Gong does not answer at {base_url} since {format_time(since)}."
            yield _finding(AlertKind.GONG_DOWN, base_url, since, text)


_LOOKS: tuple[Callable[[StoreSnapshot, Thresholds, float], Iterator[Condition]], ...] = (
    *(_holds, _dead_letters, _budgets, _oldest, _nobody),
    *(_relaxed, _full, _down, _unproved),
)
