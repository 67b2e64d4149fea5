"""`alerts`: what is open, the exit code that scripts trust, and a test that says whether it arrived."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from relay.core.alerts.thresholds import AlertConfig, Thresholds
from relay.core.lifecycle import HoldCause
from relay.store.alerts import ReceiverStatus, lease_messages, settle_message
from relay.store.holds import HoldRequest, hold_destination
from relay.store.stores import Stores
from tests.alerts.monitoring import create_monitor, destination
from tests.cli.conftest import Run
from tests.harness.waiting import eventually

SECTION = """
alerts:
  receivers:
    ops: {url: https://ops.example/hook, secret: "${ALERT_SECRET}"}
"""
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
QUIET = AlertConfig(thresholds=Thresholds(relaxed_durability=False))


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text() + SECTION)
    return environ | {"ALERT_SECRET": SECRET}


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def answer(redis: Redis, outcome: str, status: int | None) -> None:
    """What a worker does that sends the next message: it ends so."""
    scripts = Stores(redis).main.scripts
    [one] = eventually(
        lambda: lease_messages(scripts, lease_seconds=60, most=1), within=10, what="the message"
    )
    now = datetime.now(UTC)
    arrived = outcome == "arrived"
    told = ReceiverStatus(one.message.id, now, outcome, status, None if arrived else now)
    settle_message(redis, one, told, again_in=None if arrived else 60)


def test_while_nothing_is_open_it_says_so_and_ends_with_0(run: Run, redis: Redis):
    create_monitor(Stores(redis).main, QUIET).check()
    ended = run("alerts")

    assert (ended.code, ended.out) == (0, "No alert is open.\n")


def test_what_is_open_is_told_with_its_remedy_and_ends_with_1(run: Run, redis: Redis):
    store = Stores(redis).main
    hold_destination(store.scripts, destination(), HoldRequest(HoldCause.FORBIDDEN, "", None))
    create_monitor(store, QUIET).check()
    ended = run("alerts")
    lines = ended.out.splitlines()

    assert ended.code == 1
    assert lines[0].startswith("critical  on_hold  acme has been on hold since ")
    assert lines[1].startswith("    Gong forbids the call")
    assert run("alerts", "--json").document["open"][0]["kind"] == "on_hold"


def test_a_test_that_arrives_ends_with_0(run: Run, redis: Redis, worker: ThreadPoolExecutor):
    begun = worker.submit(answer, redis, "arrived", 200)
    ended = run("alerts", "--test", "ops")
    begun.result()

    assert (ended.code, ended.out) == (0, "The test alert arrived at ops.\n")


def test_a_test_that_does_not_arrive_says_what_was_answered(
    run: Run, redis: Redis, worker: ThreadPoolExecutor
):
    begun = worker.submit(answer, redis, "rejected", 404)
    ended = run("alerts", "--test", "ops")
    begun.result()

    assert ended.code == 1
    assert "did not arrive at ops: rejected, HTTP 404." in ended.out
    assert "Messages to ops have failed since" in run("alerts").out


def test_a_test_that_no_worker_sends_waits_for_one(run: Run):
    ended = run("alerts", "--test", "ops", "--wait", "0")

    assert ended.code == 1
    assert ended.out.startswith("No worker has sent the test alert yet.")


def test_a_test_of_nobody_names_who_there_is(run: Run):
    ended = run("alerts", "--test", "op")

    assert ended.code == 1
    assert "did you mean 'ops'?" in ended.err


def test_check_says_who_is_told(run: Run):
    assert "  alerts to ops\n" in run("check").out
    assert run("check", "--json").document["alerts"] == {"receivers": ["ops"], "heartbeat": False}
