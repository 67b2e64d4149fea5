"""Cost of accept, take and settle with 500,000 events queued, and how soon the store is ready again after kill -9.

`python -m bench.depth [--deep 500000] [--shallow 500] [--rounds 40]`. Starts two servers as
`gong-relay up` does, each with events of 100 companies. In turn, 25 single events are accepted, taken and settled on
each. The result is the median of the pairwise ratios, by wall-clock time (a write waits for the disk at any depth)
and by the server's own measurement of its scripts. Then the deep server is killed and restarted.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

import requests
from redis import Redis
from redis.exceptions import RedisError

from bench.aims import HEAD, Target
from bench.filling import Filler, new_receipt, open_filler
from bench.front import endpoints, trips
from bench.ingest import serve
from bench.machine import describe, quickstart_options, until, valkey
from bench.sample import environment
from relay.config.load import load_config
from relay.core.lifecycle import State
from relay.store.accept import accept
from relay.store.delivery import Pacing, end_event, finish, lease_events, publish_limits
from relay.store.engine.connection import WORKER, open_redis
from relay.store.queues import read_depths
from tests.valkey import Valkey

COMPANIES = [f"company{number:03d}" for number in range(100)]
BATCH = 25
OPERATIONS = ("accept", "take", "settle")
_numbers = count(10_000_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """One operation: median wall-clock seconds, and seconds by the server's own measurement."""

    clock: float
    server: float


@dataclass(frozen=True, slots=True)
class Side:
    """One server, how many events it holds, and the measurements on it."""

    store: Valkey
    redis: Redis
    filler: Filler
    environ: Mapping[str, str]
    depth: int
    costs: dict[str, list[Cost]] = field(default_factory=lambda: {name: [] for name in OPERATIONS})

    def queued(self) -> int:
        return sum(depth.states[State.QUEUED] for depth in read_depths(self.redis, COMPANIES))


