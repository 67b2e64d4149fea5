"""`/v1/destinations`: where each leads, how it stands, what it was held for; and no secret of any."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination, OAuthCredentials
from relay.core.lifecycle import CAUSES, HoldCause
from relay.core.source import Source
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, ProbeResult, hold_destination, save_probe_result
from tests.web.conftest import ADMIN, KEYS, config

Operator = dict[str, str]


def told(client: FlaskClient, operator: Operator, name: str = "acme") -> dict[str, Any]:
    page: dict[str, Any] = client.get(f"/v1/destinations/{name}", headers=operator).get_json()
    return page


def test_a_destination_tells_where_it_leads_and_how_its_queue_stands(client: FlaskClient, operator: Operator):
    page = told(client, operator)

    assert (page["base_url"], page["dialect"], page["auth"]) == ("https://api.gong.io", "gong", "api_key")
    assert page["internal_domains"] == ["acme.example"]
    assert (page["open"], page["hold"], page["grant"], page["connected"]) == (0, None, None, None)
    assert (page["last_probe"], page["holds"]) == (None, [])


def test_the_list_tells_the_same_of_each(client: FlaskClient, operator: Operator):
    [row] = client.get("/v1/destinations", headers=operator).get_json()["destinations"]
    page = told(client, operator)

    assert row == {name: page[name] for name in row}


def test_no_secret_is_told(client: FlaskClient, operator: Operator):
    assert "secret" not in client.get("/v1/destinations/acme", headers=operator).text


def test_a_hold_that_has_ended_is_told_with_its_cause_and_gongs_words(
    client: FlaskClient, operator: Operator, scripts: Scripts
):
    destination = config().destinations["acme"]
    hold_destination(scripts, destination, HoldRequest(HoldCause.FORBIDDEN, "not a trusted | address", None))
    client.post("/v1/destinations/acme/resume", headers=operator)
    client.post("/v1/destinations/acme/pause", headers=operator)
    client.post("/v1/destinations/acme/resume", headers=operator)
    page = told(client, operator)

    assert [hold["cause"] for hold in page["holds"]] == ["paused", "forbidden"]
    assert page["holds"][1]["detail"] == "not a trusted | address"
    assert page["holds"][1]["remedy"] == CAUSES[HoldCause.FORBIDDEN].text
    assert page["holds"][1]["until"] >= page["holds"][1]["since"]


def test_the_last_probe_is_told(client: FlaskClient, operator: Operator, redis: Redis):
    save_probe_result(redis, "acme", ProbeResult("passed", 200))

    assert told(client, operator)["last_probe"]["outcome"] == "passed"


def test_a_destination_that_left_the_configuration_is_told_while_it_has_events(
    client: FlaskClient, redis: Redis, operator: Operator, page_view: Callable[..., dict[str, Any]]
):
    client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})
    other = Destination("globex", "globex", BasicCredentials("key", "secret"))
    later = create_app(Settings(admin_key=ADMIN), Config({"globex": other}, {}), redis).test_client()
    page = told(later, operator)

    assert (page["configured"], page["base_url"], page["auth"], page["open"]) == (False, None, None, 1)


def test_a_destination_that_never_was_is_not_there(client: FlaskClient, operator: Operator):
    answer = client.get("/v1/destinations/nobody", headers=operator)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "no_such_destination")


@pytest.fixture
def by_consent(redis: Redis) -> FlaskClient:
    known = Config(
        {"globex": Destination("globex", "globex", OAuthCredentials())}, {"web": Source("web", "globex")}
    )
    return create_app(Settings(admin_key=ADMIN), known, redis).test_client()


def test_a_customer_who_has_not_consented_is_told_as_not_connected(
    by_consent: FlaskClient, operator: Operator
):
    page = told(by_consent, operator, "globex")
    [row] = by_consent.get("/v1/destinations", headers=operator).get_json()["destinations"]

    assert page["grant"] == {"connected": False, "lost": None, "expires_at": None}
    assert (page["connected"], row["connected"]) == (False, False)
