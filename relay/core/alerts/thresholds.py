"""The `alerts` section of the configuration: thresholds, receivers and intervals."""

from dataclasses import dataclass, field
from enum import StrEnum

from relay.core.alerts.kinds import AlertKind
from relay.core.secret import WithheldSecret


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of occurrences within a number of seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The value from which each kind of alert opens; None or False: never. Times in seconds, shares from 0 to 1."""

    on_hold: float | None = 0.0
    dead_letters: Rate | None = Rate(1, 900.0)
    daily_budget: float | None = 0.9
    oldest_event: float | None = 300.0
    no_worker: float | None = 120.0
    relaxed_durability: bool = True
    store_full: float | None = 0.75
    gong_down: float | None = 60.0
    failed_verification: Rate | None = Rate(20, 600.0)
    wrong_clock: float | None = 2.0

    def of(self, kind: AlertKind) -> Rate | float | bool | None:
        """Return the threshold of one kind."""
        threshold: Rate | float | bool | None = getattr(self, kind.value)
        return threshold


class ReceiverFormat(StrEnum):
    """What a receiver gets: a signed JSON message (Standard Webhooks), or text for Slack and compatible chats."""

    STANDARD = "standard"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint that alerts are posted to. `url` and `secret` are never shown."""

    name: str
    url: str | WithheldSecret = field(repr=False)
    secret: bytes | WithheldSecret | None = field(default=None, repr=False)
    """Key that signs messages; None for chats."""
    format: ReceiverFormat = ReceiverFormat.STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertConfig:
    """When alerts open, and who is notified. Times in seconds."""

    receivers: tuple[Receiver, ...] = ()
    thresholds: Thresholds = Thresholds()
    check_interval: float = 60.0
    """Between two checks by a worker."""
    repeat_interval: float = 14_400.0
    """Between two notifications of an open alert."""
    resolve_after: float = 300.0
    """How long a condition must be absent before its alert resolves."""
    heartbeat: str | WithheldSecret | None = field(default=None, repr=False)
    """URL that is requested after every check."""
