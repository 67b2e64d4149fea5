"""Child processes that are kept running until they are told to stop, in order, with time to finish what they hold."""

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

_PR_SET_PDEATHSIG = 1
_SHORT_LIFE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 10.0
_HURRIED_SECONDS = 1.0

# Loaded before any fork: a child between fork and exec should do as little as it can.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running. Its output goes to `log`; it may take `stop_seconds` to end by itself."""

    name: str
    command: tuple[str, ...]
    log: Path
    stop_seconds: float


@dataclass(slots=True)
class _Running:
    child: Child
    process: "subprocess.Popen[bytes]"
    since: float
    pause: float = _FIRST_PAUSE_SECONDS
    due: float | None = None


@dataclass(slots=True)
class Crew:
    """The children of one `up`. `say` tells the operator one line; `keep_open` are file descriptors handed down."""

    environ: Mapping[str, str]
    say: Callable[[str], None]
    keep_open: tuple[int, ...] = ()
    _ranks: list[list[_Running]] = field(default_factory=list)

    def start(self, *children: Child) -> None:
        """Start children that stop together. Those started first stop last."""
        self._ranks.append([])
        for child in children:
            _rotate(child.log)
            self._ranks[-1].append(_Running(child, self._spawn(child), time.monotonic()))

    def ended(self) -> Child | None:
        """A child that has ended, if one has."""
        return next((one.child for one in self._all() if one.process.poll() is not None), None)

    def newest(self) -> Child:
        return self._ranks[-1][-1].child

    def tend(self) -> None:
        """Start again whoever has ended, after a pause that grows while it keeps ending at once."""
        for one in self._all():
            if one.due is not None:
                self._revive(one)
            elif one.process.poll() is not None:
                self._mourn(one)

    def stop(self, *, hurried: Callable[[], bool]) -> None:
        """Stop the children, the last started first. What does not end in its time, or in a hurry, is killed."""
        for rank in reversed(self._ranks):
            for one in rank:
                _signal_process(one, signal.SIGTERM)
            for one in rank:
                _await_end(one, hurried)
                _signal_group(one, signal.SIGKILL)
                one.process.wait()
        self._ranks.clear()

    def _all(self) -> Iterator[_Running]:
        return (one for rank in self._ranks for one in rank)

    def _spawn(self, child: Child) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        with child.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own commands, without a shell
                child.command,
                env={**self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C reaches us alone, and the order of stopping is ours
                pass_fds=self.keep_open,
                preexec_fn=lambda: _end_with(parent),  # noqa: PLW1509 - one thread, and libc is loaded
            )

    def _mourn(self, one: _Running) -> None:
        # What is left of a killed server's own children would hold on to its port.
        _signal_group(one, signal.SIGTERM)
        lived = time.monotonic() - one.since
        one.pause = (
            min(one.pause * 2, _LONGEST_PAUSE_SECONDS)
            if lived < _SHORT_LIFE_SECONDS
            else _FIRST_PAUSE_SECONDS
        )
        one.due = time.monotonic() + one.pause
        how = _how_it_ended(one.process.returncode)
        self.say(f"{one.child.name} {how}; starting it again in {one.pause:g} s. Its log: {one.child.log}")

    def _revive(self, one: _Running) -> None:
        if one.due is not None and time.monotonic() >= one.due:
            one.process, one.since, one.due = self._spawn(one.child), time.monotonic(), None


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a child's log."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def _rotate(log: Path) -> None:
    """Keep the log of this run and of the one before."""
    with contextlib.suppress(FileNotFoundError):
        log.replace(log.with_name(f"{log.name}.1"))


def _end_with(parent: int) -> None:
    """On Linux, be told to stop when the parent dies, even by kill -9."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    return f"was ended by {signal.Signals(-code).name}"


def _await_end(one: _Running, hurried: Callable[[], bool]) -> None:
    deadline = time.monotonic() + one.child.stop_seconds
    while one.process.poll() is None and time.monotonic() < deadline:
        if hurried():
            deadline = min(deadline, time.monotonic() + _HURRIED_SECONDS)
        time.sleep(0.05)


def _signal_process(one: _Running, number: signal.Signals) -> None:
    if one.process.poll() is None:
        one.process.send_signal(number)


def _signal_group(one: _Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(one.process.pid, number)