def open_side(stack: ExitStack, folder: Path, depth: int) -> Side:
    """Start a server with `depth` events."""
    folder.mkdir()
    store = stack.enter_context(valkey(folder / "store", fsync="always", options=quickstart_options()))
    environ = environment(folder, store.url, "https://api.gong.io", COMPANIES)
    redis = open_redis(store.url, WORKER)
    filler = open_filler(store.url)
    config = load_config(environ["RELAY_CONFIG"], environ={}, allow_hosts=frozenset())
    publish_limits(filler.scripts, config.destinations)
    began = time.monotonic()
    for company in COMPANIES:
        filler.fill(company, depth // len(COMPANIES))
    print(f"{depth} events were accepted in {time.monotonic() - began:.0f} s")
    until(lambda: not _is_rewriting(redis), "the server has rewritten its append-only file", seconds=120)
    return Side(store, redis, filler, environ, depth)


def _is_rewriting(redis: Redis) -> bool:
    """True while a child process shares the server's memory, so that every write copies a page."""
    info = redis.info("persistence")
    return bool(info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"])


def run_operations(side: Side) -> None:
    """Accept, take and settle a few single events; the depth stays the same."""
    scripts, now = side.filler.scripts, datetime.now(UTC)
    receipts = [new_receipt(COMPANIES[number % len(COMPANIES)], [number]) for number in _next_numbers()]
    queue = iter(receipts)

    def accept_one() -> None:
        accept(scripts, *next(queue), now=now, options=side.filler.keeping)

    leased = []

    def take_one() -> None:
        leased.extend(lease_events(scripts, worker="bench", want=1, pacing=Pacing())[1])

    def settle_one() -> None:
        settlement = end_event(State.DELIVERED, f"request-{leased[-1].id}", record=b"{}", keep_seconds=3600)
        assert finish(scripts, leased.pop(), settlement)

    for name, operation in zip(OPERATIONS, (accept_one, take_one, settle_one), strict=True):
        side.costs[name].append(measure(side.redis, operation))


def _next_numbers() -> list[int]:
    return [next(_numbers) for _ in range(BATCH)]


def measure(redis: Redis, operation: Callable[[], None]) -> Cost:
    """Run an operation a few times and measure it."""
    redis.config_resetstat()
    times = []
    for _ in range(BATCH):
        began = time.perf_counter()
        operation()
        times.append(time.perf_counter() - began)
    stats = redis.info("commandstats")["cmdstat_evalsha"]
    assert stats["calls"] == BATCH, stats
    return Cost(median(times), stats["usec_per_call"] / 1e6)


def restart(side: Side) -> tuple[float, float]:
    """Kill the server with -9 and restart it. Returns the seconds until it answers, and until the waiting web is ready."""
    before = side.queued()
    folder = Path(side.environ["RELAY_CONFIG"]).parent
    with serve("relay", folder, dict(side.environ)) as (port, _):
        until(lambda: _ready(port), "the web is ready", seconds=30)
        side.store.kill()
        assert not _ready(port)
        began = time.monotonic()
        with suppress(AssertionError):  # `start` stops waiting after 20 s, but the server continues to load
            side.store.start()
        until(lambda: _answers(side.redis), "the server answers", seconds=300)
        answers = time.monotonic() - began
        until(lambda: _ready(port), "the web is ready", seconds=60)
        ready = time.monotonic() - began
    assert side.queued() == before, f"{before} events were queued, now {side.queued()}"
    return answers, ready


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False


def _ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


def report(shallow: Side, deep: Side) -> None:
    """Print each operation at both depths, and the pairwise ratios."""
    print(f"\n| | at {shallow.depth}: ms | server µs | at {deep.depth}: ms | server µs | x ms | x server |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in OPERATIONS:
        near, far = (
            (
                median(cost.clock for cost in side.costs[name]) * 1e3,
                median(cost.server for cost in side.costs[name]) * 1e6,
            )
            for side in (shallow, deep)
        )
        ratios = ratio(shallow, deep, name, "clock"), ratio(shallow, deep, name, "server")
        print(
            "| {} | {:.2f} | {:.0f} | {:.2f} | {:.0f} | {:.2f} | {:.2f} |".format(name, *near, *far, *ratios)
        )


def report_front(shallow: Side, deep: Side, folder: Path, rounds: int) -> None:
    """Print what the depth costs a sender and a worker, with the targets."""
    sides = (shallow, deep)
    posts = endpoints(sides, COMPANIES, folder, rounds=rounds)
    events = trips(sides, COMPANIES, folder, rounds=max(rounds // 8, 1), events=3_000)
    measured = {"a POST": posts, "delivery of one event": events}
    print(f"\n| | at {shallow.depth}: ms | at {deep.depth}: ms |\n| --- | --- | --- |")
    for name, (near, far) in measured.items():
        print(f"| {name} | {median(near) * 1e3:.2f} | {median(far) * 1e3:.2f} |")
    print(f"\n{HEAD}")
    for name, (near, far) in measured.items():
        pairs = zip(far, near, strict=True)
        print(
            Target(f"{name}, at {deep.depth} compared with {shallow.depth}", 1.2).row(
                median(more / less for more, less in pairs)
            )
        )


def ratio(shallow: Side, deep: Side, name: str, field: str) -> float:
    """Median ratio of the deep store's cost to the shallow store's."""
    pairs = zip(deep.costs[name], shallow.costs[name], strict=True)
    return median(getattr(more, field) / getattr(less, field) for more, less in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deep", type=int, default=500_000)
    parser.add_argument("--shallow", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        shallow = open_side(stack, Path(folder, "shallow"), options.shallow)
        deep = open_side(stack, Path(folder, "deep"), options.deep)
        for number in range(options.rounds):
            for side in (shallow, deep) if number % 2 else (deep, shallow):
                run_operations(side)
        report(shallow, deep)
        report_front(shallow, deep, Path(folder), options.rounds)
        gigabytes = int(deep.redis.info("memory")["used_memory"]) / 1e9
        answers, ready = restart(deep)
    print(
        Target(f"from restart after kill -9 until ready, with {options.deep} queued", 30, unit="s").row(ready)
    )
    print(f"\nThe store held {gigabytes:.1f} GB; it answered after {answers:.1f} s.")


if __name__ == "__main__":
    main()
