"""Latency of a quiet company's events while another company has 50,000 queued, compared with an idle relay.

`python -m bench.quiet [--waiting 50000] [--companies 100] [--pairs 400] [--workers 1]`. Runs two complete relays, each
with its own store, web process, workers and sandbox that answers after 200 ms. In one of them, the first company's
events are queued. The quiet companies' events are posted to both relays in alternation. The latency is from the step
that accepts an event until its arrival at the sandbox.
"""

import argparse
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bench.aims import HEAD, Target
from bench.filling import open_filler
from bench.machine import describe, until
from tests.harness import stack
from tests.harness.accounts import accounts
from tests.harness.clients import page_view

LATENCY_SECONDS = 0.2
EVERY_SECONDS = 0.03
MAX_RATIO = 2.0


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event of a quiet company: its id in the relay, and its eventId at Gong."""

    id: str
    event_id: str


def send(made: stack.Stack, number: int) -> SentEvent:
    """Send one event of a quiet company; the companies take turns."""
    quiet = made.plan.accounts[1:]
    answer = made.relay.accept(quiet[number % len(quiet)], page_view(f"q{number}"))
    return SentEvent(answer["id"], answer["event_id"])


def exchange(relays: Sequence[stack.Stack], numbers: range) -> list[list[SentEvent]]:
    """Send an event with each number to each relay, in alternating order."""
    sent: list[list[SentEvent]] = [[] for _ in relays]
    for number in numbers:
        turns = list(zip(relays, sent, strict=True))
        for made, own in turns if number % 2 else reversed(turns):
            own.append(send(made, number))
            time.sleep(EVERY_SECONDS)
    return sent


def milliseconds(made: stack.Stack, sent: Sequence[SentEvent]) -> list[float]:
    """Latency of each event in milliseconds, sorted."""
    until(
        lambda: set(_arrivals(made)) >= {event.event_id for event in sent},
        "all events have arrived",
        seconds=30,
    )
    arrivals = _arrivals(made)
    return sorted(
        (arrivals[event.event_id] - _timestamp(made.relay.event(event.id)["received_at"])) * 1000
        for event in sent
    )


def _arrivals(made: stack.Stack) -> dict[str, float]:
    lines = made.sandbox.get("log", limit="1000000")["log"]
    return {line["event_id"]: _timestamp(line["at"]) for line in lines}


def _timestamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def p95(times: Sequence[float]) -> float:
    """The 95th percentile of sorted times."""
    return times[math.ceil(len(times) * 0.95) - 1]


def report(idle: Sequence[float], loaded: Sequence[float]) -> None:
    """Print both relays' latencies and the target."""
    print("\n| relay | median ms | p95 ms | maximum ms |\n| --- | --- | --- | --- |")
    for name, times in (("idle", idle), ("loaded", loaded)):
        print(f"| {name} | {median(times):.1f} | {p95(times):.1f} | {times[-1]:.1f} |")
    print(f"\n{HEAD}")
    print(Target("p95 of quiet companies, relative to an idle relay", MAX_RATIO).row(p95(loaded) / p95(idle)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--companies", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    gong = {"LATENCY_SECONDS": str(LATENCY_SECONDS)}
    plan = stack.Plan(accounts(options.companies), gong=gong, workers=options.workers)
    print(
        f"{describe()}; {options.waiting} events of one company are queued, {options.companies - 1} are quiet"
    )
    with ExitStack() as started:
        relays = [started.enter_context(stack.running(plan)) for _ in ("idle", "loaded")]
        loaded = relays[1]
        open_filler(loaded.store.url).fill(plan.accounts[0].name, options.waiting)
        exchange(relays, range(-10, 0))  # warms up
        times = [*map(milliseconds, relays, exchange(relays, range(options.pairs)))]
        still = loaded.relay.open_events()
    print(f"{still} events are still queued at the end.")
    report(*times)


if __name__ == "__main__":
    main()
