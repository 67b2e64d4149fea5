"""The overview and the time series: throughput, budgets, holds, stores and sources."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.lifecycle import HoldCause, State
from relay.queries.time_series import WINDOWS
from relay.settings import Settings
from relay.store.delivery import CallTiming, end_event, finish
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination
from tests.store_world import accept_events, event, take_events
from tests.web.conftest import ADMIN, config


def post(client: FlaskClient, page_view: Any, sender: dict[str, str], *ids: str) -> None:
    for sender_id in ids:
        assert client.post("/v1/events", json=page_view(sender_id), headers=sender).status_code == 202


def deliver(scripts: Scripts, count: int) -> None:
    for leased in take_events(scripts, count):
        result = end_event(State.DELIVERED, leased.id, record=b"", keep_seconds=60)
        assert finish(scripts, leased, result, CallTiming("https://api.gong.io", 0.1, 0.25))


@pytest.fixture
def overview(client: FlaskClient, operator: dict[str, str]) -> Any:
    return lambda: client.get("/v1/overview", headers=operator).get_json()


def test_the_overview_has_counts_and_latency(client, scripts, page_view, sender, overview):
    post(client, page_view, sender, "a", "b", "c")
    deliver(scripts, 2)

    page = overview()

    totals = page["series"]["totals"]
    assert (totals["accepted"], totals["delivered"], totals["dead"]) == (3, 2, 0)
    assert page["series"]["latency"]["count"] == 2
    assert page["series"]["latency"]["p50_seconds"] <= page["series"]["latency"]["p95_seconds"]
    assert page["series"]["calls"]["p50_seconds"] == pytest.approx(0.25, rel=0.25)
    assert page["depth"]["open"] == 1
    assert page["depth"]["states"]["queued"] == 1
    assert page["depth"]["oldest_seconds"] < 60


def test_the_overview_has_the_budget_of_each_company(client, scripts, page_view, sender, overview):
    post(client, page_view, sender, "a")
    deliver(scripts, 1)

    [company] = overview()["companies"]

    assert company["company"] == "acme"
    assert company["destinations"] == ["acme"]
    assert (company["used_last_day"], company["remaining"]) == (1, 9999)
    assert company["used_share"] == 0.0001


def test_the_overview_has_holds_with_cause_and_remedy(client, scripts, page_view, sender, overview):
    post(client, page_view, sender, "a")
    destination = config().destinations["acme"]
    hold_destination(scripts, destination, HoldRequest(HoldCause.FORBIDDEN, "untrusted address", None))

    [hold] = overview()["holds"]

    assert (hold["destination"], hold["cause"], hold["waiting_events"]) == ("acme", "forbidden", 1)
    assert "trusted IPs" in hold["remedy"]


def test_the_overview_has_workers_and_stores(overview):
    page = overview()

    assert page["workers"] == []
    assert page["store"]["durability"] in {"full", "relaxed"}
    assert [store["name"] for store in page["stores"]] == ["main"]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("scope", ["", "&destination=acme", "&source=web"])
def test_every_window_has_columns_of_equal_length(
    client: FlaskClient, operator: dict[str, str], window: str, scope: str
):
    page = client.get(f"/v1/series?window={window}{scope}", headers=operator).get_json()

    points = page["points"]
    lengths = {len(column) for column in points.values()}
    assert len(lengths) == 1
    assert points["at"] == list(range(points["at"][0], points["at"][-1] + 1, page["step_seconds"]))
    assert 6 <= len(points["at"]) <= 168


@pytest.mark.parametrize("scope", ["", "&destination=acme", "&source=web"])
@pytest.mark.parametrize("window", WINDOWS)
def test_a_recent_event_is_in_every_window(client, page_view, sender, operator, window: str, scope: str):
    post(client, page_view, sender, "a")

    page = client.get(f"/v1/series?window={window}{scope}", headers=operator).get_json()

    assert page["totals"]["accepted"] == 1
    assert sum(page["points"]["accepted"]) == 1


@pytest.mark.parametrize("query", ["window=2h", "window=1h&destination=acme&source=web"])
def test_an_invalid_series_is_rejected(client: FlaskClient, operator: dict[str, str], query: str):
    assert client.get(f"/v1/series?{query}", headers=operator).status_code == 422


def test_a_source_cannot_read_the_overview(client: FlaskClient, sender: dict[str, str]):
    assert client.get("/v1/overview", headers=sender).status_code == 403
    assert client.get("/v1/series", headers=sender).status_code == 403


def test_a_source_has_its_traffic_and_rejections(client, page_view, sender, operator):
    post(client, page_view, sender, "a", "a")
    client.post("/v1/events", json={"id": "x"}, headers=sender).close()

    sources = client.get("/v1/sources", headers=operator).get_json()["sources"]
    by_name = {source["source"]: source for source in sources}

    for span in ("last_hour", "last_day"):
        assert by_name["web"]["traffic"][span]["requests"] == 2
        assert by_name["web"]["traffic"][span]["events"]["repeated"] == 1
        assert by_name["web"]["traffic"][span]["rejected"] == {"invalid": 1}
        assert by_name["shop"]["traffic"][span]["requests"] == 0
    assert by_name["web"]["association"] == {"strong": 1, "medium": 0, "weak": 0, "opaque": 0}
    assert by_name["web"]["last_rejection"]["code"] == "invalid"
    assert by_name["shop"]["last_rejection"] is None


def test_the_overview_needs_a_bounded_number_of_commands(client, operator, redis: Redis):
    redis.config_resetstat()
    client.get("/v1/overview", headers=operator)

    calls: Any = redis.info("commandstats")

    assert sum(command["calls"] for command in calls.values()) <= 150


def test_the_numbers_of_several_stores_are_summed(
    operator: dict[str, str], redis: Redis, second_redis: Redis
):
    for store in (redis, second_redis):
        accept_events(Scripts(store), event("1"), event("2"))
    client = create_app(
        Settings(admin_key=ADMIN), config(), redis, other_stores={"eu": second_redis}
    ).test_client()

    page = client.get("/v1/overview", headers=operator).get_json()
    sources = client.get("/v1/sources", headers=operator).get_json()["sources"]

    assert page["series"]["totals"]["accepted"] == 4
    assert page["depth"]["open"] == 4
    assert {source["source"]: source["traffic"]["last_day"]["requests"] for source in sources} == {
        "shop": 0,
        "web": 2,
    }


def test_an_unavailable_store_does_not_hide_the_others(operator: dict[str, str], redis: Redis):
    accept_events(Scripts(redis), event("1"))
    unavailable = open_redis("unix:///nowhere/at/all", WORKER)
    client = create_app(
        Settings(admin_key=ADMIN), config(), redis, other_stores={"eu": unavailable}
    ).test_client()

    page = client.get("/v1/overview", headers=operator).get_json()

    assert page["series"]["totals"]["accepted"] == 1
    assert [store["name"] for store in page["stores"] if "unavailable" in store] == ["eu"]
