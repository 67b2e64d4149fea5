"""Processes die by kill -9 while partners send, and nothing that was promised is lost, doubled or invented.

The short form of `make torture`. TORTURE_SEED repeats a run's plan.
"""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.harness.accounts import accounts
from tests.harness.kills import Torture, torture_relay
from tests.harness.report import PROMISES, Report
from tests.harness.stack import FAST, Launch, Plan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(launch: Launch) -> Iterator[Report]:
    torture = Torture(seed=int(os.environ.get("TORTURE_SEED") or secrets.randbelow(10**6)))
    print(f"TORTURE_SEED={torture.seed}")  # noqa: T201 - a failure shows it
    settings = FAST | {"RELAY_WORKER_THREADS": "16"}
    with launch(Plan(accounts(40), settings, gong={"LATENCY_SECONDS": "0.1"})) as stack:
        yield torture_relay(stack, torture)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_holds_under_kill_9(report: Report, promise: str) -> None:
    assert PROMISES[promise](report), report.text()


def test_the_run_tested_every_promise(report: Report) -> None:
    assert (len(report.ledger.tried), report.kills) == (400, 4)
    assert report.gong.lost_answers > 0
