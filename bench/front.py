"""Cost of a deep store for its users: a POST to the endpoint, and the delivery of one event.

Called by `python -m bench.depth`, which measures the store alone. Here, a web process and a worker run on each of
its two stores, with a stand-in for Gong that answers at once.
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import orjson
import requests
from redis import Redis

from bench.filling import Filler, delivered
from bench.ingest import serve
from bench.machine import free_port, listening, running, until
from bench.sample import KEY, environment, event
from tests.valkey import Valkey

POSTS = 25
_numbers = count(50_000_000)


class Side(Protocol):
    """One store and its filler."""

    @property
    def store(self) -> Valkey: ...
    @property
    def redis(self) -> Redis: ...
    @property
    def filler(self) -> Filler: ...


def endpoints(sides: Sequence[Side], companies: list[str], folder: Path, *, rounds: int) -> list[list[float]]:
    """For each side, round by round, the median seconds from a POST to its 202."""
    seconds: list[list[float]] = [[] for _ in sides]
    with ExitStack() as stack:
        ports = [
            stack.enter_context(_endpoint(side, companies, folder, own)) for own, side in enumerate(sides)
        ]
        session = stack.enter_context(requests.Session())
        for number in range(rounds):
            for own in _in_turn(number, len(sides)):
                seconds[own].append(median(_post(session, ports[own]) for _ in range(POSTS)))
    return seconds


@contextmanager
def _endpoint(side: Side, companies: list[str], folder: Path, own: int) -> Iterator[int]:
    directory = folder / f"endpoint{own}"
    directory.mkdir()
    environ = dict(environment(directory, side.store.url, "https://api.gong.io", companies))
    with serve("relay", directory, environ) as (port, _):
        yield port


def _post(session: requests.Session, port: int) -> float:
    body = orjson.dumps(event(str(next(_numbers))))
    began = time.perf_counter()
    answer = session.post(
        f"http://127.0.0.1:{port}/v1/events",
        data=body,
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        timeout=10,
    )
    seconds = time.perf_counter() - began
    assert answer.status_code == 202, answer.text
    return seconds


def trips(
    sides: Sequence[Side], companies: list[str], folder: Path, *, rounds: int, events: int
) -> list[list[float]]:
    """For each side, round by round, the seconds that a worker needs to deliver one event."""
    seconds: list[list[float]] = [[] for _ in sides]
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(running(folder / "sink.log", "-m", "bench.sink", str(port), "0", environ={}))
        until(lambda: listening(port), "the sink listens", seconds=10)
        for number in range(rounds):
            for own in _in_turn(number, len(sides)):
                directory = folder / f"trip{own}-{number}"
                directory.mkdir()
                environ = environment(directory, sides[own].store.url, f"http://127.0.0.1:{port}", companies)
                seconds[own].append(_trip(sides[own], companies, directory, environ, events))
    return seconds


def _trip(side: Side, companies: list[str], directory: Path, environ: Any, events: int) -> float:
    """Queue events while the worker is frozen, then measure their delivery."""
    with running(directory / "log", "-m", "workers", environ=environ) as worker:
        until(lambda: side.redis.scard("rq:workers") > 0, f"a worker is ready; see {directory}", seconds=20)
        time.sleep(1)
        os.kill(worker, signal.SIGSTOP)
        for name in companies:
            numbers = [next(_numbers) for _ in range(events // len(companies))]
            side.filler.accept(name, numbers)
        goal = delivered(side.redis) + events
        began = time.perf_counter()
        os.kill(worker, signal.SIGCONT)
        until(lambda: delivered(side.redis) >= goal, f"{events} events are delivered; see {directory}")
        return (time.perf_counter() - began) / events


def _in_turn(number: int, sides: int) -> Sequence[int]:
    return range(sides) if number % 2 else range(sides - 1, -1, -1)
