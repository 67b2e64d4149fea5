"""`/v1/sources/{name}`: one source with its whole mapping, and the last payload as far as each role may see it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from tests.web.conftest import ADMIN

SECRET, VIEWER, OPERATOR = (
    "a-shared-secret-of-enough-length",
    "the-viewers-own-key-000",
    "the-operators-key-0000",
)
INNER = "what-the-environment-says"
RULE = {
    "name": "viewed",
    "to": "digital-interaction",
    "map": {
        "timestamp": "{{ item.at }}",
        "eventType": "${INNER}",
        "content": {"contentTitle": "{{ item.title }}"},
        "person": {"email": "{{ item.email }}"},
    },
}
TOLD: dict[str, Any] = {
    "destinations": {"acme": {"auth": {"basic": {"access_key": "k", "access_key_secret": "s"}}}},
    "sources": {
        "site": {
            "destination": "acme",
            "verify": {"scheme": "typeform", "secrets": ["${SECRET}"]},
            "rules": [RULE],
        },
        "plain": {"destination": "acme", "keys": ["sha256:" + "0" * 64]},
    },
    "operators": {
        "victor": {"role": "viewer", "keys": ["${VIEWER}"]},
        "alice": {"role": "operator", "keys": ["${OPERATOR}"]},
    },
}
ENVIRON = {"SECRET": SECRET, "INNER": INNER, "VIEWER": VIEWER, "OPERATOR": OPERATOR}
PAYLOAD = {
    "id": "e-1",
    "at": "2026-11-20T10:00:00Z",
    "title": "Our secret plan for Globex",
    "email": "jane@globex.example",
}


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    known = read_config(json.dumps(TOLD), environ=ENVIRON, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), known, redis).test_client()


def post(client: FlaskClient) -> None:
    body = json.dumps(PAYLOAD).encode()
    proof = hmac.digest(SECRET.encode(), body, hashlib.sha256)
    headers = {
        "Typeform-Signature": f"sha256={base64.b64encode(proof).decode()}",
        "Content-Type": "application/json",
    }
    assert client.post("/v1/webhooks/site", data=body, headers=headers).status_code == 202


def told(client: FlaskClient, name: str = "site", key: str = OPERATOR) -> dict[str, Any]:
    page: dict[str, Any] = client.get(f"/v1/sources/{name}", headers={"X-API-Key": key}).get_json()
    return page


def test_a_source_tells_its_mapping_without_what_the_environment_gave(client: FlaskClient):
    page = told(client)
    [rule] = page["mapping"]["rules"]

    assert rule["map"]["content"]["contentTitle"] == "{{ item.title }}"
    assert INNER not in json.dumps(page)
    assert len(page["webhook"]["mapping_version"]) == 8


def test_a_source_without_webhooks_has_no_mapping_and_nothing_came_from_it(client: FlaskClient):
    page = told(client, "plain")

    assert (page["mapping"], page["last"], page["webhook"]) == (None, None, None)


def test_the_last_payload_shows_nobody_to_an_operator(client: FlaskClient):
    post(client)
    last = told(client)["last"]

    assert last["body"]["at"] == PAYLOAD["at"]
    assert "jane" not in json.dumps(last)
    assert "secret plan" not in json.dumps(last)
    assert client.get(f"/v1/events/{last['event']}", headers={"X-API-Key": OPERATOR}).status_code == 200


def test_a_viewer_sees_that_something_came_and_nothing_of_it(client: FlaskClient):
    post(client)
    last = told(client, key=VIEWER)["last"]

    assert (last["body"], last["headers"], last["bytes"]) == (None, None, len(json.dumps(PAYLOAD)))


def test_a_source_that_is_not_configured_is_not_there(client: FlaskClient):
    answer = client.get("/v1/sources/nobody", headers={"X-API-Key": OPERATOR})

    assert (answer.status_code, answer.get_json()["code"]) == (404, "no_such_source")
