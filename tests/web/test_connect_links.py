"""Links that connect a customer: valid options, and destinations that cannot be connected."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.store.destinations import ConnectedDestination, save_connected_destination
from relay.store.engine.scripts import Scripts
from tests.store_world import NOW
from tests.web.connect_world import LINK, Headers, browser, config, settings


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return browser(redis)


@pytest.mark.parametrize(("name", "code"), [("acme", "uses_api_key"), ("globex", None), ("umbra", None)])
def test_a_destination_with_an_api_key_cannot_be_connected(
    client: FlaskClient, operator: Headers, name: str, code: str | None
):
    response = client.post(f"/v1/destinations/{name}/connect", headers=operator)

    assert (response.status_code, response.json.get("code")) == ((409, code) if code else (201, None))


def test_an_account_can_belong_to_one_destination_only(
    client: FlaskClient, operator: Headers, scripts: Scripts
):
    save_connected_destination(
        scripts,
        ConnectedDestination(
            name="initech", company="initech", base_url="https://api.gong.io", connected_at=NOW, account="17"
        ),
    )

    response = client.post(LINK, json={"account": "17"}, headers=operator)

    assert (response.status_code, response.json["code"]) == (409, "account_taken")
    assert "initech" in response.json["detail"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ([], ""),
        ({"acount": "17"}, "acount"),
        ({"account": 17}, "account"),
        ({"company": " "}, "company"),
        ({"internal_domains": "acme.com"}, "internal_domains"),
        ({"internal_domains": ["not a domain"]}, "internal_domains"),
    ],
)
def test_invalid_options_are_rejected(client: FlaskClient, operator: Headers, options, path: str):
    response = client.post(LINK, json=options, headers=operator)

    assert (response.status_code, [error["path"] for error in response.json["errors"]]) == (422, [path])


@pytest.mark.parametrize("name", ["Globex", "a b", "unrouted"])
def test_an_invalid_destination_name_is_rejected(client: FlaskClient, operator: Headers, name: str):
    assert client.post(f"/v1/destinations/{name}/connect", headers=operator).status_code == 422


def test_without_an_oauth_application_no_customer_can_connect(redis: Redis, operator: Headers):
    client = create_app(settings(), config(oauth=None), redis).test_client()

    response = client.post(LINK, headers=operator)

    assert (response.status_code, response.json["code"]) == (409, "oauth_not_configured")
    assert client.get("/connect/gong/callback").status_code == 409
