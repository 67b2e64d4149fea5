"""A process of the relay under test, which can be started, killed, frozen and terminated, with a log file."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a TCP port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One program in a process group of its own, so that a signal reaches its children too."""

    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def signal(self, number: signal.Signals) -> None:
        assert self.popen is not None
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def kill(self) -> None:
        """Kill the whole group with SIGKILL, so that nothing is flushed."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Send SIGTERM to the first process only, as a supervisor does."""
        assert self.popen is not None
        self.popen.terminate()

    def wait(self, seconds: float) -> int:
        """Return the exit status. Raises `subprocess.TimeoutExpired`."""
        assert self.popen is not None
        return self.popen.wait(seconds)

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def stop(self) -> None:
        """Kill the process if it runs."""
        if self.popen is not None:
            self.kill()


def tail(log: Path, lines: int = 25) -> str:
    """Return the last lines of a log."""
    if not log.exists():
        return ""
    text = log.read_text("utf-8", "replace").splitlines()[-lines:]
    return "\n".join([f"--- the end of {log}", *(line[:400] for line in text)])
