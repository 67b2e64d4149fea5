"""Starts, freezes and stops processes for the benchmarks, and reads their CPU time. Linux only, because it reads /proc."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from relay.cli.up.redis_server import server_command
from tests.valkey import Valkey

ROOT = Path(__file__).parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(log: Path, *arguments: str, environ: Mapping[str, str]) -> Iterator[int]:
    """Run a Python process for the duration of the `with`. Yields its id; its output goes to the log."""
    with log.open("ab") as out:
        command = [sys.executable, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ, stdout=out, stderr=out)
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def valkey(folder: Path, *, fsync: str | None, options: Mapping[str, str] | None = None) -> Iterator[Valkey]:
    """Run a server with this `appendfsync`, or without an append-only file if `fsync` is None."""
    folder.mkdir()
    durable = {"appendonly": "yes", "appendfsync": fsync} if fsync else {}
    server = Valkey(folder, durable | dict(options or {}))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def quickstart_options() -> dict[str, str]:
    """The options of `gong-relay up` for its server, except directory and addresses."""
    arguments = server_command("valkey-server", Path(), Path())[1:]
    options = {
        name.removeprefix("--"): value for name, value in zip(arguments[::2], arguments[1::2], strict=True)
    }
    return {
        name: value for name, value in options.items() if name not in {"port", "dir"} and "socket" not in name
    }


def cpu_seconds(process: int) -> float:
    """User and system time of a process and of its reaped children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS


def peak_megabytes(process: int) -> float:
    """Peak resident memory of a process."""
    (line,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return int(line) / 1024


def children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(name) for name in text.split()]


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """Freeze the process, so that preparing its work costs it no CPU time."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until(condition: Callable[[], object], what: str, *, seconds: float = 60.0) -> None:
    """Wait until the condition holds. Raises TimeoutError with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:.0f} s still not true: {what}")
        time.sleep(0.05)  # seldom enough not to load the store


def listening(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def describe() -> str:
    """The machine, in one line."""
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = cpu[1] if cpu else "unknown CPU"
    return f"{os.cpu_count()} x {model}, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
