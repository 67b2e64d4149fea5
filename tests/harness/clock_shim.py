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
        # In one step: the server reads the file at any time.
        new = self.control.with_suffix(".new")
        new.write_text(f"{seconds:+.0f}")
        new.rename(self.control)
        deadline = time.monotonic() + 10
        while abs(self.redis.time()[0] - time.time() - seconds) > 2:
            assert time.monotonic() < deadline, "the server's clock was not set: does libfaketime work here?"
            time.sleep(0.01)


@contextmanager
def stepping_server() -> Iterator[SteppingServer]:
    """Start a server whose clock can be set. Skips the test without libfaketime."""
    if LIBRARY is None:
        assert "RELAY_REQUIRE_FAKETIME" not in os.environ, "install libfaketime (apt-get install faketime)"
        pytest.skip("libfaketime is not installed")
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        control = Path(folder) / "clock"
        control.write_text("+0")
        shim = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(control), "FAKETIME_NO_CACHE": "1"}
        # Blocking commands and timeouts use the other clock, which stays as it is.
        server = Valkey(Path(folder), environ=shim | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        server.start()
        client = open_redis(server.url, WORKER)
        yield SteppingServer(server, client, control)
        client.close()
        # Not `stop`: libfaketime may block forever in the server's signal handler.
        server.kill()
