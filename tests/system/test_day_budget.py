"""A day's calls that are too few: our share is spent to the last call, high first, and the rest goes out another day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from tests.harness.accounts import Account
from tests.harness.ageing import a_day_passes, looked_at_in
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
class Seen:
    """A company whose day is spent: what operators are told of it, and the events that Gong accepted, in their order."""

    row: dict[str, Any]
    arrived: list[str]
    looked_at_in: float


def spend_all(stack: Stack, redis: Redis, account: Account, delivered: int) -> Seen:
    """The company, once so many are delivered and all others wait for the day to end."""

    def look() -> dict[str, Any]:
        row = stack.relay.destinations()[account.name]
        states = row["states"]
        assert states["delivered"] == delivered, states
        assert states["queued"] == row["open"], states
        return row

    row = eventually(look, within=30, what=f"{delivered} delivered")
    resting = looked_at_in(redis, account.name)
    return Seen(row, arrived(stack, account), resting)


def arrived(stack: Stack, account: Account) -> list[str]:
    return [line["event_id"] for line in stack.sandbox.log(account.name) if line["status"] == 200]


def kind_of(event_id: str) -> str:
    return event_id.partition(":")[2].rstrip("0123456789")


@pytest.fixture(scope="module")
def alone(stack: Stack, redis: Redis) -> Seen:
    """More than a day's calls wait; what goes first was posted last."""
    stack.relay.accept(ALONE, views(VIEWED) + signatures(SIGNED))
    return spend_all(stack, redis, ALONE, PER_DAY)


@pytest.fixture(scope="module")
def viewed(stack: Stack, redis: Redis) -> Seen:
    """Page views alone have spent all that they may of the relay's share."""
    stack.relay.accept(SHARING, views(PER_DAY))
    return spend_all(stack, redis, SHARING, SHARE - KEPT_FOR_HIGH)


@pytest.fixture(scope="module")
def shared(stack: Stack, redis: Redis, viewed: Seen) -> Seen:  # noqa: ARG001 - what is spent before
    """Then documents are signed."""
    stack.relay.accept(SHARING, signatures(SIGNED))
    return spend_all(stack, redis, SHARING, SHARE)


def test_a_days_calls_are_all_made_and_gong_turns_none_down(stack: Stack, alone: Seen) -> None:
    counts = stack.sandbox.companies()["alone"]

    assert (counts["accepted"], counts["rate_limited"], len(alone.arrived)) == (PER_DAY, 0, PER_DAY)


def test_what_goes_first_goes_before_all_that_was_there_earlier(alone: Seen) -> None:
    first = [kind_of(event_id) for event_id in alone.arrived[:PER_SECOND]]

    assert first.count("signed") == SIGNED


def test_page_views_leave_room_for_what_goes_first(viewed: Seen) -> None:
    assert (
        viewed.row["budget"]["remaining"]
        == viewed.row["budget"]["reserved_for_high_priority"]
        == KEPT_FOR_HIGH
    )


def test_exactly_the_relays_share_is_sent(shared: Seen) -> None:
    assert (len(shared.arrived), shared.row["budget"]["remaining"]) == (SHARE, 0)


def test_a_signature_goes_out_on_a_day_that_page_views_have_spent(shared: Seen) -> None:
    after = [kind_of(event_id) for event_id in shared.arrived[SHARE - KEPT_FOR_HIGH :]]

    assert after == ["signed"] * KEPT_FOR_HIGH


@pytest.mark.parametrize("company", ["alone", "shared"])
def test_the_rest_waits_and_none_is_dead(request: pytest.FixtureRequest, company: str) -> None:
    seen: Seen = request.getfixturevalue(company)
    states = seen.row["states"]

    assert states["dead"] == 0
    assert states["queued"] == seen.row["open"] > 0


@pytest.mark.parametrize("company", ["alone", "viewed", "shared"])
def test_nobody_looks_again_before_calls_leave_the_day(request: pytest.FixtureRequest, company: str) -> None:
    seen: Seen = request.getfixturevalue(company)

    assert 23.9 * 3600 < seen.looked_at_in < 24.5 * 3600


@pytest.mark.parametrize("company", ["alone", "shared"])
def test_the_forecast_names_the_time(request: pytest.FixtureRequest, company: str) -> None:
    row = request.getfixturevalue(company).row
    clears_in = datetime.fromisoformat(row["clears_at"]) - datetime.now(UTC)

    assert timedelta(hours=23.9) < clears_in < timedelta(hours=24.5)


@pytest.mark.usefixtures("alone", "shared")
def test_on_the_next_day_all_arrives_once_and_what_goes_first_before_the_rest(
    stack: Stack, redis: Redis
) -> None:
    stack.sandbox.post("clock", {"advance_seconds": 24 * 3600 + 1})
    for account in (ALONE, SHARING):
        a_day_passes(redis, account.name)
    eventually(lambda: stack.relay.open_events() == 0, within=30, what="the drain")

    sent = arrived(stack, SHARING)
    assert sorted(sent) == sorted(f"sharing:{event['id']}" for event in views(PER_DAY) + signatures(SIGNED))
    waited = SIGNED - KEPT_FOR_HIGH
    assert [kind_of(name) for name in sent[SHARE : SHARE + PER_SECOND]].count("signed") == waited
    assert len(set(arrived(stack, ALONE))) == len(arrived(stack, ALONE)) == VIEWED + SIGNED
    assert {counts["rate_limited"] for counts in stack.sandbox.companies().values()} == {0}
