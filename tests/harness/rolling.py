"""A rolling restart under load: web and worker, started by honcho from the Procfile, are replaced in turn while senders post.

As in a cluster, the new process is started first, then senders are directed to it, and only then is the old one stopped.
Senders retry once; nothing else is done for them.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import requests

from tests.harness.accounts import Account
from tests.harness.clients import Relay, page_view
from tests.harness.ledger import Balance, Ledger, balance
from tests.harness.processes import Process, free_port, tail
from tests.harness.stack import Stack
from tests.harness.waiting import eventually

HONCHO = Path(sys.executable).with_name("honcho")
MOST_SECONDS_TO_END = 25.0
_START_SECONDS = 30.0
_RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Rolling:
    """Duration, number of restarts and load. `pause` is the time between two restarts."""

    seconds: float = 40.0
    pause: float = 2.0
    senders: int = 4
    per_second: float = 40.0
    seed: int = 1


@dataclass
class Load:
    """Senders of single events. `url` is where they send now; `failed` holds requests that failed twice."""

    url: str
    accounts: list[Account]
    ledger: Ledger = field(default_factory=Ledger)
    failed: list[str] = field(default_factory=list)
    retried: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int, every: float, random: Random) -> None:
        relays: dict[str, Relay] = {}
        count = 0
        while not self.over.wait(every * random.uniform(0.5, 1.5)):
            account, native = random.choice(self.accounts), f"s{number}-{count}"
            count += 1
            self.ledger.trying([f"{account.name}:{native}"])
            self._send(relays, account, native)
        for relay in relays.values():
            relay.close()

    def _send(self, relays: dict[str, Relay], account: Account, native: str) -> None:
        first = self._once(relays, account, native)
        if first is None:
            return
        self.retried += 1
        self.over.wait(_RETRY_SECONDS)
        second = self._once(relays, account, native)
        if second is not None:
            self.failed.append(f"{account.name}:{native}: {first}, then {second}")

    def _once(self, relays: dict[str, Relay], account: Account, native: str) -> str | None:
        """Send once. Returns what went wrong, or None. The connection is reused, as most senders do."""
        url = self.url
        relay = relays.setdefault(url, Relay(url))
        try:
            answer = relay.post(account, page_view(native))
        except requests.RequestException as error:
            self.ledger.answered(type(error).__name__)
            return str(error)
        self.ledger.answered(str(answer.status_code))
        if answer.status_code != 202:
            return f"{answer.status_code} {answer.text[:200]}"
        self.ledger.ack([f"{account.name}:{native}"])
        return None


@dataclass
class Formation:
    """The processes that honcho runs, by name in the Procfile: one of each, and two during a replacement."""

    stack: Stack
    serving: dict[str, Process] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)
    seconds_to_end: list[tuple[str, float]] = field(default_factory=list)

    def replace(
        self, name: str, ready: Callable[[int], Callable[[], object]], turn: Callable[[int], None]
    ) -> None:
        """Start another process and wait for it, direct senders to it, stop the old one, and wait until it has exited."""
        before, port = self.serving.get(name), free_port()
        process = self._honcho(name, port)
        is_ready = ready(port)
        process.start()
        self.started.append(process)
        eventually(is_ready, within=_START_SECONDS, what=f"{name}: {tail(process.log)}")
        turn(port)
        self.serving[name] = process
        if before is not None:
            self._end(name, before)

    def _end(self, name: str, process: Process) -> None:
        began = time.monotonic()
        process.terminate()
        process.wait(MOST_SECONDS_TO_END + 10)
        self.seconds_to_end.append((name, time.monotonic() - began))

    def stop(self) -> None:
        """Stop honcho, which ends the processes that it has started."""
        left = [process for process in self.started if process.running]
        for process in left:
            process.terminate()
        for process in left:
            process.wait(MOST_SECONDS_TO_END + 10)

    def _honcho(self, name: str, port: int) -> Process:
        environ = self.stack.environ()
        environ["PATH"] = f"{HONCHO.parent}:{environ['PATH']}"
        log = self.stack.folder / f"{name}-{len(self.started)}.log"
        return Process([str(HONCHO), "start", "--no-colour", "--port", str(port), name], environ, log)


@dataclass(frozen=True, slots=True)
class RollingReport:
    """The report of a run. `seconds_to_end` is how long each replaced process took to exit, by its name in the Procfile."""

    ledger: Ledger
    balance: Balance
    failed: list[str]
    retried: int
    dead: int
    duplicates: int
    seconds_to_end: list[tuple[str, float]]

    def text(self) -> str:
        slowest = {
            name: max((seconds for process, seconds in self.seconds_to_end if process == name), default=0.0)
            for name in ("web", "worker")
        }
        return (
            f"{len(self.ledger.tried)} events, {len(self.ledger.acked)} acknowledged, {self.retried} retried, "
            f"{len(self.failed)} failed twice {self.failed[:3]}; {len(self.seconds_to_end)} restarts: "
            f"{len(self.balance.lost)} lost, {len(self.balance.doubled)} doubled, {self.duplicates} calls repeated, "
            f"{self.dead} dead; the slowest to end: web {slowest['web']:.1f} s, worker {slowest['worker']:.1f} s; "
            f"senders saw {dict(self.ledger.answers)}"
        )


def roll(stack: Stack, plan: Rolling, say: Callable[[str], None] = lambda _: None) -> RollingReport:
    """Replace web and worker in turn while senders post, then drain and report.

    The stack's own web only serves the report. Raises AssertionError if a process does not start or the drain does not finish.
    """
    formation = Formation(stack)
    load = Load("", list(stack.plan.accounts))
    try:
        _replace_worker(formation)
        _replace_web(formation, load)
        with _sending(load, plan):
            _roll(formation, load, plan, say)
        eventually(lambda: stack.relay.open_events() == 0, within=60, what="the drain")
    finally:
        formation.stop()
    return _report(stack, formation, load)


def _roll(formation: Formation, load: Load, plan: Rolling, say: Callable[[str], None]) -> None:
    until, web = time.monotonic() + plan.seconds, True
    while time.monotonic() < until:
        load.over.wait(plan.pause)
        if web:
            _replace_web(formation, load)
        else:
            _replace_worker(formation)
        name, seconds = formation.seconds_to_end[-1]
        say(f"{len(load.ledger.acked)} acknowledged: another {name}; the one before ended in {seconds:.1f} s")
        web = not web


def _replace_web(formation: Formation, load: Load) -> None:
    def ready(port: int) -> Callable[[], object]:
        return lambda: _is_ready(f"http://127.0.0.1:{port}/readyz")

    def turn(port: int) -> None:
        load.url = f"http://127.0.0.1:{port}"

    formation.replace("web", ready, turn)


def _replace_worker(formation: Formation) -> None:
    relay = formation.stack.relay
    before = _workers(relay)
    formation.replace("worker", lambda _: lambda: _workers(relay) - before, lambda _: None)


def _workers(relay: Relay) -> set[str]:
    return {worker["name"] for worker in relay.get("/v1/queues")["workers"]}


def _is_ready(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException as error:
        raise AssertionError(str(error)) from error


@contextmanager
def _sending(load: Load, plan: Rolling) -> Iterator[None]:
    every = plan.senders / plan.per_second
    threads = [
        threading.Thread(target=load.run, args=(number, every, Random(plan.seed * 1000 + number)))
        for number in range(plan.senders)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        load.over.set()
        for thread in threads:
            thread.join()


def _report(stack: Stack, formation: Formation, load: Load) -> RollingReport:
    rows = stack.relay.destinations().values()
    dead = [event["event_id"] for event in stack.relay.events(status="dead")]
    return RollingReport(
        ledger=load.ledger,
        balance=balance(load.ledger, gong=stack.sandbox.event_ids(), dead=dead),
        failed=load.failed,
        retried=load.retried,
        dead=sum(row["states"]["dead"] for row in rows),
        duplicates=sum(company["duplicates"] for company in stack.sandbox.companies().values()),
        seconds_to_end=formation.seconds_to_end,
    )


PROMISES: dict[str, Callable[[RollingReport], bool]] = {
    "a sender that retries once sees no error": lambda run: not run.failed,
    "every event is acknowledged": lambda run: run.ledger.acked == run.ledger.tried,
    "no event is lost": lambda run: not run.balance.lost,
    "Gong holds every event once": lambda run: not run.balance.doubled,
    "no call is made twice": lambda run: run.duplicates == 0,
    "no event becomes a dead letter": lambda run: run.dead == 0,
    "a replaced process exits within 25 seconds": lambda run: (
        max(seconds for _, seconds in run.seconds_to_end) <= MOST_SECONDS_TO_END
    ),
}
"""Each holds for every run, however often there was a restart."""
