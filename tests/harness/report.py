"""The report of a run under kill -9, and the promises that it must keep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.ledger import Balance, Ledger

RESCUE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Gong:
    """What the sandbox counted. `lost_answers` are events that it accepted without responding."""

    events: int
    repeated_calls: int
    lost_answers: int
    throttled: int


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `seconds_to_drain` counts from the last kill or acknowledgement, whichever was later.

    `held_at_kills` is how many calls killed workers can have had in flight, `states` the number of events by state.
    """

    seed: int
    kills: int
    held_at_kills: int
    ledger: Ledger
    balance: Balance
    gong: Gong
    states: Mapping[str, int]
    seconds: float
    seconds_to_drain: float

    def text(self) -> str:
        ledger, balance, gong = self.ledger, self.balance, self.gong
        return (
            f"seed {self.seed}: {len(ledger.tried)} events, {len(ledger.acked)} acknowledged, {self.kills} kills: "
            f"{len(balance.lost)} lost, {len(balance.unexpected)} unexpected, {len(balance.doubled)} doubled, "
            f"{len(balance.recovered)} recovered; {gong.events} in Gong, {gong.repeated_calls} calls repeated (409) "
            f"for {gong.lost_answers} lost answers and the kills, {gong.throttled} throttled (429); "
            f"drained {self.seconds_to_drain:.1f} s after the last of it, {self.seconds:.1f} s in all; "
            f"senders saw {dict(ledger.answers)}; events ended as {dict(self.states)}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the ledger as JSON for a file."""
        balance = self.balance
        return {
            "seed": self.seed,
            "tried": sorted(self.ledger.tried),
            "acked": sorted(self.ledger.acked),
            "lost": sorted(balance.lost),
            "unexpected": sorted(balance.unexpected),
            "doubled": sorted(balance.doubled),
            "recovered": sorted(balance.recovered),
            "report": self.text(),
        }


PROMISES: Mapping[str, Callable[[Report], bool]] = {
    "every event is acknowledged eventually": lambda run: run.ledger.acked == run.ledger.tried,
    "no acknowledged event is lost": lambda run: not run.balance.lost,
    "nothing reaches Gong that was not sent": lambda run: not run.balance.unexpected,
    "Gong holds every event once": lambda run: not run.balance.doubled,
    "no kill makes a dead letter": lambda run: run.states["dead"] == 0,
    "no event ends as a duplicate of another system": lambda run: run.states["duplicate"] == 0,
    "the relay counts as delivered what Gong holds": lambda run: run.states["delivered"] == run.gong.events,
    "a call is repeated only if its response was lost or its worker killed": lambda run: (
        run.gong.repeated_calls <= run.gong.lost_answers + run.held_at_kills
    ),
    "at most one call in a hundred gets a 429, however often workers restart": lambda run: (
        run.gong.throttled <= len(run.ledger.tried) / 100
    ),
    "senders are answered 202 or 503 and nothing else": lambda run: (
        {answer for answer in run.ledger.answers if answer.isdigit()} <= {"202", "503"}
    ),
    "events of killed workers are sent within a minute": lambda run: run.seconds_to_drain < RESCUE_SECONDS,
}
"""Each holds for every run, however many processes died in it."""
