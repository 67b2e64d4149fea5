"""`/v1/sources/{name}`: one source with its mapping, and its last payload as visible to each role."""

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
CONFIG: dict[str, Any] = {
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
    config = read_config(json.dumps(CONFIG), environ=ENVIRON, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, redis).test_client()


def post(client: FlaskClient) -> None:
    body = json.dumps(PAYLOAD).encode()
    signature = hmac.digest(SECRET.encode(), body, hashlib.sha256)
    headers = {
        "Typeform-Signature": f"sha256={base64.b64encode(signature).decode()}",
        "Content-Type": "application/json",
    }
    assert client.post("/v1/webhooks/site", data=body, headers=headers).status_code == 202


def read_page(client: FlaskClient, name: str = "site", key: str = OPERATOR) -> dict[str, Any]:
    page: dict[str, Any] = client.get(f"/v1/sources/{name}", headers={"X-API-Key": key}).get_json()
    return page


def test_a_source_has_its_mapping_without_values_of_the_environment(client: FlaskClient):
    page = read_page(client)
    [rule] = page["mapping"]["rules"]

    assert rule["map"]["content"]["contentTitle"] == "{{ item.title }}"
    assert INNER not in json.dumps(page)
    assert len(page["webhook"]["mapping_version"]) == 8


def test_a_source_without_webhooks_has_no_mapping_and_no_payload(client: FlaskClient):
    page = read_page(client, "plain")

    assert (page["mapping"], page["last"], page["webhook"]) == (None, None, None)


def test_the_last_payload_is_redacted_for_an_operator(client: FlaskClient):
    post(client)
    last = read_page(client)["last"]

    assert last["body"]["at"] == PAYLOAD["at"]
    assert "jane" not in json.dumps(last)
    assert "secret plan" not in json.dumps(last)
    assert client.get(f"/v1/events/{last['event']}", headers={"X-API-Key": OPERATOR}).status_code == 200


def test_a_viewer_does_not_see_the_last_payload(client: FlaskClient):
    post(client)
    last = read_page(client, key=VIEWER)["last"]

    assert (last["body"], last["headers"], last["bytes"]) == (None, None, len(json.dumps(PAYLOAD)))


def test_an_unknown_source_is_404(client: FlaskClient):
    response = client.get("/v1/sources/unknown", headers={"X-API-Key": OPERATOR})

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_source")
