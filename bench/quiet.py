"""How long a quiet company's events take while another company has 50,000 waiting, beside an idle relay.

`python -m bench.quiet [--waiting 50000] [--companies 100] [--pairs 400] [--workers 1]`. Two whole relays, each with a
store, a web process, workers and a local Gong of its own that answers after 200 ms. In one of them the first company's
events wait. The quiet companies' events go over HTTP to one relay and the other in turn; a time is from the step that
accepts an event until it arrives at Gong.
"""

import argparse
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bench.aims import HEAD, Aim
from bench.filling import open_filler
from bench.machine import describe, until
from tests.harness import stack
from tests.harness.accounts import accounts
from tests.harness.clients import page_view

LATENCY_SECONDS = 0.2
EVERY_SECONDS = 0.03
AIM = 2.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One event of a quiet company: its id here, and its name at Gong."""

    id: str
    event_id: str


def send(made: stack.Stack, number: int) -> Sent:
    """One event of a quiet company; they take turns."""
    quiet = made.plan.accounts[1:]
    told = made.relay.accept(quiet[number % len(quiet)], page_view(f"q{number}"))
    return Sent(told["id"], told["event_id"])


def exchange(relays: Sequence[stack.Stack], numbers: range) -> list[list[Sent]]:
    """An event of each number to each relay, first to the one, then to the other."""
    sent: list[list[Sent]] = [[] for _ in relays]
    for number in numbers:
        turns = list(zip(relays, sent, strict=True))
        for made, known in turns if number % 2 else reversed(turns):
            known.append(send(made, number))
            time.sleep(EVERY_SECONDS)
    return sent


def milliseconds(made: stack.Stack, sent: Sequence[Sent]) -> list[float]:
    """How long each event took, the shortest first."""
    until(lambda: set(_arrivals(made)) >= {one.event_id for one in sent}, "all have arrived", seconds=30)
    arrivals = _arrivals(made)
    return sorted(
        (arrivals[one.event_id] - _moment(made.relay.event(one.id)["received_at"])) * 1000 for one in sent
    )


def _arrivals(made: stack.Stack) -> dict[str, float]:
    lines = made.sandbox.get("log", limit="1000000")["log"]
    return {line["event_id"]: _moment(line["at"]) for line in lines}


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def p95(times: Sequence[float]) -> float:
    """Of sorted times, the one that 95 in 100 do not exceed."""
    return times[math.ceil(len(times) * 0.95) - 1]


def report(idle: Sequence[float], loaded: Sequence[float]) -> None:
    """Both relays' times, and the aim."""
    print("\n| relay | median ms | p95 ms | longest ms |\n| --- | --- | --- | --- |")
    for name, times in (("idle", idle), ("loaded", loaded)):
        print(f"| {name} | {median(times):.1f} | {p95(times):.1f} | {times[-1]:.1f} |")
    print(f"\n{HEAD}")
    print(Aim("quiet companies' p95, beside an idle relay's", AIM).said(p95(loaded) / p95(idle)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--companies", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    gong = {"LATENCY_SECONDS": str(LATENCY_SECONDS)}
    plan = stack.Plan(accounts(options.companies), gong=gong, workers=options.workers)
    print(f"{describe()}; {options.waiting} events of one company wait, {options.companies - 1} are quiet")
    with ExitStack() as started:
        relays = [started.enter_context(stack.running(plan)) for _ in ("idle", "loaded")]
        loaded = relays[1]
        open_filler(loaded.store.url).fill(plan.accounts[0].name, options.waiting)
        exchange(relays, range(-10, 0))  # warms up
        times = [*map(milliseconds, relays, exchange(relays, range(options.pairs)))]
        still = loaded.relay.open_events()
    print(f"At the end {still} still wait.")
    report(*times)


if __name__ == "__main__":
    main()
