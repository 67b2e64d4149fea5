"""Cost of a thousand delivered events, compared with the simplest loop that could post them and with stock RQ workers.

`python -m bench.delivery [--rounds 3] [--events 3000] [--latency 0 200]`. The benchmark starts a worker
and freezes it, queues its events, lets it run, and reads its CPU time when the last event is settled. So start-up
and queueing are not counted.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.machine import cpu_seconds, describe, free_port, frozen, listening, running, until, valkey
from bench.runners import COMPANIES, RUNNERS, THREADS, Runner, Stage
from bench.sample import environment
from relay.store.engine.connection import WORKER, open_redis
from tests.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Turn:
    """One contestant's turn: posts per second, and CPU seconds of the worker and of the store per thousand posts."""

    per_second: float
    worker_cpu: float
    store_cpu: float


def contest(latency: float, folder: Path, options: argparse.Namespace) -> dict[str, list[Turn]]:
    """Run all contestants in turn, round after round. Gong answers after `latency` seconds."""
    turns: dict[str, list[Turn]] = {name: [] for name in options.only}
    folder.mkdir()
    with ExitStack() as stack:
        store = stack.enter_context(valkey(folder / "store", fsync=options.fsync))
        port = free_port()
        stack.enter_context(
            running(folder / "sink.log", "-m", "bench.sink", str(port), str(latency), environ={})
        )
        until(lambda: listening(port), "the sink listens", seconds=10)
        for number in range(options.rounds):
            for name in options.only:
                stage = open_stage(folder / f"{number}-{name}", store, f"http://127.0.0.1:{port}")
                turns[name].append(run_turn(RUNNERS[name], stage, options.events))
    return turns


def open_stage(folder: Path, store: Valkey, gong: str) -> Stage:
    """Create a fresh folder and empty the store."""
    folder.mkdir()
    redis = open_redis(store.url, WORKER)
    redis.flushall()
    return Stage(folder, store, redis, gong, environment(folder, store.url, gong, COMPANIES))


def run_turn(runner: Runner, stage: Stage, events: int) -> Turn:
    """Start one contestant and let it post its events."""
    log = stage.folder / "log"
    with running(log, *runner.command(stage), environ=stage.environ) as worker:
        until(lambda: runner.ready(stage), f"a worker is ready; see {log}", seconds=20)
        time.sleep(0.5)
        return measure(runner, stage, worker, int(events * runner.share))


def measure(runner: Runner, stage: Stage, worker: int, events: int) -> Turn:
    """Measure one turn, from when the worker runs until its last event is settled."""
    assert stage.store.process is not None
    store = stage.store.process.pid
    with frozen(worker):
        runner.queue_calls(stage, events)
        before, store_before = cpu_seconds(worker), cpu_seconds(store)
        began = time.monotonic()
    until(lambda: runner.settled(stage, events), f"{events} events are settled; see {stage.folder}")
    seconds = time.monotonic() - began
    spent, store_spent = cpu_seconds(worker) - before, cpu_seconds(store) - store_before
    return Turn(events / seconds, spent / events * 1000, store_spent / events * 1000)


def report(title: str, turns: dict[str, list[Turn]]) -> None:
    """Print the medians, and each worker's cost relative to the loop, pair by pair."""
    print(f"\n{title}\n\n| contestant | posts/s | worker CPU s/1000 | x loop | store CPU s/1000 |")
    print("| --- | --- | --- | --- | --- |")
    for name, own in turns.items():
        rate, worker, store = (median(getattr(turn, field) for turn in own) for field in Turn.__slots__)
        pairs = zip(own, turns.get("loop", own), strict=True)
        ratio = median(turn.worker_cpu / floor.worker_cpu for turn, floor in pairs)
        print(f"| {name} | {rate:.0f} | {worker:.2f} | {ratio:.2f} | {store:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument(
        "--latency", type=int, nargs="+", default=[0, 200], help="milliseconds until Gong answers"
    )
    parser.add_argument("--only", nargs="+", choices=tuple(RUNNERS), default=tuple(RUNNERS))
    parser.add_argument("--fsync", choices=("always", "everysec"), default="always")
    options = parser.parse_args()
    print(f"{describe()}; {THREADS} threads, {len(COMPANIES)} companies, append-only file: {options.fsync}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for milliseconds in options.latency:
            turns = contest(milliseconds / 1000, Path(folder, str(milliseconds)), options)
            report(f"Gong answers after {milliseconds} ms", turns)


if __name__ == "__main__":
    main()
