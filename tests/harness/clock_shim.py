"""A server whose clock can be set while it runs, by libfaketime. Its clock for durations goes on as it is."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from relay.store.engine.connection import WORKER, open_redis
from tests.valkey import Valkey

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


@dataclass(frozen=True, slots=True)
class SteppingServer:
    """A running server and the file that sets its clock."""

    valkey: Valkey
    redis: Redis
    control: Path

    def set_clock(self, seconds: float) -> None:
        """Set the server's clock to this many seconds ahead of the real time; less than 0 is behind it."""
        write_clock(self.control, seconds)
        deadline = time.monotonic() + 10
        while abs(self.redis.time()[0] - time.time() - seconds) > 2:
            assert time.monotonic() < deadline, "the server's clock was not set: does libfaketime work here?"
            time.sleep(0.01)


def write_clock(control: Path, seconds: float) -> None:
    """Write the file that sets a server's clock, in one step: the server reads it at any time."""
    new = control.with_suffix(".new")
    new.write_text(f"{seconds:+.0f}")
    new.rename(control)


def clock_environ(control: Path) -> dict[str, str]:
    """Return the variables with which a server's clock is set by a file. Skips the test without libfaketime."""
    if LIBRARY is None:
        assert "RELAY_REQUIRE_FAKETIME" not in os.environ, "install libfaketime (apt-get install faketime)"
        pytest.skip("libfaketime is not installed")
    write_clock(control, 0)
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(control),
        "FAKETIME_NO_CACHE": "1",
        # Blocking commands and timeouts use the other clock, which stays as it is.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def stepping_server() -> Iterator[SteppingServer]:
    """Start a server whose clock can be set. Skips the test without libfaketime."""
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        control = Path(folder) / "clock"
        server = Valkey(Path(folder), environ=clock_environ(control))
        server.start()
        client = open_redis(server.url, WORKER)
        yield SteppingServer(server, client, control)
        client.close()
        # Not `stop`: libfaketime may block forever in the server's signal handler.
        server.kill()
