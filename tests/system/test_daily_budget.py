"""A daily budget that is too small: the relay's share is used up, priority high first, and the rest is sent the next day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from tests.harness.accounts import Account
from tests.harness.ageing import pass_a_day, seconds_until_due
from tests.harness.clients import Event, page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

PER_DAY, PER_SECOND = 100, 20
SHARING = Account("sharing", per_day=PER_DAY, per_second=PER_SECOND, daily_share="80%")
SHARE, KEPT_FOR_HIGH = 80, 8
ALONE = Account("alone", per_day=PER_DAY, per_second=PER_SECOND)
SIGNED, VIEWED = 15, 95


def views(count: int) -> list[Event]:
    return [page_view(f"view{number}") for number in range(count)]


def signatures(count: int) -> list[Event]:
    return [page_view(f"signed{number}", type="document_sign") for number in range(count)]


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    gong = {"PER_DAY": str(PER_DAY), "PER_SECOND": str(PER_SECOND), "BURST": str(PER_SECOND)}
    with launch(Plan([SHARING, ALONE], FAST, gong=gong)) as stack:
        yield stack


@pytest.fixture(scope="module")
def redis(stack: Stack) -> Redis:
    return Redis.from_url(stack.store.url)


@dataclass(frozen=True, slots=True)
class Observation:
    """A company whose budget is used up: what operators see of it, and the events that Gong accepted, in order."""

    row: dict[str, Any]
    arrived: list[str]
    seconds_until_due: float


def spend_all(stack: Stack, redis: Redis, account: Account, delivered: int) -> Observation:
    """Return the company once this number of events is delivered and all others wait for the budget."""

    def look() -> dict[str, Any]:
        row = stack.relay.destinations()[account.name]
        states = row["states"]
        assert states["delivered"] == delivered, states
        assert states["queued"] == row["open"], states
        return row

    row = eventually(look, within=30, what=f"{delivered} delivered")
    resting = seconds_until_due(redis, account.name)
    return Observation(row, arrived(stack, account), resting)


def arrived(stack: Stack, account: Account) -> list[str]:
    return [line["event_id"] for line in stack.sandbox.log(account.name) if line["status"] == 200]


def kind_of(event_id: str) -> str:
    return event_id.partition(":")[2].rstrip("0123456789")


@pytest.fixture(scope="module")
def alone(stack: Stack, redis: Redis) -> Observation:
    """More events wait than a day's budget; those of priority high were posted last."""
    stack.relay.accept(ALONE, views(VIEWED) + signatures(SIGNED))
    return spend_all(stack, redis, ALONE, PER_DAY)


@pytest.fixture(scope="module")
def viewed(stack: Stack, redis: Redis) -> Observation:
    """Page views have used up all of the relay's share that they may use."""
    stack.relay.accept(SHARING, views(PER_DAY))
    return spend_all(stack, redis, SHARING, SHARE - KEPT_FOR_HIGH)


@pytest.fixture(scope="module")
def shared(stack: Stack, redis: Redis, viewed: Observation) -> Observation:  # noqa: ARG001 - what is spent before
    """After that, documents are signed."""
    stack.relay.accept(SHARING, signatures(SIGNED))
    return spend_all(stack, redis, SHARING, SHARE)


def test_the_whole_daily_budget_is_used_without_a_429(stack: Stack, alone: Observation) -> None:
    counts = stack.sandbox.companies()["alone"]

    assert (counts["accepted"], counts["rate_limited"], len(alone.arrived)) == (PER_DAY, 0, PER_DAY)


def test_events_of_priority_high_overtake_earlier_events(alone: Observation) -> None:
    first = [kind_of(event_id) for event_id in alone.arrived[:PER_SECOND]]

    assert first.count("signed") == SIGNED


def test_page_views_leave_the_reserve_for_priority_high(viewed: Observation) -> None:
    assert (
        viewed.row["budget"]["remaining"]
        == viewed.row["budget"]["reserved_for_high_priority"]
        == KEPT_FOR_HIGH
    )


def test_exactly_the_relays_share_is_used(shared: Observation) -> None:
    assert (len(shared.arrived), shared.row["budget"]["remaining"]) == (SHARE, 0)


def test_a_signature_is_sent_although_page_views_have_used_the_rest(shared: Observation) -> None:
    after = [kind_of(event_id) for event_id in shared.arrived[SHARE - KEPT_FOR_HIGH :]]

    assert after == ["signed"] * KEPT_FOR_HIGH


@pytest.mark.parametrize("company", ["alone", "shared"])
def test_the_rest_waits_and_none_is_dead(request: pytest.FixtureRequest, company: str) -> None:
    observed: Observation = request.getfixturevalue(company)
    states = observed.row["states"]

    assert states["dead"] == 0
    assert states["queued"] == observed.row["open"] > 0


@pytest.mark.parametrize("company", ["alone", "viewed", "shared"])
def test_the_company_is_not_checked_before_calls_expire(request: pytest.FixtureRequest, company: str) -> None:
    observed: Observation = request.getfixturevalue(company)

    assert 23.9 * 3600 < observed.seconds_until_due < 24.5 * 3600


@pytest.mark.parametrize("company", ["alone", "shared"])
def test_the_forecast_names_the_time(request: pytest.FixtureRequest, company: str) -> None:
    row = request.getfixturevalue(company).row
    clears_in = datetime.fromisoformat(row["clears_at"]) - datetime.now(UTC)

    assert timedelta(hours=23.9) < clears_in < timedelta(hours=24.5)


@pytest.mark.usefixtures("alone", "shared")
def test_on_the_next_day_every_event_arrives_once_and_priority_high_first(stack: Stack, redis: Redis) -> None:
    stack.sandbox.post("clock", {"advance_seconds": 24 * 3600 + 1})
    for account in (ALONE, SHARING):
        pass_a_day(redis, account.name)
    eventually(lambda: stack.relay.open_events() == 0, within=30, what="the drain")

    sent = arrived(stack, SHARING)
    assert sorted(sent) == sorted(f"sharing:{event['id']}" for event in views(PER_DAY) + signatures(SIGNED))
    waited = SIGNED - KEPT_FOR_HIGH
    assert [kind_of(name) for name in sent[SHARE : SHARE + PER_SECOND]].count("signed") == waited
    assert len(set(arrived(stack, ALONE))) == len(arrived(stack, ALONE)) == VIEWED + SIGNED
    assert {counts["rate_limited"] for counts in stack.sandbox.companies().values()} == {0}
