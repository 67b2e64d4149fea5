"""A stopped worker finishes what it began; a worker frozen past its lease changes nothing afterwards."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.harness.accounts import Account, accounts
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

COMPANIES, EVENTS = 10, 6
LATENCY_SECONDS = 1.0
GRACE_SECONDS = 25.0
ZOMBIE = Account("zombie")


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    plan = Plan([*accounts(COMPANIES), ZOMBIE], FAST, gong={"LATENCY_SECONDS": str(LATENCY_SECONDS)})
    with launch(plan) as stack:
        yield stack


def sums(stack: Stack) -> dict[str, int]:
    """Return the number of events by state, over all destinations."""
    rows = stack.relay.destinations().values()
    return {state: sum(row["states"][state] for row in rows) for state in ("queued", "sending", "delivered")}


@dataclass(frozen=True, slots=True)
class End:
    """A worker stopped while it works: its calls in flight, its exit, and the states and Gong's counts after that."""

    sending: int
    status: int
    seconds: float
    states: dict[str, int]
    in_gong: int


@pytest.fixture(scope="module")
def end(stack: Stack) -> End:
    for account in accounts(COMPANIES):
        stack.relay.accept(account, [page_view(f"e{number}") for number in range(EVENTS)])
    sending = eventually(lambda: sums(stack)["sending"], within=20, what="calls under way")
    started, worker = time.monotonic(), stack.workers[0]
    worker.terminate()
    status = worker.wait(GRACE_SECONDS + 5)
    return End(sending, status, time.monotonic() - started, sums(stack), len(stack.sandbox.event_ids()))


def test_a_stopped_worker_exits_with_status_0(end: End) -> None:
    assert (end.sending > 0, end.status) == (True, 0)


def test_a_stopped_worker_exits_within_its_grace_period(end: End) -> None:
    assert end.seconds < GRACE_SECONDS


def test_a_stopped_worker_leaves_no_event_leased(end: End) -> None:
    assert end.states["sending"] == 0


def test_a_stopped_worker_settles_every_call_that_it_started(end: End) -> None:
    assert end.states["delivered"] == end.in_gong


def test_a_stopped_worker_leaves_the_rest_queued(end: End) -> None:
    assert end.states["queued"] == COMPANIES * EVENTS - end.in_gong > 0


@pytest.mark.usefixtures("end")
def test_the_next_worker_sends_the_rest_and_repeats_no_call(stack: Stack) -> None:
    stack.workers[0].start()
    eventually(lambda: len(stack.sandbox.event_ids()) == COMPANIES * EVENTS, within=30, what="the rest")
    assert sum(company["duplicates"] for company in stack.sandbox.companies().values()) == 0


def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes(stack: Stack) -> None:
    frozen, successor = stack.workers[0], stack.new_worker()
    if not frozen.running:
        frozen.start()
    event_id = stack.relay.accept(ZOMBIE, page_view("one"))["id"]
    eventually(lambda: stack.sandbox.log(ZOMBIE.name), within=20, what="the first call")
    frozen.freeze()
    stack.workers.append(successor)
    successor.start()
    eventually(lambda: stack.relay.event(event_id)["status"] == "delivered", within=30, what="the rescue")
    settled = stack.relay.event(event_id)
    frozen.thaw()
    eventually(lambda: '"settled":"lease_lost"' in frozen.log.read_text(), within=20, what="the late result")
    assert stack.relay.event(event_id) == settled
