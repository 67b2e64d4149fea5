"""A separate operations port: each route answers on its own port, and is 404 on the other."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.settings import Settings
from tests.web.conftest import ADMIN, KEYS, config

PARTNERS, OPERATORS = "http://relay.example:8080", "http://relay.example:9090"

ON_PARTNERS_PORT = [
    ("POST", "/v1/events"),
    ("POST", "/v1/webhooks/site"),
    ("PUT", "/v1/webhooks/site"),
    ("POST", "/v2/digital-interaction"),
    ("PUT", "/v2/customer-engagement/action"),
    ("GET", "/connect/gong"),
    ("GET", "/connect/gong/callback"),
    ("GET", "/connect/gong/done"),
]
ON_BOTH_PORTS = [
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/version"),
    ("GET", "/v1/events"),
]
ON_OPERATIONS_PORT = [
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


def answers(client: FlaskClient, method: str, path: str, base: str) -> bool:
    """True if the route answers on this port: its response differs from that to an unknown path."""
    headers = {"X-API-Key": KEYS["web"]}
    response = client.open(path, method=method, base_url=base, headers=headers)
    unknown = client.open("/v2/nothing" if path.startswith("/v2/") else "/nothing", base_url=base)
    body, not_found = response.get_json(silent=True), unknown.get_json(silent=True)
    if path.startswith("/v2/"):
        return bool(body["errors"] != not_found["errors"])
    return bool(body != not_found)


@pytest.mark.parametrize(("method", "path"), ON_PARTNERS_PORT)
def test_partner_routes_answer_on_the_partners_port_only(client: FlaskClient, method: str, path: str):
    assert answers(client, method, path, PARTNERS)
    assert not answers(client, method, path, OPERATORS)


@pytest.mark.parametrize(("method", "path"), ON_OPERATIONS_PORT)
def test_operator_routes_answer_on_the_operations_port_only(client: FlaskClient, method: str, path: str):
    assert answers(client, method, path, OPERATORS)
    assert not answers(client, method, path, PARTNERS)


@pytest.mark.parametrize(("method", "path"), ON_BOTH_PORTS)
@pytest.mark.parametrize("base", [PARTNERS, OPERATORS])
def test_probes_and_event_lists_answer_on_both_ports(client: FlaskClient, method: str, path: str, base: str):
    assert answers(client, method, path, base)


def test_a_header_cannot_select_the_port(client: FlaskClient):
    forged = {
        "Host": "relay.example:9090",
        "X-Forwarded-Port": "9090",
        "X-Forwarded-Host": "relay.example:9090",
    }

    assert (
        client.get("/v1/queues", headers=forged, environ_overrides={"SERVER_PORT": "8080"}).status_code == 404
    )


def test_partner_routes_are_the_expected_ones(app: Flask):
    from relay.web.operations_port import is_partner_route

    rules = {rule.rule for rule in app.url_map.iter_rules()}
    partners = {rule for rule in rules if is_partner_route(rule)}

    assert {rule.split("/")[1] for rule in partners} == {"v1", "v2", "connect"}
    assert {rule for rule in partners if rule.startswith("/v1/")} == {"/v1/events", "/v1/webhooks/<name>"}


def test_without_an_operations_port_every_route_answers_on_one_port(redis: Redis):
    client = create_app(Settings(admin_key=ADMIN), config(), redis).test_client()

    results = [
        answers(client, *route, PARTNERS)
        for route in (*ON_PARTNERS_PORT, *ON_BOTH_PORTS, *ON_OPERATIONS_PORT)
    ]
    assert all(results)
