"""How fast the operator's pages are, and how many commands each costs the store, with a million events held.

`python -m bench.pages [--events 1000000] [--rounds 20]`. A store as `gong-relay up` starts it is given 1,000 events,
and every page is asked for; then a million, and every page is asked for again. Of ten events five are queued, two
filtered, two dead letters of some faults, and one is delivered. Nothing else uses the store meanwhile, so its own
count of commands is the page's. A page's time is the caller's, with gunicorn and the way through loopback in it.
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

from bench.aims import HEAD, Aim
from bench.filling import PER_RECEIPT, Filler, delivered, new_receipt, open_filler, person
from bench.ingest import served
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
COMMANDS_BOUND = 4_000
_AS_KNOWN = 5 / 10, 7 / 10, 9 / 10
"""Up to where of a receipt's events are queued, filtered, dead. The rest are delivered."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One page: seconds of each asking, and the store's commands for one."""

    path: str
    seconds: Sequence[float]
    commands: float

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20)[-1]


def fill(filler: Filler, count: int) -> None:
    """Have `count` events more, in all the states."""
    taken = 0
    for number, start in enumerate(range(0, count, PER_RECEIPT)):
        name = COMPANIES[number % len(COMPANIES)]
        receipt, events = new_receipt(name, [_fresh() for _ in range(min(PER_RECEIPT, count - start))])
        mixed = list(_mixed(events))
        accept(filler.scripts, receipt, mixed, now=datetime.now(UTC), keeping=filler.keeping)
        taken += len(events) // 10
        deliver(filler, len(events) // 10)


_numbers = iter(range(10**9))


def _fresh() -> int:
    return next(_numbers)


def _mixed(events: Sequence[NewEvent]) -> Iterator[NewEvent]:
    for place, event in enumerate(events):
        share = place / len(events)
        if _AS_KNOWN[0] <= share < _AS_KNOWN[1]:
            yield replace(event, call=None, reason="No rule is for it.")
        elif _AS_KNOWN[1] <= share < _AS_KNOWN[2]:
            fault = f"person.email is no address ({place % 7})"
            problems = orjson.dumps([{"path": "person.email", "code": "format", "message": fault}])
            yield replace(
                event, call=None, problems=problems, reason=f"person.email: {fault}", rule="page viewed"
            )
        else:
            yield event


def deliver(filler: Filler, count: int) -> None:
    """Take and settle as many as a tenth of what came."""
    for taken in lease_events(filler.scripts, worker="bench", want=count, pacing=Pacing())[1]:
        settled = end_event(
            State.DELIVERED, f"request-{taken.id}", record=b'{"status":200}', keep_seconds=86_400
        )
        assert finish(filler.scripts, taken, settled)


def paths(port: int) -> list[str]:
    """Every page, with those of one event, one fault, one person and one moment."""
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


def measure(redis: Redis, port: int, path: str, rounds: int) -> Turn:
    """One page, asked for again and again."""
    session = requests.Session()
    session.headers["X-API-Key"] = ADMIN_KEY
    seconds = []
    before = _commands(redis)
    for _ in range(rounds):
        began = time.perf_counter()
        answer = session.get(f"http://127.0.0.1:{port}{path}", timeout=60)
        seconds.append(time.perf_counter() - began)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:300]}"
    return Turn(path, seconds, (_commands(redis) - before) / rounds)


def _commands(redis: Redis) -> int:
    """How many commands the store was given, those of our own counting aside."""
    told = redis.info("commandstats")
    return sum(each["calls"] for name, each in told.items() if name != "cmdstat_info")


def report(small: Sequence[Turn], large: Sequence[Turn], few: int, many: int) -> None:
    print(f"\n| page | at {few}: commands | at {many}: commands | median ms | p95 ms |")
    print("| --- | --- | --- | --- | --- |")
    for near, far in zip(small, large, strict=True):
        row = (near.path.partition("@")[0][:60], f"{near.commands:.0f}", f"{far.commands:.0f}")
        print(f"| {' | '.join(row)} | {median(far.seconds) * 1e3:.0f} | {far.p95 * 1e3:.0f} |")
    print(f"\n{HEAD}")
    slowest = max(large, key=lambda turn: turn.p95)
    print(
        Aim(f"the slowest page's p95 with {many} events ({slowest.path})", 300, unit="ms").said(
            slowest.p95 * 1e3
        )
    )
    dearest = max(large, key=lambda turn: turn.commands)
    print(Aim(f"commands of the dearest page ({dearest.path})", COMMANDS_BOUND).said(dearest.commands))


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
        port, _ = stack.enter_context(served("relay", folder, environ))
        turns = []
        for count in (options.few, options.events - options.few):
            began = time.monotonic()
            fill(filler, count)
            print(
                f"{count} events more in {time.monotonic() - began:.0f} s; {delivered(redis)} are delivered"
            )
            turns.append([measure(redis, port, path, options.rounds) for path in paths(port)])
        report(*turns, options.few, options.events)
        gigabytes = int(redis.info("memory")["used_memory"]) / 1e9
    print(f"\nThe store held {gigabytes:.1f} GB.")


if __name__ == "__main__":
    main()
