"""The destinations API: settings, queue, probe and past holds, without secrets."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination, OAuthCredentials
from relay.core.lifecycle import CAUSES, HoldCause
from relay.core.source import Source
from relay.queries.destinations import destination_page, destinations_page
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, ProbeResult, hold_destination, save_probe_result
from relay.store.stores import Stores
from tests.web.conftest import ADMIN, KEYS, config

Operator = dict[str, str]


def read_page(client: FlaskClient, operator: Operator, name: str = "acme") -> dict[str, Any]:
    page: dict[str, Any] = client.get(f"/v1/destinations/{name}", headers=operator).get_json()
    return page


def test_the_page_of_a_destination_has_its_settings_and_its_queue(client: FlaskClient, operator: Operator):
    page = read_page(client, operator)

    assert (page["base_url"], page["dialect"], page["auth"]) == ("https://api.gong.io", "gong", "api_key")
    assert page["internal_domains"] == ["acme.example"]
    assert (page["open"], page["hold"], page["grant"], page["connected"]) == (0, None, None, None)
    assert (page["last_probe"], page["holds"]) == (None, [])


def test_the_list_has_the_same_values_as_the_page(
    client: FlaskClient, redis: Redis, page_view: Callable[..., dict[str, Any]]
):
    assert client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]}).status_code == 202
    stores, destinations, now = Stores(redis), config().destinations, datetime.now(UTC)

    [row] = destinations_page(stores, destinations, now=now)["destinations"]
    page = destination_page(stores, destinations, "acme", now=now)

    assert row["clears_at"]
    assert row == {name: page[name] for name in row}


def test_no_secret_is_included(client: FlaskClient, operator: Operator):
    assert "secret" not in client.get("/v1/destinations/acme", headers=operator).text


def test_a_past_hold_has_its_cause_and_gongs_response(
    client: FlaskClient, operator: Operator, scripts: Scripts
):
    destination = config().destinations["acme"]
    hold_destination(scripts, destination, HoldRequest(HoldCause.FORBIDDEN, "not a trusted | address", None))
    client.post("/v1/destinations/acme/resume", headers=operator)
    client.post("/v1/destinations/acme/pause", headers=operator)
    client.post("/v1/destinations/acme/resume", headers=operator)
    page = read_page(client, operator)

    assert [hold["cause"] for hold in page["holds"]] == ["paused", "forbidden"]
    assert page["holds"][1]["detail"] == "not a trusted | address"
    assert page["holds"][1]["remedy"] == CAUSES[HoldCause.FORBIDDEN].text
    assert page["holds"][1]["until"] >= page["holds"][1]["since"]


def test_the_last_probe_is_included(client: FlaskClient, operator: Operator, redis: Redis):
    save_probe_result(redis, "acme", ProbeResult("passed", 200))

    assert read_page(client, operator)["last_probe"]["outcome"] == "passed"


def test_a_removed_destination_is_shown_while_it_has_events(
    client: FlaskClient, redis: Redis, operator: Operator, page_view: Callable[..., dict[str, Any]]
):
    client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})
    other = Destination(name="globex", company="globex", credentials=BasicCredentials("key", "secret"))
    later = create_app(
        Settings(admin_key=ADMIN), Config(destinations={"globex": other}, sources={}), redis
    ).test_client()
    page = read_page(later, operator)

    assert (page["configured"], page["base_url"], page["auth"], page["open"]) == (False, None, None, 1)


def test_an_unknown_destination_is_404(client: FlaskClient, operator: Operator):
    response = client.get("/v1/destinations/nowhere", headers=operator)

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_destination")


@pytest.fixture
def oauth_client(redis: Redis) -> FlaskClient:
    configuration = Config(
        destinations={"globex": Destination(name="globex", company="globex", credentials=OAuthCredentials())},
        sources={"web": Source(name="web", destination="globex")},
    )
    return create_app(Settings(admin_key=ADMIN), configuration, redis).test_client()


def test_a_customer_without_consent_is_not_connected(oauth_client: FlaskClient, operator: Operator):
    page = read_page(oauth_client, operator, "globex")
    [row] = oauth_client.get("/v1/destinations", headers=operator).get_json()["destinations"]

    assert page["grant"] == {"connected": False, "lost": None, "expires_at": None}
    assert (page["connected"], row["connected"]) == (False, False)
