"""The overview and the series over the API: what flows, what waits and why, and what came from whom."""

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


def post(client: FlaskClient, page_view: Any, sender: dict[str, str], *natives: str) -> None:
    for native in natives:
        assert client.post("/v1/events", json=page_view(native), headers=sender).status_code == 202


def deliver(scripts: Scripts, count: int) -> None:
    for taken in take_events(scripts, count):
        settled = end_event(State.DELIVERED, taken.id, record=b"", keep_seconds=60)
        assert finish(scripts, taken, settled, CallTiming("https://api.gong.io", 0.1, 0.25))


@pytest.fixture
def overview(client: FlaskClient, operator: dict[str, str]) -> Any:
    return lambda: client.get("/v1/overview", headers=operator).get_json()


def test_the_overview_shows_what_flows_and_how_fast(client, scripts, page_view, sender, overview):
    post(client, page_view, sender, "a", "b", "c")
    deliver(scripts, 2)

    told = overview()

    totals = told["series"]["totals"]
    assert (totals["accepted"], totals["delivered"], totals["dead"]) == (3, 2, 0)
    assert told["series"]["latency"]["count"] == 2
    assert told["series"]["latency"]["p50_seconds"] <= told["series"]["latency"]["p95_seconds"]
    assert told["series"]["calls"]["p50_seconds"] == pytest.approx(0.25, rel=0.25)
    assert told["depth"]["open"] == 1
    assert told["depth"]["states"]["queued"] == 1
    assert told["depth"]["oldest_seconds"] < 60


def test_the_overview_shows_what_each_company_may_still_send(client, scripts, page_view, sender, overview):
    post(client, page_view, sender, "a")
    deliver(scripts, 1)

    [company] = overview()["companies"]

    assert company["company"] == "acme"
    assert company["destinations"] == ["acme"]
    assert (company["used_last_day"], company["remaining"]) == (1, 9999)
    assert company["used_share"] == 0.0001


def test_the_overview_says_in_words_why_a_destination_rests(client, scripts, page_view, sender, overview):
    post(client, page_view, sender, "a")
    destination = config().destinations["acme"]
    hold_destination(scripts, destination, HoldRequest(HoldCause.FORBIDDEN, "untrusted address", None))

    [held] = overview()["holds"]

    assert (held["destination"], held["cause"], held["waiting_events"]) == ("acme", "forbidden", 1)
    assert "trusted IPs" in held["remedy"]


def test_the_overview_tells_of_workers_and_the_store(overview):
    told = overview()

    assert told["workers"] == []
    assert told["store"]["durability"] in {"full", "relaxed"}
    assert [store["name"] for store in told["stores"]] == ["main"]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("scope", ["", "&destination=acme", "&source=web"])
def test_every_window_has_columns_of_one_length(
    client: FlaskClient, operator: dict[str, str], window: str, scope: str
):
    told = client.get(f"/v1/series?window={window}{scope}", headers=operator).get_json()

    points = told["points"]
    lengths = {len(column) for column in points.values()}
    assert len(lengths) == 1
    assert points["at"] == list(range(points["at"][0], points["at"][-1] + 1, told["step_seconds"]))
    assert 6 <= len(points["at"]) <= 168


@pytest.mark.parametrize("scope", ["", "&destination=acme", "&source=web"])
@pytest.mark.parametrize("window", WINDOWS)
def test_what_happened_just_now_is_in_every_window(
    client, page_view, sender, operator, window: str, scope: str
):
    post(client, page_view, sender, "a")

    told = client.get(f"/v1/series?window={window}{scope}", headers=operator).get_json()

    assert told["totals"]["accepted"] == 1
    assert sum(told["points"]["accepted"]) == 1


@pytest.mark.parametrize("query", ["window=2h", "window=1h&destination=acme&source=web"])
def test_a_series_that_there_is_not_is_refused(client: FlaskClient, operator: dict[str, str], query: str):
    assert client.get(f"/v1/series?{query}", headers=operator).status_code == 422


def test_a_source_may_not_look_at_everything(client: FlaskClient, sender: dict[str, str]):
    assert client.get("/v1/overview", headers=sender).status_code == 403
    assert client.get("/v1/series", headers=sender).status_code == 403


def test_a_source_shows_what_it_sent_and_what_was_turned_away(client, page_view, sender, operator):
    post(client, page_view, sender, "a", "a")
    client.post("/v1/events", json={"id": "x"}, headers=sender).close()

    sources = client.get("/v1/sources", headers=operator).get_json()["sources"]
    told = {source["source"]: source for source in sources}

    for span in ("last_hour", "last_day"):
        assert told["web"]["traffic"][span]["requests"] == 2
        assert told["web"]["traffic"][span]["events"]["repeated"] == 1
        assert told["web"]["traffic"][span]["rejected"] == {"invalid": 1}
        assert told["shop"]["traffic"][span]["requests"] == 0
    assert told["web"]["association"] == {"strong": 1, "medium": 0, "weak": 0, "opaque": 0}
    assert told["web"]["last_rejection"]["code"] == "invalid"
    assert told["shop"]["last_rejection"] is None


def test_a_page_costs_a_bounded_number_of_commands(client, operator, redis: Redis):
    redis.config_resetstat()
    client.get("/v1/overview", headers=operator)

    calls: Any = redis.info("commandstats")

    assert sum(each["calls"] for each in calls.values()) <= 150


def test_what_happens_in_several_stores_is_told_as_one(
    operator: dict[str, str], redis: Redis, second_redis: Redis
):
    for client in (redis, second_redis):
        accept_events(Scripts(client), event("1"), event("2"))
    web = create_app(
        Settings(admin_key=ADMIN), config(), redis, other_stores={"eu": second_redis}
    ).test_client()

    told = web.get("/v1/overview", headers=operator).get_json()
    sources = web.get("/v1/sources", headers=operator).get_json()["sources"]

    assert told["series"]["totals"]["accepted"] == 4
    assert told["depth"]["open"] == 4
    assert {one["source"]: one["traffic"]["last_day"]["requests"] for one in sources} == {"shop": 0, "web": 2}


def test_a_store_that_is_away_leaves_the_others_figures(operator: dict[str, str], redis: Redis):
    accept_events(Scripts(redis), event("1"))
    away = open_redis("unix:///nowhere/at/all", WORKER)
    web = create_app(Settings(admin_key=ADMIN), config(), redis, other_stores={"eu": away}).test_client()

    told = web.get("/v1/overview", headers=operator).get_json()

    assert told["series"]["totals"]["accepted"] == 1
    assert [store["name"] for store in told["stores"] if "unavailable" in store] == ["eu"]
