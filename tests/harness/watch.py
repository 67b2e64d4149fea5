"""Watches a web process during an attack: its silences, its memory, and the requests of others."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.accounts import Account
from tests.harness.processes import ROOT
from tests.harness.stack import Stack

_AFTER_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What happened during one attack."""

    seconds: float
    """Longest time without an answer at /livez."""
    own_seconds: float
    """The same without what the machine did: neither waiting for a CPU, nor what a trivial server needed."""
    trivial_seconds: float
    """Longest time without an answer of a trivial server on the same machine."""
    posted: int
    rejected: int
    """Requests of another source that were accepted, and that were not."""
    peak_mb: float
    """The most memory of the process, in MB."""


def web_process(stack: Stack) -> int:
    """Return the id of the process that serves requests."""
    assert stack.web.popen is not None
    master = stack.web.popen.pid
    [child] = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(child)


@contextmanager
def watching(stack: Stack, neighbor: Account) -> Iterator[list[Watch]]:
    """Watch while the block runs; the list then has the result."""
    pid = web_process(stack)
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # starts a new peak
    command = [sys.executable, "-m", "tests.harness.probe", stack.url, str(pid), neighbor.key]
    probe = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert probe.stdout is not None
    first = probe.stdout.readline()
    results: list[Watch] = []
    try:
        yield results
        # Another source's request is in progress during the attack, or follows it.
        time.sleep(_AFTER_SECONDS)
    finally:
        output, _ = probe.communicate(timeout=120)
    results.append(_summarize([first, *output.splitlines()], _peak_mb(pid)))


def _summarize(lines: list[bytes], peak_mb: float) -> Watch:
    probes: list[dict[str, Any]] = [json.loads(line) for line in lines]
    statuses = [probe["posted"] for probe in probes]
    return Watch(
        seconds=max(probe["seconds"] for probe in probes),
        own_seconds=max(probe["seconds"] - probe["machine"] - probe["trivial"] for probe in probes),
        trivial_seconds=max(probe["trivial"] for probe in probes),
        posted=statuses.count(202),
        rejected=len(statuses) - statuses.count(202),
        peak_mb=peak_mb,
    )


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
