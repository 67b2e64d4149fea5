"""Web and worker are replaced in turn under load, and senders see no error. The short form of `make rolling`."""

import pytest

from tests.harness.accounts import accounts
from tests.harness.rolling import PROMISES, Rolling, RollingReport, roll
from tests.harness.stack import Launch, Plan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(launch: Launch) -> RollingReport:
    with launch(Plan(accounts(30), gong={"LATENCY_SECONDS": "0.2"}, workers=0)) as stack:
        return roll(stack, Rolling(seconds=25))


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_holds_under_rolling_restarts(report: RollingReport, promise: str) -> None:
    assert PROMISES[promise](report), report.text()


def test_web_and_worker_were_restarted_while_events_arrived(report: RollingReport) -> None:
    restarts = [name for name, _ in report.seconds_to_end]

    assert min(restarts.count("web"), restarts.count("worker")) >= 1
    assert len(report.ledger.acked) > 200
