"""What the relay tells its operators by itself: each kind of alert, how grave it is, and what to do. See docs/alerts.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about. The value is its name in the configuration, the API and every message."""

    ON_HOLD = "on_hold"
    DEAD_LETTERS = "dead_letters"
    DAY_BUDGET = "day_budget"
    OLDEST_EVENT = "oldest_event"
    NO_WORKER = "no_worker"
    RELAXED_DURABILITY = "relaxed_durability"
    STORE_FULL = "store_full"
    GONG_DOWN = "gong_down"
    FAILED_VERIFICATION = "failed_verification"


class Severity(StrEnum):
    """How soon somebody should look."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """How grave a kind is, what its subjects are (`destination`, `company` …), and what to do."""

    severity: Severity
    subject: str
    remedy: str


KINDS: Mapping[AlertKind, KindInfo] = {
    AlertKind.ON_HOLD: KindInfo(
        Severity.CRITICAL,
        "destination",
        "Its events wait; none is lost. Mend the cause, and they follow after a probe or a resume.",
    ),
    AlertKind.DEAD_LETTERS: KindInfo(
        Severity.WARNING,
        "destination",
        "See what they have in common with `gong-relay dead`, mend that, and replay them.",
    ),
    AlertKind.DAY_BUDGET: KindInfo(
        Severity.WARNING,
        "company",
        "Once it is spent, events wait for room in the rolling day, those of priority high last. Raise limits.per_day if "
        "Gong has raised yours; else send less.",
    ),
    AlertKind.OLDEST_EVENT: KindInfo(
        Severity.WARNING,
        "destination",
        "Compare what comes in with limits.per_second by `gong-relay status`: a longer queue than that clears is sent "
        "in its own time. If nothing moves, look at the workers' logs.",
    ),
    AlertKind.NO_WORKER: KindInfo(
        Severity.CRITICAL,
        "store",
        "Events are taken and wait; none is lost. Start a worker: `gong-relay worker`. If one was killed, its log and "
        "the machine's say why.",
    ),
    AlertKind.RELAXED_DURABILITY: KindInfo(
        Severity.WARNING,
        "store",
        "Set what it names on the Redis server: docs/scaling.md says what each is worth.",
    ),
    AlertKind.STORE_FULL: KindInfo(
        Severity.CRITICAL,
        "store",
        "Above RELAY_HIGH_WATER_PERCENT new events are answered 503. Raise maxmemory, shorten RELAY_RETENTION_*, or "
        "mend what keeps events from leaving.",
    ),
    AlertKind.GONG_DOWN: KindInfo(
        Severity.WARNING,
        "base_url",
        "Nothing is sent there until one call passes, and no attempt is spent. If Gong is up, look at the workers' way "
        "out: name service, proxy, firewall.",
    ),
    AlertKind.FAILED_VERIFICATION: KindInfo(
        Severity.WARNING,
        "source",
        "After a change of secret, give the source the new one beside the old. Else somebody is guessing: nothing of "
        "theirs is kept.",
    ),
}
