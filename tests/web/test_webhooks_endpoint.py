"""`/v1/webhooks/{name}`: verification, mapping, storage, handshakes and responses."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.compression import unpack
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import ADMIN

SECRET = "a-shared-secret-of-enough-length"
TEXT = """
destinations:
  acme: {auth: {basic: {access_key: k, access_key_secret: s}}, internal_domains: [acme.example]}
sources:
  site:
    destination: acme
    verify: {scheme: github, secrets: ["${SECRET}"]}
    rules:
      - name: page viewed
        when: item.event == 'page_view'
        to: digital-interaction
        map:
          eventId: "{{ item.id }}"
          timestamp: "{{ item.at }}"
          eventType: page viewed
          content: {contentTitle: "{{ item.title }}"}
          person: {email: "{{ item.email }}"}
  slackish:
    destination: acme
    challenges: slack
    verify: {scheme: slack, secrets: ["${SECRET}"]}
    answer: {status: 200, content_type: text/plain, body: "thanks"}
    rules: [{name: none, when: "`false`", to: digital-interaction, map: {eventId: "{{ item.id }}", timestamp: "2026-11-20T10:00:00Z", eventType: x, content: {contentTitle: x}, person: {email: a@b.example}}}]
"""


def application(redis: Redis, text: str = TEXT) -> FlaskClient:
    config = read_config(text, environ={"SECRET": SECRET}, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, redis).test_client()


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return application(redis)


def page_viewed(sender_id: str = "1", **fields: Any) -> dict[str, Any]:
    payload = {"event": "page_view", "id": sender_id, "at": "2026-11-20T10:00:00Z", "title": "Pricing"}
    return payload | {"email": "jane@globex.example"} | fields


def post(client: FlaskClient, payload: Any, *, secret: str = SECRET) -> TestResponse:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": "d1"}
    headers["Content-Type"] = "application/json"
    return client.post("/v1/webhooks/site", data=raw, headers=headers)


def counts(response: TestResponse) -> tuple[int, ...]:
    body = response.get_json()
    return tuple(body[name] for name in ("queued", "duplicates", "filtered", "dead"))


def test_a_signed_payload_becomes_a_call(client: FlaskClient, scripts: Scripts):
    response = post(client, page_viewed())

    assert (response.status_code, counts(response)) == (202, (1, 0, 0, 0))
    [leased] = take_events(scripts)
    assert json.loads(leased.body)["eventId"] == "site:1"


def test_each_item_of_a_batch_has_its_own_result(client: FlaskClient):
    batch = [
        page_viewed("1"),
        page_viewed("1"),
        {"event": "other"},
        page_viewed("2", email="me@acme.example"),
        page_viewed("3", title=None),
    ]

    assert counts(post(client, batch)) == (1, 1, 2, 1)


def test_a_forged_payload_is_401_and_nothing_is_stored(client: FlaskClient, redis: Redis):
    response = post(client, page_viewed(), secret="another-secret-of-enough-length!")

    assert (response.status_code, response.get_json()["code"]) == (401, "verification_failed")
    assert redis.dbsize() == 0


def test_a_retry_of_the_sender_gets_the_first_response(client: FlaskClient, redis: Redis):
    first, second = post(client, page_viewed()), post(client, page_viewed())

    assert second.get_json() == first.get_json()
    assert redis.zcard(keys.EVENTS) == 1


def test_a_request_that_cannot_be_mapped_or_read_is_accepted_as_a_dead_letter(
    client: FlaskClient, redis: Redis
):
    unmapped, unreadable = post(client, page_viewed(title=None)), post(client, b'{"event": ')

    assert (counts(unmapped), counts(unreadable)) == ((0, 0, 0, 1), (0, 0, 0, 1))
    page = application(redis).get("/v1/events?status=dead", headers={"X-API-Key": ADMIN}).get_json()
    assert {event["reason"] for event in page["events"]} == {"mapping_failed"}
    receipts = [unpack(redis.hget(key, "raw")) for key in redis.keys(keys.RECEIPT + "*")]
    assert b'{"event": ' in receipts


def test_a_dead_letter_is_mapped_again_when_it_is_replayed(
    client: FlaskClient, redis: Redis, scripts: Scripts
):
    post(client, page_viewed(title=None))
    headers = {"X-API-Key": ADMIN}
    [event] = client.get("/v1/events?status=dead", headers=headers).get_json()["events"]
    response = client.post(f"/v1/events/{event['id']}/replay", headers=headers)
    assert (response.status_code, response.get_json()["code"]) == (422, "mapping_still_fails")

    fixed = application(redis, TEXT.replace("{{ item.title }}", "{{ item.title || 'Untitled' }}"))
    assert fixed.post(f"/v1/events/{event['id']}/replay", headers=headers).status_code == 202
    [leased] = take_events(scripts)
    assert json.loads(leased.body)["content"] == {"contentTitle": "Untitled"}


def test_a_signed_handshake_is_answered(client: FlaskClient, redis: Redis):
    raw = b'{"type":"url_verification","challenge":"c1"}'
    timestamp = str(int(time.time()))
    signature = hmac.new(
        SECRET.encode(), b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256
    ).hexdigest()
    headers = {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": timestamp}
    response = client.post(
        "/v1/webhooks/slackish", data=raw, headers=headers | {"Content-Type": "application/json"}
    )

    assert (response.status_code, response.data) == (200, b"c1")
    assert redis.dbsize() == 0


def test_a_source_has_its_own_answer(client: FlaskClient):
    raw, timestamp = b'{"id":"1"}', str(int(time.time()))
    signature = hmac.new(
        SECRET.encode(), b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256
    ).hexdigest()
    headers = {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": timestamp}
    response = client.post(
        "/v1/webhooks/slackish", data=raw, headers=headers | {"Content-Type": "application/json"}
    )

    assert (response.status_code, response.data, response.content_type) == (200, b"thanks", "text/plain")


def test_an_answer_can_contain_a_part_of_the_request(redis: Redis):
    text = TEXT.replace('body: "thanks"', 'json: {action: "{{ body.action }}", status: success}')
    raw, timestamp = b'{"id":"1","action":"add \\"quoted\\""}', str(int(time.time()))
    signature = hmac.new(
        SECRET.encode(), b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256
    ).hexdigest()
    headers = {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": timestamp}
    headers["Content-Type"] = "application/json"
    response = application(redis, text).post("/v1/webhooks/slackish", data=raw, headers=headers)

    assert response.get_json(force=True) == {"action": 'add "quoted"', "status": "success"}


def test_an_unverified_source_is_listed_with_the_queues(redis: Redis):
    unverified = TEXT.replace('{scheme: github, secrets: ["${SECRET}"]}', "{scheme: none}")
    headers = {"X-API-Key": ADMIN}

    assert application(redis, unverified).get("/v1/queues", headers=headers).get_json()["unverified"] == [
        "site"
    ]
    assert application(redis).get("/v1/queues", headers=headers).get_json()["unverified"] == []


def test_a_source_without_a_webhook_is_404(client: FlaskClient):
    assert client.post("/v1/webhooks/unknown", data=b"{}").get_json()["code"] == "no_such_source"


def test_the_signature_is_not_stored(client: FlaskClient, redis: Redis):
    post(client, page_viewed())

    [receipt] = redis.keys(keys.RECEIPT + "*")
    headers = redis.hget(receipt, "headers").lower()
    assert b"x-hub-signature-256" not in headers
    assert redis.hlen(keys.KEY_USES + "site") == 1
