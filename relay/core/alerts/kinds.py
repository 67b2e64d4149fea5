"""The kinds of alerts: how severe each one is, what it is about, and what the operator should do. See docs/alerts.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert reports. The value is its name in the configuration, the API and every message."""

    ON_HOLD = "on_hold"
    DEAD_LETTERS = "dead_letters"
    DAILY_BUDGET = "daily_budget"
    OLDEST_EVENT = "oldest_event"
    NO_WORKER = "no_worker"
    RELAXED_DURABILITY = "relaxed_durability"
    STORE_FULL = "store_full"
    GONG_DOWN = "gong_down"
    FAILED_VERIFICATION = "failed_verification"
    WRONG_CLOCK = "wrong_clock"


class Severity(StrEnum):
    """How urgent an alert is, most urgent first."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """The constant parts of one kind of alert."""

    severity: Severity
    subject: str
    """What the alert's name names: `destination`, `company`, `store`, `source` or `base_url`."""
    remedy: str
    """What the operator should do."""


KINDS: Mapping[AlertKind, KindInfo] = {
    AlertKind.ON_HOLD: KindInfo(
        Severity.CRITICAL,
        "destination",
        "Its events wait, and none is lost. Fix the cause; the events are sent after the next probe or a resume.",
    ),
    AlertKind.DEAD_LETTERS: KindInfo(
        Severity.WARNING,
        "destination",
        "See what they have in common with `gong-relay dead`, fix that, and replay them.",
    ),
    AlertKind.DAILY_BUDGET: KindInfo(
        Severity.WARNING,
        "company",
        "When the budget is used up, events wait until calls of the last 24 hours expire; those of priority high wait last. "
        "Raise limits.per_day if Gong has raised your limit, or send fewer events.",
    ),
    AlertKind.OLDEST_EVENT: KindInfo(
        Severity.WARNING,
        "destination",
        "Compare the incoming rate with limits.per_second in `gong-relay status`: a backlog clears at that rate. If nothing "
        "moves, read the workers' logs.",
    ),
    AlertKind.NO_WORKER: KindInfo(
        Severity.CRITICAL,
        "store",
        "Events are still accepted and wait; none is lost. Start a worker: `gong-relay worker`. If one was killed, its log "
        "and the system log say why.",
    ),
    AlertKind.RELAXED_DURABILITY: KindInfo(
        Severity.WARNING,
        "store",
        "Change the named setting on the Redis server. docs/scaling.md explains what each one protects.",
    ),
    AlertKind.STORE_FULL: KindInfo(
        Severity.CRITICAL,
        "store",
        "Above RELAY_HIGH_WATER_PERCENT new events are answered 503. Workers then delete ended events early. Raise maxmemory, "
        "purge dead letters, or fix what keeps events from being sent.",
    ),
    AlertKind.GONG_DOWN: KindInfo(
        Severity.WARNING,
        "base_url",
        "Nothing is sent there until a trial call passes, and no attempt is spent. If Gong is up, check the workers' "
        "network: DNS, proxy, firewall.",
    ),
    AlertKind.FAILED_VERIFICATION: KindInfo(
        Severity.WARNING,
        "source",
        "If the sender has a new secret, add it to the source beside the old one. Otherwise the requests may be forged; "
        "they are not stored.",
    ),
    AlertKind.WRONG_CLOCK: KindInfo(
        Severity.WARNING,
        "store",
        "Events are sent as before. Find out which machine's clock is wrong, and keep all of them in sync with NTP. A clock "
        "that was set ahead by mistake can be set back without harm for as long as it was set ahead, at most a day.",
    ),
}
