"""Supervises child processes: restarts those that end, and stops them in order, with time to finish their work."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from relay.cli.up.children import RecordedChild, read_start, signal_group, stop_in_order, write_record
from relay.cli.up.guard import start_guard

_PR_SET_PDEATHSIG = 1
_SHORT_LIFE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 10.0

# Loaded before any fork: a child between fork and exec should do as little as possible.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to keep running."""

    name: str
    command: tuple[str, ...]
    log: Path
    """Receives its output."""
    stop_seconds: float
    """How long it may take to end after SIGTERM."""
    serves_others: bool = False
    """If `up` is killed, it runs until the children that start after it have ended."""
    explain_end: Callable[[], str | None] = lambda: None
    """Returns why it ended and what to do, or None if that is unknown."""


@dataclass(slots=True, kw_only=True)
class _Running:
    child: Child
    process: "subprocess.Popen[bytes]"
    started_at: float
    pause_seconds: float = _FIRST_PAUSE_SECONDS
    restart_at: float | None = None

    @property
    def stop_seconds(self) -> float:
        return self.child.stop_seconds

    def is_running(self) -> bool:
        return self.process.poll() is None

    def terminate(self) -> None:
        if self.is_running():
            self.process.terminate()

    def kill_group(self) -> None:
        signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def describe(self) -> RecordedChild | None:
        started = read_start(self.process.pid)
        return RecordedChild(self.process.pid, started, self.child.stop_seconds) if started else None


@dataclass(slots=True)
class Supervisor:
    """The children of one `up`."""

    environ: Mapping[str, str]
    say: Callable[[str], None]
    """Prints a line for the operator."""
    inherited: tuple[int, ...] = ()
    """File descriptors that the children inherit."""
    record: Path | None = None
    """File that lists the children while they run. With it, a guard stops them if this process is killed."""
    _groups: list[list[_Running]] = field(default_factory=list)
    _guard: "subprocess.Popen[bytes] | None" = None

    def start(self, *children: Child) -> None:
        """Start children that stop together. Groups that start first stop last."""
        self._check_guard()
        self._groups.append([])
        for child in children:
            _rotate_log(child.log)
            self._groups[-1].append(
                _Running(child=child, process=self._spawn(child), started_at=time.monotonic())
            )
            self._write_record()

    def find_ended(self) -> Child | None:
        """Return a child that has ended; None if all run."""
        ended = (running.child for running in self._all() if running.process.poll() is not None)
        return next(ended, None)

    def newest(self) -> Child:
        """Return the child that was started last."""
        return self._groups[-1][-1].child

    def restart_ended(self) -> None:
        """Restart children that have ended, after a pause. The pause grows while a child ends soon after its start."""
        self._check_guard()
        for running in self._all():
            if running.restart_at is not None:
                self._restart_if_due(running)
            elif running.process.poll() is not None:
                self._schedule_restart(running)

    def stop(self, *, is_hurried: Callable[[], bool]) -> None:
        """Stop the children, the last group first. A child that does not end in time, or in a hurry, is killed."""
        stop_in_order(self._groups, is_hurried)
        self._groups.clear()
        if self.record is not None and self._guard is not None:
            self.record.unlink(missing_ok=True)
            self._guard.communicate()

    def _all(self) -> Iterator[_Running]:
        return (running for group in self._groups for running in group)

    def _spawn(self, child: Child) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        with child.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own commands, without a shell
                child.command,
                env={**self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only this process, which decides the order of stopping
                pass_fds=self.inherited,
                preexec_fn=None if child.serves_others else lambda: _end_with(parent),  # noqa: PLW1509 - one thread, and libc is loaded
            )

    def _check_guard(self) -> None:
        """Start the guard, or another one if it has ended."""
        if self._guard is not None and self._guard.poll() is not None:
            self._guard.communicate()  # closes the pipe to it
            self._guard = None
        if self.record is not None and self._guard is None:
            self._guard = start_guard(self.record, self.inherited)

    def _write_record(self) -> None:
        if self.record is None:
            return
        groups = [[running.describe() for running in group] for group in self._groups]
        # Without space on disk, the children still have to be restarted.
        with contextlib.suppress(OSError):
            write_record(self.record, [[child for child in group if child] for group in groups])

    def _schedule_restart(self, running: _Running) -> None:
        # Children that a killed server leaves behind would keep its port.
        signal_group(running.process.pid, signal.SIGTERM)
        if time.monotonic() - running.started_at < _SHORT_LIFE_SECONDS:
            running.pause_seconds = min(running.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
        else:
            running.pause_seconds = _FIRST_PAUSE_SECONDS
        running.restart_at = time.monotonic() + running.pause_seconds
        self.say(
            f"{running.child.name} {_describe_end(running.process.returncode)}. Restarting it in "
            f"{running.pause_seconds:g} s. Its log: {running.child.log}"
        )
        explanation = running.child.explain_end()
        if explanation:
            self.say(explanation)

    def _restart_if_due(self, running: _Running) -> None:
        if running.restart_at is not None and time.monotonic() >= running.restart_at:
            running.process = self._spawn(running.child)
            running.started_at, running.restart_at = time.monotonic(), None
            self._write_record()


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a log; empty if there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def _rotate_log(log: Path) -> None:
    """Keep the log of the last run next to that of this run."""
    with contextlib.suppress(FileNotFoundError):
        log.replace(log.with_name(f"{log.name}.1"))


def _end_with(parent: int) -> None:
    """Have Linux send SIGTERM to this child when the parent ends, even if it is killed together with the guard."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent ended before the call
            os._exit(1)


def _describe_end(code: int) -> str:
    if code >= 0:
        return f"exited with status {code}"
    return f"was ended by {signal.Signals(-code).name}"
