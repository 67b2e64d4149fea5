"""One source's backlog, far beyond a company's day, leaves another source's events delivered the same day."""

from collections.abc import Iterator

import pytest
from redis import Redis

from relay.store.engine import keys
from tests.harness.accounts import Account
from tests.harness.ageing import seconds_until_due
from tests.harness.clients import Event, page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

PER_DAY, PER_SECOND = 50, 20
FLOOD = Account("flood", company="both", per_day=PER_DAY, per_second=PER_SECOND)
SHOP = Account("shop", company="both", per_day=PER_DAY, per_second=PER_SECOND)
FLOODED, BOUGHT = 200, 8
DEFAULT_SHARE = 40


def urgent(count: int, name: str) -> list[Event]:
    return [page_view(f"{name}{number}", type="document_sign") for number in range(count)]


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    gong = {"PER_DAY": str(PER_DAY), "PER_SECOND": str(PER_SECOND), "BURST": str(PER_SECOND)}
    with launch(Plan([FLOOD, SHOP], FAST, gong=gong)) as stack:
        yield stack


def test_a_huge_backlog_of_one_source_leaves_the_others_their_day(stack: Stack) -> None:
    stack.relay.accept(FLOOD, urgent(FLOODED, "f"))

    def flood_waits() -> bool:
        states = stack.relay.destinations()["flood"]["states"]
        assert states["delivered"] == DEFAULT_SHARE, states
        assert states["queued"] == FLOODED - DEFAULT_SHARE, states
        return True

    eventually(flood_waits, within=30, what="the source's share used")
    stack.relay.accept(SHOP, [page_view(f"s{number}") for number in range(BOUGHT)])

    def shop_is_done() -> bool:
        return bool(stack.relay.destinations()["shop"]["states"]["delivered"] == BOUGHT)

    eventually(shop_is_done, within=20, what="the other source's events delivered")
    flood_waits()

    # The pages say why the rest waits.
    event = stack.relay.get("/v1/events", source="flood", status="queued", limit="1")["events"][0]
    why = stack.relay.get("/v1/why", id=event["id"])["why"]
    assert why["cause"] == "source_share_used"
    assert "has used its daily share" in why["sentence"]
    [share] = [
        row for row in stack.relay.destinations()["flood"]["budget"]["sources"] if row["source"] == "flood"
    ]
    assert (share["per_day"], share["remaining"], share["queued"]) == (
        DEFAULT_SHARE,
        0,
        FLOODED - DEFAULT_SHARE,
    )

    # Nothing is tried again and again meanwhile: the company is due when the first of the calls leaves the day.
    redis = Redis.from_url(stack.store.url)
    assert seconds_until_due(redis, "both") > 23 * 3600
    assert redis.zcard(f"{keys.PAUSED_TURNS}both") == 1
