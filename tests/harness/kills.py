"""A run under kill -9: senders post, processes die at seeded random moments and come back, and the books must balance."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.harness.ledger import Balance, Ledger, balance
from tests.harness.senders import Senders, posts
from tests.harness.stack import Stack
from tests.harness.waiting import eventually


@dataclass(frozen=True, slots=True)
class Torture:
    """How much of everything. Times in seconds."""

    seed: int
    events: int = 400
    worker_kills: int = 2
    web_kills: int = 1
    store_kills: int = 1
    threads: int = 4
    per_second: float = 80.0
    drain: float = 60.0
    faults: float = 0.02
    """The share of calls that each of Gong's `FAULTS` strikes besides."""


LOSES_ANSWERS = "hang_after_accept"
FAULTS = (
    {"kind": LOSES_ANSWERS, "seconds": 0.05},
    {"kind": "reset_before"},
    {"kind": "status", "status": 503},
)


@dataclass(frozen=True, slots=True)
class Kill:
    """Who dies, after how many acknowledged events, and how many seconds after that."""

    after: int
    pause: float
    victim: str


@dataclass
class Report:
    """What happened. `seconds_to_drain` counts from the last kill or acknowledgement, whichever was later."""

    seed: int
    ledger: Ledger
    kills: list[Kill]
    balance: Balance
    dead: int
    repeated_calls: int
    lost_answers: int
    """How often Gong took an event and did not say so."""
    throttled: int
    seconds: float
    seconds_to_drain: float
    states: dict[str, int] = field(default_factory=dict)

    def text(self) -> str:
        books, found = self.ledger, self.balance
        return (
            f"seed {self.seed}: {len(books.tried)} events, {len(books.acked)} acknowledged, {len(self.kills)} kills: "
            f"{len(found.lost)} lost, {len(found.unexpected)} unexpected, {len(found.doubled)} doubled, "
            f"{len(found.recovered)} recovered, {self.dead} dead letters, {self.repeated_calls} calls repeated "
            f"(409) for {self.lost_answers} lost answers and the kills, {self.throttled} throttled (429); drained {self.seconds_to_drain:.1f} s after the last fault, {self.seconds:.1f} s in all; "
            f"answers {dict(books.answers)}; ended as {self.states}"
        )


def plan_kills(torture: Torture, random: Random) -> list[Kill]:
    """The kills in the order of their moments, which the seed decides."""
    victims = (
        ["worker"] * torture.worker_kills + ["web"] * torture.web_kills + ["store"] * torture.store_kills
    )
    random.shuffle(victims)
    moments = sorted(int(random.uniform(0.05, 0.95) * torture.events) for _ in victims)
    return [
        Kill(after, random.uniform(0, 0.3), victim) for after, victim in zip(moments, victims, strict=True)
    ]


def torture_relay(stack: Stack, torture: Torture, say: Callable[[str], None] = lambda _: None) -> Report:
    """Send, kill, drain, and balance the books."""
    random, ledger, started = Random(torture.seed), Ledger(), time.monotonic()
    kills = plan_kills(torture, random)
    for number, fault in enumerate(FAULTS):
        stack.sandbox.arm(**fault, probability=torture.faults, seed=torture.seed + number)
    todo = list(posts(random, stack.plan.accounts, torture.events))
    senders = Senders(stack.url, ledger, threads=torture.threads, per_second=torture.per_second)
    senders.start(todo)
    try:
        _kill_all(stack, kills, ledger, say)
        senders.join(60 + 3 * torture.events / torture.per_second)
    finally:
        senders.stop()
    calm = time.monotonic()
    say(f"all acknowledged after {calm - started:.1f} s; draining")
    stack.await_web()
    eventually(lambda: stack.relay.open_events() == 0, within=torture.drain, what="the drain")
    drained = time.monotonic()
    return _report(stack, torture, (ledger, kills), (drained - started, drained - calm))


def _kill_all(stack: Stack, kills: Sequence[Kill], ledger: Ledger, say: Callable[[str], None]) -> None:
    never = threading.Event()
    for kill in kills:
        eventually(
            lambda after=kill.after: len(ledger.acked) >= after, within=300, what=f"{kill.after} acknowledged"
        )
        never.wait(kill.pause)
        say(f"{len(ledger.acked)} acknowledged: kill -9 of the {kill.victim}")
        _VICTIMS[kill.victim](stack)


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


def _report(
    stack: Stack, torture: Torture, run: tuple[Ledger, list[Kill]], seconds: tuple[float, float]
) -> Report:
    ledger, kills = run
    dead = [event["event_id"] for event in stack.relay.events(status="dead")]
    rows = stack.relay.destinations().values()
    states = {
        state: sum(row["states"].get(state, 0) for row in rows)
        for state in ("delivered", "duplicate", "dead")
    }
    companies, armed = stack.sandbox.companies().values(), stack.sandbox.get("faults")["faults"]
    return Report(
        seed=torture.seed,
        ledger=ledger,
        kills=kills,
        balance=balance(ledger, gong=stack.sandbox.event_ids(), dead=dead),
        dead=len(dead),
        repeated_calls=sum(company["duplicates"] for company in companies),
        lost_answers=sum(fault["fired"] for fault in armed if fault["kind"] == LOSES_ANSWERS),
        throttled=sum(company["throttled"] for company in companies),
        seconds=seconds[0],
        seconds_to_drain=seconds[1],
        states=states,
    )
