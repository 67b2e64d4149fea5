"""How near many companies together come to the rate that Gong allows each, and what a call then costs.

`python -m bench.fleet [--companies 300] [--workers 2] [--seconds 30] [--threads 128]`. The local Gong, which answers
after 200 ms, holds the limits and counts. Workers are started and frozen, every company is given more events than it
may send, and they are let go. The share is of accepted calls: those that arrived from the first call of all until
`seconds` later, of `companies x 3 x seconds`. The bare loop posts as many bodies a second to the same Gong, before
and after, to a company without limits: as many processes as there are workers, a pool of as many threads each.
"""

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean

import orjson

from bench.aims import HEAD, Aim
from bench.filling import open_filler
from bench.machine import cpu_seconds, describe, peak_megabytes, running, until
from bench.sample import gong_body
from relay.settings import Settings
from relay.store.engine.connection import WORKER, open_redis
from tests.harness import stack
from tests.harness.accounts import accounts

PER_SECOND = 3
LATENCY_SECONDS = 0.2
FLOOR_SECONDS = 10.0
UNLIMITED = {"per_second": 1_000_000, "burst": 1_000_000, "per_day": 100_000_000}


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked of a run."""

    companies: int
    workers: int
    seconds: float
    threads: int

    @property
    def rate(self) -> int:
        """Calls a second that Gong allows all companies together."""
        return self.companies * PER_SECOND

    @property
    def each(self) -> int:
        """Events for one company: a tenth more than it may send in the run, and its burst."""
        return math.ceil(PER_SECOND * self.seconds * 1.1) + PER_SECOND


@dataclass(frozen=True, slots=True)
class Told:
    """What the local Gong counted, and what the workers used. CPU in seconds for a thousand calls."""

    share: float
    pace: float
    most_in_one_second: int
    over: int
    throttled: int
    worker_cpu: float
    store_cpu: float
    megabytes: tuple[float, ...]


@contextmanager
def relay(run: Run) -> Iterator[stack.Stack]:
    """Store, local Gong, web and workers as processes. The workers stand still, and their queues are full."""
    plan = stack.Plan(
        accounts(run.companies),
        settings={"RELAY_WORKER_THREADS": str(run.threads)},
        gong={"LATENCY_SECONDS": str(LATENCY_SECONDS)},
        workers=run.workers,
    )
    with stack.running(plan) as made:
        redis = open_redis(made.store.url, WORKER)
        until(lambda: redis.scard("rq:workers") == run.workers, "all workers are ready", seconds=30)
        time.sleep(0.5)
        for worker in made.workers:
            worker.freeze()
        filler = open_filler(made.store.url)
        for account in plan.accounts:
            filler.fill(account.name, run.each)
        yield made


def fleet(made: stack.Stack, run: Run) -> Told:
    """Let the workers go for so many seconds."""
    workers, store = _processes(made)
    before, store_before = _cpu(workers), _cpu(store)
    for worker in made.workers:
        worker.thaw()
    until(made.sandbox.companies, "a first call arrives", seconds=10)
    time.sleep(run.seconds + 0.2)
    spent, store_spent = _cpu(workers) - before, _cpu(store) - store_before
    counted = made.sandbox.companies()
    peaks = tuple(peak_megabytes(worker) for worker in workers)
    for worker in made.workers:
        worker.freeze()
    calls = sum(told["calls"] for told in counted.values()) / 1000
    arrivals = _arrivals(made).values()
    most = [told["peak_calls_per_second"] for told in counted.values()]
    return Told(
        share=sum(moment < run.seconds for each in arrivals for moment in each) / (run.rate * run.seconds),
        pace=mean(map(_pace, arrivals)),
        most_in_one_second=max(most),
        over=sum(busiest > PER_SECOND for busiest in most),
        throttled=sum(told["rate_limited"] for told in counted.values()),
        worker_cpu=spent / calls,
        store_cpu=store_spent / calls,
        megabytes=peaks,
    )


def _processes(made: stack.Stack) -> tuple[list[int], list[int]]:
    workers = [worker.popen.pid for worker in made.workers if worker.popen]
    assert made.store.process is not None
    return workers, [made.store.process.pid]


def _cpu(processes: Sequence[int]) -> float:
    return sum(map(cpu_seconds, processes))


def _arrivals(made: stack.Stack) -> dict[str, list[float]]:
    """When each company's accepted calls arrived, in seconds after the first of all."""
    lines = made.sandbox.get("log", limit="1000000")["log"]
    stamps = sorted(
        (datetime.fromisoformat(line["at"]).timestamp(), line["company"])
        for line in lines
        if line["status"] < 300
    )
    arrivals: dict[str, list[float]] = {}
    for stamp, company in stamps:
        arrivals.setdefault(company, []).append(stamp - stamps[0][0])
    return arrivals


