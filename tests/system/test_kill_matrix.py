"""Processes die by kill -9 while partners send, and nothing that was promised is lost, doubled or invented."""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.harness.accounts import accounts
from tests.harness.kills import Report, Torture, torture_relay
from tests.harness.stack import FAST, Launch, Plan, Stack

pytestmark = pytest.mark.slow

COMPANIES, THREADS = 40, 16


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    settings = FAST | {"RELAY_WORKER_THREADS": str(THREADS)}
    with launch(Plan(accounts(COMPANIES), settings, gong={"LATENCY_SECONDS": "0.1"})) as stack:
        yield stack


@pytest.fixture(scope="module")
def torture() -> Torture:
    """The short form of `make torture`. TORTURE_SEED repeats a run's plan."""
    return Torture(seed=int(os.environ.get("TORTURE_SEED") or secrets.randbelow(10**6)))


@pytest.fixture(scope="module")
def report(stack: Stack, torture: Torture) -> Report:
    print(f"TORTURE_SEED={torture.seed}")
    report = torture_relay(stack, torture)
    print(report.text())
    return report


def test_every_event_is_acknowledged_in_the_end(report: Report) -> None:
    assert report.ledger.acked == report.ledger.tried, report.text()


def test_no_acknowledged_event_is_lost(report: Report) -> None:
    assert not report.balance.lost, report.text()


def test_nothing_reaches_gong_that_nobody_sent(report: Report) -> None:
    assert not report.balance.unexpected, report.text()


def test_gong_holds_every_event_once(report: Report) -> None:
    assert not report.balance.doubled, report.text()


def test_no_kill_makes_a_dead_letter(report: Report) -> None:
    assert report.dead == 0, report.text()


def test_an_event_of_ours_never_ends_as_somebody_elses_duplicate(report: Report) -> None:
    assert report.states["duplicate"] == 0, report.text()


def test_the_relay_counts_as_delivered_what_gong_holds(report: Report, stack: Stack) -> None:
    assert report.states["delivered"] == len(stack.sandbox.event_ids()), report.text()


def test_a_call_is_repeated_only_when_its_answer_was_lost_or_its_worker_killed(
    report: Report, torture: Torture
) -> None:
    assert report.repeated_calls <= report.lost_answers + torture.worker_kills * THREADS, report.text()


def test_a_relay_in_trouble_answers_202_or_503_and_nothing_else(report: Report) -> None:
    statuses = {answer for answer in report.ledger.answers if answer.isdigit()}
    assert statuses <= {"202", "503"}, report.text()


def test_what_a_killed_worker_held_is_sent_within_a_minute(report: Report) -> None:
    assert report.seconds_to_drain < 60, report.text()


def test_no_company_is_told_to_slow_down_however_often_workers_restart(report: Report) -> None:
    assert report.throttled == 0, report.text()
