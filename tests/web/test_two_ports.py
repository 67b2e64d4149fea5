"""With a port for operations: each route answers at its own port, and at the other there is nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.settings import Settings
from tests.web.conftest import ADMIN, KEYS, config

PARTNERS, OPERATORS = "http://relay.example:8080", "http://relay.example:9090"

AT_PARTNERS = [
    ("POST", "/v1/events"),
    ("POST", "/v1/webhooks/site"),
    ("PUT", "/v1/webhooks/site"),
    ("POST", "/v2/digital-interaction"),
    ("PUT", "/v2/customer-engagement/action"),
    ("GET", "/connect/gong"),
    ("GET", "/connect/gong/callback"),
    ("GET", "/connect/gong/done"),
]
AT_BOTH = [
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/version"),
    ("GET", "/v1/events"),
]
AT_OPERATORS = [
    ("GET", "/ops/"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/queues"),
    ("GET", "/v1/sources"),
    ("POST", "/v1/events/x/replay"),
    ("POST", "/v1/destinations/acme/pause"),
    ("POST", "/v1/destinations/acme/connect"),
    ("GET", "/v1/dead-letters"),
]


@pytest.fixture
def app(redis: Redis) -> Flask:
    return create_app(Settings(admin_key=ADMIN, operations_port=9090), config(), redis)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def is_there(client: FlaskClient, method: str, path: str, base: str) -> bool:
    """Whether anything answers there: what is said of a path that nobody knows is said of it otherwise."""
    headers = {"X-API-Key": KEYS["web"]}
    here = client.open(path, method=method, base_url=base, headers=headers)
    nowhere = client.open("/v2/nothing" if path.startswith("/v2/") else "/nothing", base_url=base)
    told, nothing = (response.get_json(silent=True) for response in (here, nowhere))
    if path.startswith("/v2/"):
        return told["errors"] != nothing["errors"]
    return told != nothing


@pytest.mark.parametrize(("method", "path"), AT_PARTNERS)
def test_what_partners_call_answers_at_their_port_only(client: FlaskClient, method: str, path: str):
    assert is_there(client, method, path, PARTNERS)
    assert not is_there(client, method, path, OPERATORS)


@pytest.mark.parametrize(("method", "path"), AT_OPERATORS)
def test_what_operators_call_answers_at_their_port_only(client: FlaskClient, method: str, path: str):
    assert is_there(client, method, path, OPERATORS)
    assert not is_there(client, method, path, PARTNERS)


@pytest.mark.parametrize(("method", "path"), AT_BOTH)
@pytest.mark.parametrize("base", [PARTNERS, OPERATORS])
def test_probes_and_a_sender_s_look_at_its_events_answer_at_both(
    client: FlaskClient, method: str, path: str, base: str
):
    assert is_there(client, method, path, base)


def test_no_header_moves_a_request_to_the_other_port(client: FlaskClient):
    forged = {
        "Host": "relay.example:9090",
        "X-Forwarded-Port": "9090",
        "X-Forwarded-Host": "relay.example:9090",
    }

    assert (
        client.get("/v1/queues", headers=forged, environ_overrides={"SERVER_PORT": "8080"}).status_code == 404
    )


def test_every_route_answers_at_one_port_at_least(app: Flask):
    from relay.web.operations_port import is_partner_route

    rules = {rule.rule for rule in app.url_map.iter_rules()}
    partners = {rule for rule in rules if is_partner_route(rule)}

    assert {rule.split("/")[1] for rule in partners} == {"v1", "v2", "connect"}
    assert {rule for rule in partners if rule.startswith("/v1/")} == {"/v1/events", "/v1/webhooks/<name>"}


def test_without_a_port_of_their_own_all_answer_at_one(redis: Redis):
    client = create_app(Settings(admin_key=ADMIN), config(), redis).test_client()

    told = [is_there(client, *each, PARTNERS) for each in (*AT_PARTNERS, *AT_BOTH, *AT_OPERATORS)]
    assert all(told)
