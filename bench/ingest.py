"""Events per second that one web process accepts, compared with bare Flask and with a naive `queue.enqueue`.

`python -m bench.ingest [--rounds 20] [--seconds 0.7] [--connections 16]`. Contestants take short turns, so
that other load affects all of them alike. The result is the median of the pairwise ratios.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from bench.machine import ROOT, children, cpu_seconds, describe, free_port, listening, running, until, valkey
from bench.sample import environment, template

CONTESTANTS = ("bare", "naive", "relay")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Round:
    """One contestant's turn: events per second, and CPU seconds of the web process and of the store per event."""

    per_second: float
    web_cpu: float
    store_cpu: float


@contextmanager
def serve(name: str, folder: Path, environ: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Serve a contestant with the relay's own gunicorn configuration, in one process. Yields its port and process id."""
    port = free_port()
    options = ("-c", "python:relay.gunicorn_conf", "--workers", "1", "--bind", f"127.0.0.1:{port}")
    with running(
        folder / f"{name}.log", "-m", "gunicorn", *options, f"bench.endpoints:{name}()", environ=environ
    ) as master:
        until(lambda: listening(port), f"{name} listens; see {folder}/{name}.log", seconds=20)
        until(lambda: children(master), f"{name} has a worker")
        yield port, children(master)[0]


def run_turn(port: int, web: int, store: int, options: argparse.Namespace) -> Round:
    """Send load to one contestant for a while."""
    before = cpu_seconds(web), cpu_seconds(store)
    first = next(_numbers) * 10_000_000
    command = [
        sys.executable,
        "-m",
        "bench.load",
        *map(str, (port, options.seconds, options.connections, first)),
    ]
    load = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    if load["rejected"] or not load["accepted"]:
        raise RuntimeError(f"events were not accepted: {load}")
    web_cpu = (cpu_seconds(web) - before[0]) / load["accepted"]
    store_cpu = (cpu_seconds(store) - before[1]) / load["accepted"]
    return Round(load["accepted"] / options.seconds, web_cpu, store_cpu)


def contest(fsync: str | None, options: argparse.Namespace, folder: Path) -> dict[str, list[Round]]:
    """Run every contestant's rounds on one store."""
    with ExitStack() as stack:
        store = stack.enter_context(valkey(folder / f"store-{fsync}", fsync=fsync))
        assert store.process is not None
        environ = dict(environment(folder, store.url, "https://api.gong.io", ["acme"]))
        ports = {name: stack.enter_context(serve(name, folder, environ)) for name in options.only}
        rounds: dict[str, list[Round]] = {name: [] for name in options.only}
        for number in range(options.rounds + 1):
            for name in options.only:
                result = run_turn(*ports[name], store.process.pid, options)
                if number:  # the first turn warms up
                    rounds[name].append(result)
    return rounds


def report(title: str, rounds: dict[str, list[Round]]) -> None:
    """Print the medians and the pairwise ratios."""
    print(f"\n{title}\n\n| contestant | events/s | web CPU µs | store CPU µs |\n| --- | --- | --- | --- |")
    for name, own in rounds.items():
        rate, web, store = (median(getattr(entry, field) for entry in own) for field in Round.__slots__)
        print(f"| {name} | {rate:.0f} | {web * 1e6:.0f} | {store * 1e6:.0f} |")
    for rival in ("bare", "naive"):
        if rival in rounds and "relay" in rounds:
            pairs = list(zip(rounds["relay"], rounds[rival], strict=True))
            more = sorted(ours.per_second / theirs.per_second for ours, theirs in pairs)
            less = median(theirs.web_cpu / ours.web_cpu for ours, theirs in pairs)
            spread = (
                f"half of the pairs between {more[len(more) // 4]:.2f} and {more[len(more) * 3 // 4]:.2f}"
            )
            print(f"\nrelay / {rival}: {median(more):.2f} of its events/s ({spread}); by web CPU {less:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    parser.add_argument(
        "--fsync", nargs="+", choices=("always", "everysec", "off"), default=("off", "always")
    )
    options = parser.parse_args()
    print(f"{describe()}; an event has {len(template())} bytes")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for fsync in options.fsync:
            rounds = contest(None if fsync == "off" else fsync, options, Path(folder))
            report(f"Append-only file: {fsync}", rounds)


if __name__ == "__main__":
    main()
