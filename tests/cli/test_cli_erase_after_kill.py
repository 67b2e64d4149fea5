"""An erasure whose process is killed continues and ends."""

import os
import signal
import subprocess
import sys
import time

from redis import Redis

from relay.store.engine import keys
from relay.store.stores import Stores
from tests.cli.conftest import Run
from tests.store.erasure_world import JANE, RAW, accept_request, event_about
from tests.store.erasure_world import run_step as step_on
from tests.store_world import text_of_the_store

EVENTS = 800
_COMMAND = "from relay.cli.main import main; main()"


def erased(redis: Redis) -> int:
    ids = redis.zrange(keys.ERASURES, 0, -1)
    return int(redis.hget(keys.ERASURE + ids[0].decode(), "events")) if ids else 0


def test_an_erasure_continues_after_its_process_is_killed(run: Run, redis: Redis, environ: dict[str, str]):
    store = Stores(redis).main
    for start in range(0, EVENTS, 100):
        accept_request(
            store, *(event_about(f"{start}-{number}") for number in range(100)), raw=RAW + str(start).encode()
        )

    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "erase", "--email", JANE, "--yes"],
        env=os.environ | environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while erased(redis) < 20:
        assert process.poll() is None, "the process ended before it could be killed"
        assert time.monotonic() < deadline, "the process erased nothing"
    process.send_signal(signal.SIGKILL)
    process.wait(10)

    [erasure] = redis.zrange(keys.ERASURES_OPEN, 0, -1)
    assert 20 <= erased(redis) < EVENTS
    while not step_on(store):
        assert time.monotonic() < deadline, "the erasure does not end"

    report = run("erase", "--show", erasure.decode(), "--json").document
    assert (report["status"], report["erased"]) == ("done", EVENTS)
    assert JANE not in text_of_the_store(redis)
