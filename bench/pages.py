"""Response time of the dashboard's pages, and store commands per page, with a million events stored.

`python -m bench.pages [--events 1000000] [--rounds 20]`. Fills a store, started as `gong-relay up`
does, with 1,000 events and requests every page; then with a million, and requests every page again. Of ten events,
five are queued, two filtered, two dead letters of several clusters, and one is delivered. Nothing else uses the
store, so its command count is the page's. Times are the caller's and include gunicorn and the loopback interface.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import orjson
import requests
from redis import Redis

from bench.aims import HEAD, Target
from bench.filling import PER_RECEIPT, Filler, delivered, new_receipt, open_filler, person
from bench.ingest import serve
from bench.machine import describe, quickstart_options, valkey
from bench.runners import COMPANIES
from bench.sample import environment
from relay.config.load import load_config
from relay.core.lifecycle import State
from relay.store.accept import NewEvent, accept
from relay.store.delivery import Pacing, end_event, finish, lease_events, publish_limits
from relay.store.engine.connection import WORKER, open_redis

ADMIN_KEY = "bench-key-of-an-administrator-00"
SECRET_KEY = "bench-secret-key-0123456789-0123456789"
MAX_COMMANDS = 4_000
_SHARES = 5 / 10, 7 / 10, 9 / 10
"""Cumulative shares of a receipt's events that are queued, filtered and dead. The rest are delivered."""


@dataclass(frozen=True, slots=True)
class PageRun:
    """One page: the seconds of each request, and the store's commands per request."""

    path: str
    seconds: Sequence[float]
    commands: float

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20)[-1]


def fill(filler: Filler, count: int) -> None:
    """Add `count` events in all states."""
    for number, start in enumerate(range(0, count, PER_RECEIPT)):
        name = COMPANIES[number % len(COMPANIES)]
        receipt, events = new_receipt(name, [_next_number() for _ in range(min(PER_RECEIPT, count - start))])
        mixed = list(_mixed(events))
        accept(filler.scripts, receipt, mixed, now=datetime.now(UTC), options=filler.keeping)
        deliver(filler, len(events) // 10)


_numbers = iter(range(10**9))


def _next_number() -> int:
    return next(_numbers)


def _mixed(events: Sequence[NewEvent]) -> Iterator[NewEvent]:
    for place, event in enumerate(events):
        share = place / len(events)
        if _SHARES[0] <= share < _SHARES[1]:
            yield replace(event, call=None, reason="No rule is for it.")
        elif _SHARES[1] <= share < _SHARES[2]:
            problem = f"person.email is no address ({place % 7})"
            problems = orjson.dumps([{"path": "person.email", "code": "format", "message": problem}])
            yield replace(
                event, call=None, problems=problems, reason=f"person.email: {problem}", rule="page viewed"
            )
        else:
            yield event


def deliver(filler: Filler, count: int) -> None:
    """Take and settle `count` events."""
    for event in lease_events(filler.scripts, worker="bench", want=count, pacing=Pacing())[1]:
        settlement = end_event(
            State.DELIVERED, f"request-{event.id}", record=b'{"status":200}', keep_seconds=86_400
        )
        assert finish(filler.scripts, event, settlement)


def paths(port: int) -> list[str]:
    """Every page, including those of one event, one cluster, one person and one period."""
    newest = _answer(port, "/v1/events?status=dead&limit=1")["events"][0]
    cluster = _answer(port, "/v1/dead-letters?limit=1")["clusters"][0]["cluster"]
    middle = _answer(port, "/v1/events?limit=1")["events"][0]
    company = COMPANIES[0]
    return [
        "/ops/",
        "/ops/destinations",
        f"/ops/destinations/{company}",
        "/ops/sources",
        f"/ops/sources/{company}",
        "/ops/events",
        "/ops/events?status=dead",
        f"/ops/events?destination={company}&status=queued",
        f"/ops/events?source={company}&reason=rejected",
        f"/ops/events?email={person(middle['event_id'])}",
        "/ops/events?since=-1h&status=delivered",
        f"/ops/events/{newest['id']}",
        "/ops/dead-letters",
        f"/ops/dead-letters/{cluster}",
        "/ops/replays",
        "/ops/audit",
        "/ops/erasures",
        "/metrics",
    ]


def _answer(port: int, path: str) -> dict:
    answer = requests.get(f"http://127.0.0.1:{port}{path}", headers={"X-API-Key": ADMIN_KEY}, timeout=30)
    assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def measure(redis: Redis, port: int, path: str, rounds: int) -> PageRun:
    """Request one page repeatedly."""
    session = requests.Session()
    session.headers["X-API-Key"] = ADMIN_KEY
    seconds = []
    before = _commands(redis)
    for _ in range(rounds):
        began = time.perf_counter()
        answer = session.get(f"http://127.0.0.1:{port}{path}", timeout=60)
        seconds.append(time.perf_counter() - began)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:300]}"
    return PageRun(path, seconds, (_commands(redis) - before) / rounds)


def _commands(redis: Redis) -> int:
    """Number of commands that the store ran, without those of this measurement."""
    stats = redis.info("commandstats")
    return sum(stat["calls"] for name, stat in stats.items() if name != "cmdstat_info")


def report(small: Sequence[PageRun], large: Sequence[PageRun], few: int, many: int) -> None:
    print(f"\n| page | at {few}: commands | at {many}: commands | median ms | p95 ms |")
    print("| --- | --- | --- | --- | --- |")
    for near, far in zip(small, large, strict=True):
        row = (near.path.partition("@")[0][:60], f"{near.commands:.0f}", f"{far.commands:.0f}")
        print(f"| {' | '.join(row)} | {median(far.seconds) * 1e3:.0f} | {far.p95 * 1e3:.0f} |")
    print(f"\n{HEAD}")
    slowest = max(large, key=lambda turn: turn.p95)
    print(
        Target(f"the slowest page's p95 with {many} events ({slowest.path})", 300, unit="ms").row(
            slowest.p95 * 1e3
        )
    )
    costliest = max(large, key=lambda turn: turn.commands)
    print(Target(f"commands of the costliest page ({costliest.path})", MAX_COMMANDS).row(costliest.commands))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        store = stack.enter_context(valkey(folder / "store", fsync="no", options=quickstart_options()))
        environ = dict(environment(folder, store.url, "https://api.gong.io", COMPANIES))
        environ |= {"RELAY_ADMIN_KEY": ADMIN_KEY, "RELAY_SECRET_KEYS": SECRET_KEY}
        redis, filler = open_redis(store.url, WORKER), open_filler(store.url)
        config = load_config(environ["RELAY_CONFIG"], environ={}, allow_hosts=frozenset())
        publish_limits(filler.scripts, config.destinations)
        port, _ = stack.enter_context(serve("relay", folder, environ))
        turns = []
        for count in (options.few, options.events - options.few):
            began = time.monotonic()
            fill(filler, count)
            print(
                f"{count} more events in {time.monotonic() - began:.0f} s; {delivered(redis)} are delivered"
            )
            turns.append([measure(redis, port, path, options.rounds) for path in paths(port)])
        report(*turns, options.few, options.events)
        gigabytes = int(redis.info("memory")["used_memory"]) / 1e9
    print(f"\nThe store held {gigabytes:.1f} GB.")


if __name__ == "__main__":
    main()
