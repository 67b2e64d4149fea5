"""What operators want to be told of, when, and where: the `alerts` section of the configuration, checked."""

from dataclasses import dataclass, field
from enum import StrEnum

from relay.core.alerts.kinds import AlertKind


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so many seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on each kind of alert opens; None (or False) = never. Times in seconds, shares of 1."""

    on_hold: float | None = 0.0
    dead_letters: Rate | None = Rate(1, 900.0)
    day_budget: float | None = 0.9
    oldest_event: float | None = 300.0
    no_worker: float | None = 120.0
    relaxed_durability: bool = True
    store_full: float | None = 0.75
    gong_down: float | None = 60.0
    failed_verification: Rate | None = Rate(20, 600.0)

    def of(self, kind: AlertKind) -> Rate | float | bool | None:
        found: Rate | float | bool | None = getattr(self, kind.value)
        return found


class ReceiverFormat(StrEnum):
    """What a receiver reads: Standard Webhooks, signed; or a text for people, as Slack and its kin take it."""

    STANDARD = "standard"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. `secret` signs them; a receiver of texts has none. Neither it nor the address is ever shown."""

    name: str
    url: str = field(repr=False)
    secret: bytes | None = field(default=None, repr=False)
    format: ReceiverFormat = ReceiverFormat.STANDARD


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """How alerts are given. Times in seconds.

    `check_interval` is how often a worker looks, `repeat_interval` after how long an open alert is told again, `resolve_after` how long its cause
    must be gone before the all-clear. `heartbeat` is an address that is fetched after every look.
    """

    receivers: tuple[Receiver, ...] = ()
    thresholds: Thresholds = Thresholds()
    check_interval: float = 60.0
    repeat_interval: float = 14_400.0
    resolve_after: float = 300.0
    heartbeat: str | None = field(default=None, repr=False)
