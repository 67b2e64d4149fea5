"""The data directory of `up`: its layout, and the lock that allows one `up` at a time."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LEFTOVERS_SECONDS = 45.0


class DataDirInUseError(Exception):
    """Another `up`, or processes that a killed one left running, use the directory."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """The files in a data directory."""

    root: Path

    @property
    def env_file(self) -> Path:
        """Saved settings."""
        return self.root / "env"

    @property
    def server(self) -> Path:
        """The embedded Redis server's data."""
        return self.root / "valkey"

    @property
    def journal(self) -> Path:
        """The events that the sandbox received."""
        return self.root / "sandbox.jsonl"

    @property
    def children(self) -> Path:
        """The record of the child processes, while `up` runs."""
        return self.root / "children.json"

    def log(self, name: str) -> Path:
        """The log of a child process."""
        return self.root / "log" / f"{name}.log"

    def create(self) -> None:
        """Create the directories, readable by their owner only."""
        for folder in (self.root, self.server, self.root / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def lock_data_dir(
    data: DataDir, *, end_leftovers: Callable[[], None], say: Callable[[str], None]
) -> Iterator[int]:
    """Lock the directory, and yield the lock's file descriptor for child processes to inherit.

    Raises DataDirInUseError with the process that has the lock.
    """
    data.create()
    with (data.root / "lock").open("a+") as file:
        # Children inherit the lock, so it is free only when the last of them has ended: a new run never meets the
        # processes of a killed one.
        if not _try_lock(file.fileno()):
            _wait_for_leftovers(data, file.fileno(), end_leftovers, say)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()


def _wait_for_leftovers(
    data: DataDir, lock: int, end_leftovers: Callable[[], None], say: Callable[[str], None]
) -> None:
    holder = (data.root / "lock").read_text().strip()
    if not holder.isdigit() or _is_running(int(holder)):
        raise DataDirInUseError(
            f"{data.root} is in use by another `gong-relay up` (process {holder or 'unknown'}). Stop that one with "
            "Ctrl-C in its terminal, or use another --data-dir."
        )
    say("The last run was killed. Stopping the processes that it left running.")
    end_leftovers()
    deadline = time.monotonic() + _LEFTOVERS_SECONDS
    while not _try_lock(lock):
        if time.monotonic() > deadline:
            raise DataDirInUseError(
                f"Processes of a killed run still use {data.root}. Stop them, then start again."
            )
        time.sleep(0.1)


def _try_lock(file_descriptor: int) -> bool:
    try:
        fcntl.flock(file_descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It belongs to another user.
        return True
    return True
