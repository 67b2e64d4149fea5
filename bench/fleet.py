"""Rate that many companies reach compared with what Gong allows, and the cost per call.

`python -m bench.fleet [--companies 300] [--workers 2] [--seconds 30] [--threads 128]`. The sandbox answers
after 200 ms, enforces the limits and counts. The benchmark starts the workers and freezes them, queues more events per
company than it may send, and lets the workers run. The share is the number of accepted calls within `seconds` of the
first call, divided by `companies x 3 x seconds`. The bare loop posts bodies at the same rate to the same sandbox,
before and after, to a company without limits, with as many processes and threads as the workers have.
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

from bench.aims import HEAD, Target
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
    """Parameters of a run."""

    companies: int
    workers: int
    seconds: float
    threads: int

    @property
    def rate(self) -> int:
        """Calls per second that Gong allows all companies together."""
        return self.companies * PER_SECOND

    @property
    def events_per_company(self) -> int:
        """A tenth more than a company may send in the run, plus its burst."""
        return math.ceil(PER_SECOND * self.seconds * 1.1) + PER_SECOND


@dataclass(frozen=True, slots=True)
class Result:
    """What the sandbox counted, and what the workers used. CPU in seconds per thousand calls."""

    share: float
    pace: float
    most_in_one_second: int
    over: int
    rate_limited: int
    worker_cpu: float
    store_cpu: float
    megabytes: tuple[float, ...]


@contextmanager
def relay(run: Run) -> Iterator[stack.Stack]:
    """Run store, sandbox, web and workers as processes. Yields with full queues and frozen workers."""
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
            filler.fill(account.name, run.events_per_company)
        yield made


def fleet(made: stack.Stack, run: Run) -> Result:
    """Let the workers run for `run.seconds` and measure."""
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
    calls = sum(company["calls"] for company in counted.values()) / 1000
    arrivals = _arrivals(made).values()
    most = [company["peak_calls_per_second"] for company in counted.values()]
    return Result(
        share=sum(second < run.seconds for seconds in arrivals for second in seconds)
        / (run.rate * run.seconds),
        pace=mean(map(_pace, arrivals)),
        most_in_one_second=max(most),
        over=sum(busiest > PER_SECOND for busiest in most),
        rate_limited=sum(company["rate_limited"] for company in counted.values()),
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
    """Arrival times of each company's accepted calls, in seconds after the very first call."""
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


def _pace(times: Sequence[float]) -> float:
    """Rate of the calls after the first burst, relative to the allowed rate."""
    return (len(times) - PER_SECOND) / (times[-1] - times[0]) / PER_SECOND


def floor(made: stack.Stack, run: Run, name: str) -> float:
    """CPU seconds of the bare loop per thousand calls, at the rate that all companies together may use."""
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
        until(lambda: _all_exist(files, ".done"), "the loops are done", seconds=5 * FLOOR_SECONDS)
        spent = _cpu(processes) - before
    made.sandbox.post("reset")
    return spent / (calls * run.workers) * 1000


def _all_exist(files: Sequence[Path], suffix: str) -> bool:
    return all(file.with_suffix(suffix).exists() for file in files)


def run_benchmark(run: Run) -> tuple[Result, float]:
    """The relay's result, and the bare loop's CPU per thousand calls as the mean of before and after."""
    with relay(run) as made:
        before = floor(made, run, "before")
        result = fleet(made, run)
        return result, mean((before, floor(made, run, "after")))


def report(run: Run, result: Result, loop: float) -> None:
    """Print the measurements with their targets."""
    least = 0.97 if run.workers == 1 else 0.93
    print(
        f"\n{run.companies} companies, {run.workers} workers, {run.threads} threads, {run.seconds:g} s\n\n{HEAD}"
    )
    print(Target("share of the allowed rate", least, least=True).row(result.share))
    print(Target("most calls of a company in any second", PER_SECOND).row(result.most_in_one_second))
    print(Target("companies above 3", 0).row(result.over))
    print(Target("429 answers", 0).row(result.rate_limited))
    print(Target("workers' CPU per call, relative to the bare loop", 1.4).row(result.worker_cpu / loop))
    for number, megabytes in enumerate(result.megabytes, 1):
        print(Target(f"peak memory of worker {number}", 120, unit="MB").row(megabytes))
    print(
        f"\nFrom each company's first call to its last, without its first burst, the share is {result.pace:.3f}."
    )
    print(
        f"CPU seconds per 1000 calls: workers {result.worker_cpu:.2f}, bare loop {loop:.2f}, store {result.store_cpu:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=Settings().worker_threads, help="threads per worker")
    options = parser.parse_args()
    run = Run(options.companies, options.workers, options.seconds, options.threads)
    print(describe())
    report(run, *run_benchmark(run))


if __name__ == "__main__":
    main()