def _pace(moments: Sequence[float]) -> float:
    """The calls after the first burst, by the time they took, beside what is allowed."""
    return (len(moments) - PER_SECOND) / (moments[-1] - moments[0]) / PER_SECOND


def floor(made: stack.Stack, run: Run, name: str) -> float:
    """CPU seconds of the bare loop for a thousand calls, at the rate that all companies together are allowed."""
    made.sandbox.post("companies/floor", UNLIMITED)
    url = f"{made.gong_url}/c/floor/v2/digital-interaction"
    calls = int(run.rate / run.workers * FLOOR_SECONDS)
    files = [made.folder / f"{name}-{number}.ndjson" for number in range(run.workers)]
    with ExitStack() as loops:
        processes = []
        for file in files:
            command = ("-m", "bench.loop", url, str(file), str(run.threads), str(run.rate / run.workers))
            processes.append(loops.enter_context(running(made.folder / "loop.log", *command, environ={})))
        until(lambda: _all_exist(files, ".ready"), "the loops are ready", seconds=20)
        before = _cpu(processes)
        for file in files:
            lines = b"\n".join(orjson.dumps(gong_body(f"{file.stem}:{number}")) for number in range(calls))
            part = file.with_suffix(".part")
            part.write_bytes(lines)
            part.rename(file)
        until(lambda: _all_exist(files, ".done"), "the loops have posted", seconds=5 * FLOOR_SECONDS)
        spent = _cpu(processes) - before
    made.sandbox.post("reset")
    return spent / (calls * run.workers) * 1000


def _all_exist(files: Sequence[Path], suffix: str) -> bool:
    return all(file.with_suffix(suffix).exists() for file in files)


def turns(run: Run) -> tuple[Told, float]:
    """The relay's run, and the bare loop's CPU for a thousand calls: the mean of before and after."""
    with relay(run) as made:
        before = floor(made, run, "before")
        told = fleet(made, run)
        return told, mean((before, floor(made, run, "after")))


def report(run: Run, told: Told, loop: float) -> None:
    """The figures beside their aims."""
    least = 0.97 if run.workers == 1 else 0.93
    print(
        f"\n{run.companies} companies, {run.workers} workers, {run.threads} threads, {run.seconds:g} s\n\n{HEAD}"
    )
    print(Aim("share of the allowed rate", least, least=True).said(told.share))
    print(Aim("most calls of a company in any second", PER_SECOND).said(told.most_in_one_second))
    print(Aim("companies above that", 0).said(told.over))
    print(Aim("answers 429", 0).said(told.throttled))
    print(Aim("workers' CPU for a call, beside the bare loop's", 1.4).said(told.worker_cpu / loop))
    for number, megabytes in enumerate(told.megabytes, 1):
        print(Aim(f"peak memory of worker {number}", 120, unit="MB").said(megabytes))
    print(
        f"\nWithout each company's first burst, from its first call to its last, that share is {told.pace:.3f}."
    )
    print(
        f"CPU seconds for 1000 calls: workers {told.worker_cpu:.2f}, bare loop {loop:.2f}, store {told.store_cpu:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=Settings().worker_threads, help="of each worker")
    options = parser.parse_args()
    run = Run(options.companies, options.workers, options.seconds, options.threads)
    print(describe())
    report(run, *turns(run))


if __name__ == "__main__":
    main()
