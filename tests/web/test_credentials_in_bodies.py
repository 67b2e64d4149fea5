"""A secret that a sender puts into its request is neither stored, shown, mapped nor answered."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events, text_of_the_store
from tests.web.conftest import ADMIN

SECRET = "s3cr3t-of-the-sender-in-its-request"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
RULES = """
    rules:
      - name: greedy
        when: body
        to: digital-interaction
        map:
          eventId: "{{ body.id || query.id }}"
          timestamp: "2026-11-20T10:00:00Z"
          eventType: viewed
          content: {contentTitle: "{{ to_string([body, headers, query]) }}"}
          person: {email: "jane@globex.example"}
    answer: {json: {echo: "{{ to_string([body, headers, query]) }}"}}
"""
CONFIG = (
    "destinations:\n  acme: {auth: {basic: {access_key: k, access_key_secret: s}}}\nsources:\n"
    + "".join(
        f'  {name}:\n    destination: acme\n    verify: {{{verify}, secrets: ["${{SECRET}}"]}}{RULES}'
        for name, verify in {
            "vidyard": "scheme: vidyard",
            "mailgun": "scheme: mailgun",
            "slack": "scheme: slack",
            "json": 'scheme: api-key, signature: "json:auth.key"',
            "form": 'scheme: api-key, signature: "form:token"',
            "query": 'scheme: api-key, signature: "query:token"',
            "header": 'scheme: api-key, signature: "header:x-partner-proof"',
            "bearer": "scheme: bearer",
            "basic": "scheme: basic",
        }.items()
    )
)


@dataclass(frozen=True)
class Sent:
    """One request: its body, and where it is not JSON alone."""

    body: bytes
    content_type: str = JSON
    headers: dict[str, str] | None = None
    query: str = ""


def signature(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def mailgun() -> Sent:
    seconds = str(int(time.time()))
    proof = {"timestamp": seconds, "token": SECRET, "signature": signature(seconds + SECRET)}
    return Sent(json.dumps({"id": "1", "signature": proof}).encode())


def slack() -> Sent:
    seconds, body = str(int(time.time())), json.dumps({"id": "1", "token": SECRET})
    proof = f"v0={signature(f'v0:{seconds}:{body}')}"
    return Sent(body.encode(), headers={"X-Slack-Request-Timestamp": seconds, "X-Slack-Signature": proof})


ID = b'{"id": "1"}'
REQUESTS: dict[str, Callable[[], Sent]] = {
    "vidyard": lambda: Sent(json.dumps({"id": "1", "security_key": SECRET}).encode()),
    "mailgun": mailgun,
    "slack": slack,
    "json": lambda: Sent(json.dumps({"id": "1", "auth": {"key": SECRET}}).encode()),
    "form": lambda: Sent(urlencode({"id": "1", "token": SECRET}).encode(), FORM),
    "query": lambda: Sent(ID, query=f"?token={SECRET}"),
    "header": lambda: Sent(ID, headers={"X-Partner-Proof": SECRET, "X-Auth-Token": SECRET}),
    "bearer": lambda: Sent(ID, headers={"Authorization": f"Bearer {SECRET}"}),
    "basic": lambda: Sent(
        ID, headers={"Authorization": "Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode()}
    ),
}


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    # The secret of `basic` is a user and a password.
    text = CONFIG.replace(
        'scheme: basic, secrets: ["${SECRET}"]', 'scheme: basic, secrets: ["user:${SECRET}"]'
    )
    config = read_config(text, environ={"SECRET": SECRET}, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, redis).test_client()


def post(client: FlaskClient, name: str, sent: Sent) -> TestResponse:
    headers = {"Content-Type": sent.content_type, **(sent.headers or {})}
    return client.post(f"/v1/webhooks/{name}{sent.query}", data=sent.body, headers=headers)


def page_of(client: FlaskClient, **query: str) -> dict[str, Any]:
    headers = {"X-API-Key": ADMIN}
    [row] = client.get("/v1/events", headers=headers).get_json()["events"]
    return dict(client.get(f"/v1/events/{row['id']}", headers=headers, query_string=query).get_json())


@pytest.mark.parametrize("name", REQUESTS)
def test_the_secret_is_neither_stored_nor_sent_nor_answered_nor_revealed(
    client: FlaskClient, redis: Redis, scripts: Scripts, name: str
):
    response = post(client, name, REQUESTS[name]())

    assert response.status_code == 200, response.text
    assert SECRET not in response.text
    stored = text_of_the_store(redis)
    assert f"{name}:1" in stored
    assert SECRET not in stored
    revealed = page_of(client, reveal="true")
    assert revealed["payload_visibility"] == "plain"
    assert revealed["receipt"]["body"]["id"] == "1"
    assert SECRET not in json.dumps(revealed)
    [leased] = take_events(scripts)
    assert SECRET.encode() not in leased.body


@pytest.mark.parametrize("name", REQUESTS)
def test_a_repeated_request_is_recognized(client: FlaskClient, name: str):
    sent = REQUESTS[name]()

    assert [post(client, name, sent).status_code for _ in range(2)] == [200, 200]
    assert page_of(client)["receipt"]["id"]


def test_a_request_without_an_id_has_the_same_generated_id_when_it_is_repeated(
    client: FlaskClient, redis: Redis
):
    sent = Sent(json.dumps({"security_key": SECRET, "video": 7}).encode())
    for _ in range(2):
        assert post(client, "vidyard", sent).status_code == 200

    assert redis.zcard("relay:events") == 1


def test_a_body_that_an_older_version_stored_whole_is_shown_and_mapped_without_the_secret(
    client: FlaskClient, redis: Redis
):
    sent = REQUESTS["vidyard"]()
    assert post(client, "vidyard", sent).status_code == 200
    [key] = redis.keys("relay:receipt:*")
    [event] = redis.keys("relay:event:*")
    redis.hset(key, "raw", sent.body)
    redis.hset(event, mapping={"state": "dead", "problems": b"[]"})
    redis.hdel(event, "body")
    redis.zadd("relay:by_state:acme:dead", {event.removeprefix(b"relay:event:"): 0})

    assert SECRET not in json.dumps(page_of(client, reveal="true"))
    event_id = event.removeprefix(b"relay:event:").decode()
    replayed = client.post(f"/v1/events/{event_id}/replay", headers={"X-API-Key": ADMIN})
    assert replayed.status_code == 202, replayed.text
    assert SECRET not in json.dumps(page_of(client, reveal="true"))
    redis.hset(key, "raw", b"")
    assert SECRET not in text_of_the_store(redis)
