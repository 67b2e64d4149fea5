"""The child processes of `up`: how they stop in order, and the record by which another process can stop them."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

_HURRIED_SECONDS = 1.0
_POLL_SECONDS = 0.05


class Stoppable(Protocol):
    """A process that leads its own process group."""

    @property
    def stop_seconds(self) -> float:
        """How long it may take to end after SIGTERM."""

    def is_running(self) -> bool: ...

    def terminate(self) -> None:
        """Send SIGTERM to the process, if it runs."""

    def kill_group(self) -> None:
        """Kill what is left of its group."""


def stop_in_order(groups: Sequence[Sequence[Stoppable]], is_hurried: Callable[[], bool]) -> None:
    """Stop the last group first. A process that does not end in time, or within a second in a hurry, is killed."""
    for group in reversed(groups):
        for process in group:
            process.terminate()
        for process in group:
            _wait_for_end(process, is_hurried)
            process.kill_group()


def _wait_for_end(process: Stoppable, is_hurried: Callable[[], bool]) -> None:
    deadline = time.monotonic() + process.stop_seconds
    while process.is_running() and time.monotonic() < deadline:
        if is_hurried():
            deadline = min(deadline, time.monotonic() + _HURRIED_SECONDS)
        time.sleep(_POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class RecordedChild:
    """A child of an `up`, which may have been killed."""

    pid: int
    started: str
    """When the process started, as `read_start` returned it. An operating system uses process ids again."""
    stop_seconds: float

    def is_running(self) -> bool:
        """True if this process still runs."""
        return read_start(self.pid) == self.started

    def terminate(self) -> None:
        """Send SIGTERM to the process, if it runs."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, signal.SIGTERM)

    def kill_group(self) -> None:
        """Kill the process and its group, if it runs. The rest of a group whose leader has ended is not touched."""
        if self.is_running():
            signal_group(self.pid, signal.SIGKILL)


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if there is one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def write_record(path: Path, groups: Sequence[Sequence[RecordedChild]]) -> None:
    """Replace the record atomically, so that no reader sees half of it."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps([[asdict(child) for child in group] for group in groups]))
    temporary.replace(path)


def read_record(path: Path) -> list[list[RecordedChild]]:
    """Return the recorded children, in groups that start one after the other; empty if there is no record."""
    try:
        groups = json.loads(path.read_text())
        return [[RecordedChild(**child) for child in group] for group in groups]
    except (OSError, ValueError, TypeError):
        return []


def read_start(pid: int) -> str | None:
    """Return when a process started, in a form that is only compared; None if it does not run."""
    try:
        # The name in parentheses may contain anything. The state is the first field after it, the start time the 20th.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        state, started = fields[0], fields[19]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
        state, started = _ask_ps(pid)
    except ProcessLookupError:
        return None
    # A zombie has ended; only its parent has not noticed.
    return started if state[:1] not in {"", "Z", "X"} else None


def _ask_ps(pid: int) -> tuple[str, str]:
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - no shell
    state, _, started = output.strip().partition(" ")
    return state, started.strip()
