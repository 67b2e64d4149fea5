"""The clock of the store's machine is set while web and workers run: events arrive at Gong as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.clock_shim import clock_environ, write_clock
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
HOUR = 3600
STEPS = (-HOUR, 0, HOUR, 0, 25 * HOUR, -25 * HOUR, 0)


@pytest.fixture
def control(tmp_path: Path) -> Path:
    return tmp_path / "clock"


@pytest.fixture
def stack(launch: Launch, control: Path) -> Iterator[Stack]:
    with launch(Plan([ACCOUNT], FAST, store_environ=clock_environ(control))) as stack:
        yield stack
        # Not in order: libfaketime may block forever in the server's signal handler.
        stack.store.kill()


def test_events_arrive_within_seconds_after_every_step(stack: Stack, control: Path):
    redis = Redis.from_url(stack.store.url)
    wanted: set[str] = set()
    for number, step in enumerate((0, *STEPS)):
        write_clock(control, step)
        for part in range(3):
            stack.relay.accept(ACCOUNT, page_view(f"{number}-{part}"))
            wanted.add(f"web:{number}-{part}")
        eventually(lambda: wanted <= set(stack.sandbox.event_ids()), within=30, what="every event in Gong")
    assert sorted(stack.sandbox.event_ids()) == sorted(wanted)
    assert redis.zcard("relay:events") == len(wanted)

    # The worker compares the clocks every ten seconds.
    write_clock(control, -HOUR)
    log = stack.workers[0].log
    eventually(lambda: "worker.clock_differs" in log.read_text(), within=40, what="the worker's warning")
    eventually(lambda: "store.clock_set" in log.read_text(), within=40, what="the warning about the store")
