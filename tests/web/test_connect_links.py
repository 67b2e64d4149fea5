"""The link that connects a customer: what it may say, and for whom there is none."""

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
def test_a_destination_with_an_api_key_is_not_connected(
    client: FlaskClient, operator: Headers, name: str, code: str | None
):
    made = client.post(f"/v1/destinations/{name}/connect", headers=operator)

    assert (made.status_code, made.json.get("code")) == ((409, code) if code else (201, None))


def test_an_account_belongs_to_one_destination(client: FlaskClient, operator: Headers, scripts: Scripts):
    save_connected_destination(
        scripts, ConnectedDestination("initech", "initech", "https://api.gong.io", NOW, account="17")
    )

    made = client.post(LINK, json={"account": "17"}, headers=operator)

    assert (made.status_code, made.json["code"]) == (409, "account_taken")
    assert "initech" in made.json["detail"]


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ([], ""),
        ({"acount": "17"}, "acount"),
        ({"account": 17}, "account"),
        ({"company": " "}, "company"),
        ({"internal_domains": "acme.com"}, "internal_domains"),
        ({"internal_domains": ["not a domain"]}, "internal_domains"),
    ],
)
def test_what_is_wrong_with_a_link_is_told(client: FlaskClient, operator: Headers, told, path: str):
    made = client.post(LINK, json=told, headers=operator)

    assert (made.status_code, [error["path"] for error in made.json["errors"]]) == (422, [path])


@pytest.mark.parametrize("name", ["Globex", "a b", "unrouted"])
def test_a_name_that_no_destination_may_have_is_refused(client: FlaskClient, operator: Headers, name: str):
    assert client.post(f"/v1/destinations/{name}/connect", headers=operator).status_code == 422


def test_without_an_application_there_is_nothing_to_connect(redis: Redis, operator: Headers):
    client = create_app(settings(), config(oauth=None), redis).test_client()

    made = client.post(LINK, headers=operator)

    assert (made.status_code, made.json["code"]) == (409, "oauth_not_configured")
    assert client.get("/connect/gong/callback").status_code == 409
