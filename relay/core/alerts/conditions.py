"""What is the case in one store at one look, and what of it is worth an alert, each with a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from relay.core.alerts.kinds import KINDS, Kind, Severity
from relay.core.alerts.rate import Growth
from relay.core.alerts.thresholds import Thresholds
from relay.core.lifecycle import CAUSES, HoldCause

_NEAR = 0.95
"""An alert that is open stays so down to this part of its threshold, so that a figure on the edge does not flap."""


_REMEDIES: Mapping[str, str] = {cause.value: remedy for cause, remedy in CAUSES.items()}


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A destination on hold, and how many events wait for its end."""

    destination: str
    cause: str
    since: datetime
    events: int


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at a store. `spent` is each company's calls of the last day and how many it may make.

    `waiting` tells since when the oldest event of a destination waits that could go now: one that waits for a hold, a
    freeze, its company's day or Gong itself is not among them. `last_look` is the look before this one.
    """

    store: str
    now: datetime
    last_look: datetime | None = None
    held: Sequence[HeldUp] = ()
    dead: Growth = field(default_factory=Growth)
    unproved: Growth = field(default_factory=Growth)
    spent: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    waiting: Mapping[str, datetime] = field(default_factory=dict)
    relaxed: Sequence[str] = ()
    used_share: float | None = None
    down: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth an alert. `opens` is False for what only keeps an alert open that is open already."""

    kind: Kind
    subject: str
    since: datetime
    text: str
    remedy: str
    severity: Severity
    opens: bool = True


def find(facts: Facts, thresholds: Thresholds, *, every: float) -> list[Finding]:
    """Everything worth an alert. `every` is the usual time between two looks, in seconds."""
    return [one for look in _LOOKS for one in look(facts, thresholds, every)]


def in_words(seconds: float) -> str:
    """A length of time for people: `45 seconds`, `6 minutes`, `3 hours`, `2 days`."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _finding(kind: Kind, subject: str, since: datetime, text: str, *, opens: bool = True) -> Finding:
    about = KINDS[kind]
    return Finding(kind, subject, since, text, about.remedy, about.severity, opens)


def _holds(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    if told.on_hold is None:
        return
    for one in facts.held:
        if facts.now - one.since < timedelta(seconds=told.on_hold):
            continue
        wait = f"{one.events} event{' waits' if one.events == 1 else 's wait'}"
        text = f"{one.destination} takes no calls since {clock(one.since)} ({one.cause}); {wait}."
        about = KINDS[Kind.ON_HOLD]
        severity = Severity.NOTICE if one.cause == HoldCause.PAUSED else about.severity
        remedy = _REMEDIES.get(one.cause, about.remedy)  # a newer version may know more causes
        yield Finding(Kind.ON_HOLD, one.destination, one.since, text, remedy, severity)


def _dead_letters(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    rate = told.dead_letters
    for name in facts.dead.slots if rate else ():
        assert rate is not None  # noqa: S101 - asked in the line above
        count = facts.dead.lately(name)
        what = "1 event became a dead letter" if count == 1 else f"{count} events became dead letters"
        text = f"{name}: {what} within {in_words(rate.seconds)}."
        yield _finding(Kind.DEAD_LETTERS, name, facts.now, text, opens=count >= rate.count)


def _unproved(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    rate = told.failed_verification
    for name in facts.unproved.slots if rate else ():
        assert rate is not None  # noqa: S101 - asked in the line above
        count = facts.unproved.lately(name)
        what = "1 webhook was" if count == 1 else f"{count} webhooks were"
        text = f"{name}: {what} refused within {in_words(rate.seconds)}, because the sender did not prove itself."
        yield _finding(Kind.FAILED_VERIFICATION, name, facts.now, text, opens=count >= rate.count)


def _budgets(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    if told.day_budget is None:
        return
    for company, (spent, budget) in facts.spent.items():
        share = spent / budget if budget else 1.0
        if share >= told.day_budget * _NEAR:
            text = f"{company} has spent {spent:,} of the {budget:,} calls that it may make in 24 hours."
            yield _finding(Kind.DAY_BUDGET, company, facts.now, text, opens=share >= told.day_budget)


def _oldest(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    if told.oldest_event is None:
        return
    for name, since in facts.waiting.items():
        seconds = (facts.now - since).total_seconds()
        if seconds >= told.oldest_event * _NEAR:
            text = (
                f"{name}: an event waits for {in_words(seconds)} now, and nothing is known that holds it up."
            )
            yield _finding(Kind.OLDEST_EVENT, name, since, text, opens=seconds >= told.oldest_event)


def _nobody(facts: Facts, told: Thresholds, every: float) -> Iterator[Finding]:
    """Told by the worker that is back: one that is not there tells nothing."""
    last = facts.last_look
    if told.no_worker is None or last is None:
        return
    if (facts.now - last).total_seconds() >= every + told.no_worker:
        text = f"No worker was at work in store {facts.store} from {clock(last)} to {clock(facts.now)}."
        yield _finding(Kind.NO_WORKER, facts.store, last, text)


def _relaxed(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    if told.relaxed_durability and facts.relaxed:
        text = f"Store {facts.store} may lose what it has taken. {' '.join(facts.relaxed)}"
        yield _finding(Kind.RELAXED_DURABILITY, facts.store, facts.now, text)


def _full(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    if told.store_full is None or facts.used_share is None or facts.used_share < told.store_full * _NEAR:
        return
    text = f"Store {facts.store} is {facts.used_share:.0%} full."
    yield _finding(Kind.STORE_FULL, facts.store, facts.now, text, opens=facts.used_share >= told.store_full)


def _down(facts: Facts, told: Thresholds, _: float) -> Iterator[Finding]:
    if told.gong_down is None:
        return
    for base_url, since in facts.down.items():
        if facts.now - since >= timedelta(seconds=told.gong_down):
            text = f"Gong does not answer at {base_url} since {clock(since)}."
            yield _finding(Kind.GONG_DOWN, base_url, since, text)


_LOOKS: tuple[Callable[[Facts, Thresholds, float], Iterator[Finding]], ...] = (
    *(_holds, _dead_letters, _budgets, _oldest, _nobody),
    *(_relaxed, _full, _down, _unproved),
)
