"""The data directory of `up`: what lies where in it, and the lock that lets one `up` at a time work there."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LEFTOVERS_SECONDS = 45.0


class Held(Exception):
    """Another `up` works in the directory, or something that a killed one left."""


@dataclass(frozen=True, slots=True)
class DataDir:
    root: Path

    @property
    def env_file(self) -> Path:
        return self.root / "env"

    @property
    def server(self) -> Path:
        """Where the embedded server keeps its data."""
        return self.root / "valkey"

    @property
    def journal(self) -> Path:
        """Where the sandbox keeps what it was sent."""
        return self.root / "sandbox.jsonl"

    def log(self, name: str) -> Path:
        return self.root / "log" / f"{name}.log"

    def create(self) -> None:
        for folder in (self.root, self.server, self.root / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def held(where: DataDir, *, end_leftovers: Callable[[], None], say: Callable[[str], None]) -> Iterator[int]:
    """Hold the directory, and yield the lock's file descriptor for children to inherit.

    As children inherit it, the lock is free only when the last of them has ended: a new start never meets the rests of
    a killed one. Held tells who has it.
    """
    where.create()
    with (where.root / "lock").open("a+") as file:
        if not _taken(file.fileno()):
            _await_leftovers(where, file.fileno(), end_leftovers, say)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()


def _await_leftovers(
    where: DataDir, lock: int, end_leftovers: Callable[[], None], say: Callable[[str], None]
) -> None:
    holder = (where.root / "lock").read_text().strip()
    if not holder.isdigit() or _alive(int(holder)):
        raise Held(
            f"{where.root} is in use by another `gong-relay up` (process {holder or 'unknown'}).\n"
            "Look at it with `gong-relay status`, stop it with Ctrl-C in its terminal, or use another --data-dir."
        )
    say("The last run was killed; ending what it left behind.")
    end_leftovers()
    deadline = time.monotonic() + _LEFTOVERS_SECONDS
    while not _taken(lock):
        if time.monotonic() > deadline:
            raise Held(f"Processes of a killed run still work in {where.root}: end them, then start again.")
        time.sleep(0.1)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
