"""Many companies at once: each keeps its own limit over two workers, and a busy one delays no other."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.harness.accounts import Account, accounts
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

COMPANIES, EVENTS, PER_SECOND, ROUNDS = 40, 12, 3, 5
FLEET = accounts(COMPANIES, "c")
QUIET = accounts(20, "q")
BUSY = Account("busy")
BUSY_EVENTS, BATCH = 2_000, 500
SIBLING = Account("sibling", company="busy")


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    plan = Plan([*FLEET, *QUIET, BUSY, SIBLING], FAST, gong={"LATENCY_SECONDS": "0.1"}, workers=2)
    with launch(plan) as stack:
        eventually(lambda: len(stack.relay.get("/v1/queues")["workers"]) == 2, within=20, what="two workers")
        yield stack


@dataclass(frozen=True, slots=True)
class Round:
    """What the sandbox counted in a round: the most calls of any company in one second, its 429s, and the events."""

    most_in_one_second: int
    throttled: int
    arrived: dict[str, int]


@pytest.fixture(scope="module")
def counted_round(stack: Stack) -> Round:
    """The first round that nothing disturbed, else the last: a machine that stands still moves calls together that
    were apart when they left. A pace that is wrong is wrong in every round.
    """
    for number in range(ROUNDS):
        result = one_round(stack, number)
        if result.most_in_one_second <= PER_SECOND:
            break
    return result


def one_round(stack: Stack, number: int) -> Round:
    stack.sandbox.post("reset")
    for account in FLEET:
        stack.relay.accept(account, [page_view(f"r{number}e{event}") for event in range(EVENTS)])
    eventually(lambda: stack.relay.open_events() == 0, within=30, what="the drain")
    counted = stack.sandbox.companies()
    return Round(
        max(counts["peak_calls_per_second"] for counts in counted.values()),
        sum(counts["rate_limited"] for counts in counted.values()),
        {name: counts["accepted"] for name, counts in counted.items()},
    )


def test_two_workers_respect_every_companys_limit(counted_round: Round) -> None:
    assert (counted_round.most_in_one_second, counted_round.throttled) == (PER_SECOND, 0)


def test_every_companys_events_arrive(counted_round: Round) -> None:
    assert counted_round.arrived == {account.name: EVENTS for account in FLEET}


@pytest.fixture(scope="module")
def crowded(stack: Stack, counted_round: Round) -> Stack:  # noqa: ARG001 - when the rounds are over
    """One company has more events queued than it can send in ten minutes."""
    stack.sandbox.post("reset")
    for batch in range(0, BUSY_EVENTS, BATCH):
        stack.relay.accept(BUSY, [page_view(f"e{batch + number}") for number in range(BATCH)])
    return stack


_numbers = count()


def busy_calls_before(stack: Stack, account: Account) -> int:
    """Return how many events of the busy source were sent between this account's request and its call."""
    before = len(stack.sandbox.log(BUSY.name))
    event_id = stack.relay.accept(account, page_view(f"quiet{next(_numbers)}"))["event_id"]

    def sent_by_then() -> list[str] | None:
        lines = stack.sandbox.get("log", limit="1000000")["log"]
        sent = [line["event_id"] for line in reversed(lines)]
        return sent[: sent.index(event_id)] if event_id in sent else None

    sent = eventually(sent_by_then, within=10, what="the quiet event")
    return sum(name.startswith(f"{BUSY.name}:") for name in sent) - before


@pytest.mark.parametrize("account", QUIET, ids=lambda account: account.name)
def test_a_quiet_company_does_not_wait_for_a_busy_one(crowded: Stack, account: Account) -> None:
    assert busy_calls_before(crowded, account) <= PER_SECOND


def test_a_quiet_source_takes_its_turn_within_a_busy_company(crowded: Stack) -> None:
    assert busy_calls_before(crowded, SIBLING) <= 2 * PER_SECOND


def test_the_busy_company_still_has_most_of_its_events_queued(crowded: Stack) -> None:
    assert crowded.relay.destinations()["busy"]["states"]["queued"] > BUSY_EVENTS / 2
