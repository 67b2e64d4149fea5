"""`alerts`: the list of open alerts, the exit status, and test alerts."""

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


def answer(redis: Redis, outcome: str, code: int | None) -> None:
    """Do what a worker does: send the next message, with this outcome."""
    scripts = Stores(redis).main.scripts
    [leased] = eventually(
        lambda: lease_messages(scripts, lease_seconds=60, most=1), within=10, what="the message"
    )
    now = datetime.now(UTC)
    arrived = outcome == "arrived"
    status = ReceiverStatus(
        message=leased.message.id,
        at=now,
        outcome=outcome,
        status=code,
        failing_since=None if arrived else now,
    )
    settle_message(redis, leased, status, retry_in=None if arrived else 60)


def test_alerts_exits_with_0_if_no_alert_is_open(run: Run, redis: Redis):
    create_monitor(Stores(redis).main, QUIET).check()
    result = run("alerts")

    assert (result.code, result.out) == (0, "No alert is open.\n")


def test_alerts_lists_open_alerts_with_their_remedies_and_exits_with_1(run: Run, redis: Redis):
    store = Stores(redis).main
    hold_destination(store.scripts, destination(), HoldRequest(HoldCause.FORBIDDEN, "", None))
    create_monitor(store, QUIET).check()
    result = run("alerts")
    lines = result.out.splitlines()

    assert result.code == 1
    assert lines[0].startswith("critical  on_hold  acme has been on hold since ")
    assert lines[1].startswith("    Gong forbids the call")
    assert run("alerts", "--json").document["open"][0]["kind"] == "on_hold"


def test_a_test_alert_that_arrives_exits_with_0(run: Run, redis: Redis, worker: ThreadPoolExecutor):
    begun = worker.submit(answer, redis, "arrived", 200)
    result = run("alerts", "--test", "ops")
    begun.result()

    assert (result.code, result.out) == (0, "The test alert arrived at ops.\n")


def test_a_test_alert_that_does_not_arrive_reports_the_response(
    run: Run, redis: Redis, worker: ThreadPoolExecutor
):
    begun = worker.submit(answer, redis, "rejected", 404)
    result = run("alerts", "--test", "ops")
    begun.result()

    assert result.code == 1
    assert "did not arrive at ops: rejected, HTTP 404." in result.out
    assert "Messages to ops have failed since" in run("alerts").out


def test_a_test_alert_waits_for_a_worker(run: Run):
    result = run("alerts", "--test", "ops", "--wait", "0")

    assert result.code == 1
    assert result.out.startswith("No worker has sent the test alert yet.")


def test_an_unknown_receiver_gets_a_suggestion(run: Run):
    result = run("alerts", "--test", "op")

    assert result.code == 1
    assert "did you mean 'ops'?" in result.err


def test_check_lists_the_receivers_of_alerts(run: Run):
    assert "  alerts to ops\n" in run("check").out
    assert run("check", "--json").document["alerts"] == {"receivers": ["ops"], "heartbeat": False}
