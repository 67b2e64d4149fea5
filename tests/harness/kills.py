"""A run under kill -9: senders post, processes die at seeded random times and restart, and everything is drained."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.harness.ledger import Ledger, balance
from tests.harness.report import Gong, Report
from tests.harness.senders import Senders, posts
from tests.harness.stack import Stack
from tests.harness.waiting import eventually


@dataclass(frozen=True, slots=True)
class Torture:
    """The size of a run. `faults` is the share of calls that each of `FAULTS` affects; times in seconds."""

    seed: int
    events: int = 400
    worker_kills: int = 2
    web_kills: int = 1
    store_kills: int = 1
    faults: float = 0.03
    senders: int = 4
    per_second: float = 80.0
    most_seconds_to_drain: float = 90.0

    @property
    def victims(self) -> list[str]:
        return ["worker"] * self.worker_kills + ["web"] * self.web_kills + ["store"] * self.store_kills


LOSES_ANSWERS = "hang_after_accept"
FAULTS: Sequence[Mapping[str, Any]] = (
    {"kind": LOSES_ANSWERS, "seconds": 0.05},
    {"kind": "reset_before"},
    {"kind": "status", "status": 503},
)


@dataclass(frozen=True, slots=True)
class Kill:
    """Which process dies, after how many acknowledged events, and how many seconds after that."""

    after: int
    pause: float
    victim: str


def plan_kills(torture: Torture, random: Random) -> list[Kill]:
    """Return the kills of a run, in order; the seed determines them."""
    victims = torture.victims
    random.shuffle(victims)
    moments = sorted(int(random.uniform(0.05, 0.95) * torture.events) for _ in victims)
    return [
        Kill(after, random.uniform(0, 0.3), victim) for after, victim in zip(moments, victims, strict=True)
    ]


def torture_relay(stack: Stack, torture: Torture, say: Callable[[str], None] = lambda _: None) -> Report:
    """Send, kill, drain and report. Raises AssertionError if the senders or the drain do not finish."""
    random, ledger, started = Random(torture.seed), Ledger(), time.monotonic()
    kills = plan_kills(torture, random)
    for number, fault in enumerate(FAULTS):
        stack.sandbox.arm(**fault, probability=torture.faults, seed=torture.seed + number)
    senders = Senders(stack.url, ledger, threads=torture.senders, per_second=torture.per_second)
    senders.start(list(posts(random, stack.plan.accounts, torture.events)))
    try:
        _kill_all(stack, kills, ledger, say)
        senders.join(60 + 3 * torture.events / torture.per_second)
    finally:
        senders.stop()
    calm = time.monotonic()
    say(f"all acknowledged after {calm - started:.1f} s; draining")
    stack.await_web()
    eventually(lambda: stack.relay.open_events() == 0, within=torture.most_seconds_to_drain, what="the drain")
    now = time.monotonic()
    return _report(stack, torture, ledger, (now - started, now - calm))


def _kill_all(stack: Stack, kills: Sequence[Kill], ledger: Ledger, say: Callable[[str], None]) -> None:
    never = threading.Event()
    for kill in kills:
        _await_acks(ledger, kill.after)
        never.wait(kill.pause)
        say(f"{len(ledger.acked)} acknowledged: kill -9 of the {kill.victim}")
        _VICTIMS[kill.victim](stack)


def _await_acks(ledger: Ledger, count: int) -> None:
    eventually(lambda: len(ledger.acked) >= count, within=120, what=f"{count} acknowledged")


def _kill_worker(stack: Stack) -> None:
    stack.workers[0].kill()
    stack.workers[0].start()


def _kill_web(stack: Stack) -> None:
    stack.web.kill()
    stack.web.start()
    stack.await_web()


def _kill_store(stack: Stack) -> None:
    stack.store.kill()
    stack.store.start()


_VICTIMS: dict[str, Callable[[Stack], None]] = {
    "worker": _kill_worker,
    "web": _kill_web,
    "store": _kill_store,
}


def _report(stack: Stack, torture: Torture, ledger: Ledger, seconds: tuple[float, float]) -> Report:
    arrived = stack.sandbox.event_ids()
    dead = [event["event_id"] for event in stack.relay.events(status="dead")]
    rows = stack.relay.destinations().values()
    states = {name: sum(row["states"][name] for row in rows) for name in ("delivered", "duplicate", "dead")}
    return Report(
        seed=torture.seed,
        kills=len(torture.victims),
        held_at_kills=torture.worker_kills * stack.plan.worker_threads,
        ledger=ledger,
        balance=balance(ledger, gong=arrived, dead=dead),
        gong=_gong(stack, len(arrived)),
        states=states,
        seconds=seconds[0],
        seconds_to_drain=seconds[1],
    )


def _gong(stack: Stack, events: int) -> Gong:
    companies = stack.sandbox.companies().values()
    armed = stack.sandbox.get("faults")["faults"]
    return Gong(
        events=events,
        repeated_calls=sum(company["duplicates"] for company in companies),
        lost_answers=sum(fault["fired"] for fault in armed if fault["kind"] == LOSES_ANSWERS),
        throttled=sum(company["rate_limited"] for company in companies),
    )
