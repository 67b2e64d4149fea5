"""`/v1/webhooks/{source}`: a partner's own payloads, proven, mapped, kept; and what the sender is told."""

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


def viewed(native: str = "1", **fields: Any) -> dict[str, Any]:
    told = {"event": "page_view", "id": native, "at": "2026-11-20T10:00:00Z", "title": "Pricing"}
    return told | {"email": "jane@globex.example"} | fields


def post(client: FlaskClient, payload: Any, *, secret: str = SECRET) -> TestResponse:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": "d1"}
    headers["Content-Type"] = "application/json"
    return client.post("/v1/webhooks/site", data=raw, headers=headers)


def counts(response: TestResponse) -> tuple[int, ...]:
    told = response.get_json()
    return tuple(told[name] for name in ("queued", "duplicates", "filtered", "dead"))


def test_a_signed_payload_becomes_gongs_call(client: FlaskClient, scripts: Scripts):
    response = post(client, viewed())

    assert (response.status_code, counts(response)) == (202, (1, 0, 0, 0))
    [taken] = take_events(scripts)
    assert json.loads(taken.body)["eventId"] == "site:1"


def test_a_batch_is_one_receipt_whose_items_go_their_ways(client: FlaskClient):
    batch = [
        viewed("1"),
        viewed("1"),
        {"event": "other"},
        viewed("2", email="me@acme.example"),
        viewed("3", title=None),
    ]

    assert counts(post(client, batch)) == (1, 1, 2, 1)


def test_a_forged_payload_is_401_and_nothing_is_kept(client: FlaskClient, redis: Redis):
    response = post(client, viewed(), secret="another-secret-of-enough-length!")

    assert (response.status_code, response.get_json()["code"]) == (401, "verification_failed")
    assert redis.dbsize() == 0


def test_a_retry_of_the_sender_is_answered_as_the_first_was(client: FlaskClient, redis: Redis):
    first, again = post(client, viewed()), post(client, viewed())

    assert again.get_json() == first.get_json()
    assert redis.zcard(keys.EVENTS) == 1


def test_what_cannot_be_mapped_or_read_is_2xx_and_a_dead_letter_with_its_bytes(
    client: FlaskClient, redis: Redis
):
    unmapped, unread = post(client, viewed(title=None)), post(client, b'{"event": ')

    assert (counts(unmapped), counts(unread)) == ((0, 0, 0, 1), (0, 0, 0, 1))
    page = application(redis).get("/v1/events?status=dead", headers={"X-API-Key": ADMIN}).get_json()
    assert {event["reason"] for event in page["events"]} == {"mapping_failed"}
    receipts = [unpack(redis.hget(key, "raw")) for key in redis.keys(keys.RECEIPT + "*")]
    assert b'{"event": ' in receipts


def test_a_dead_letter_is_mapped_anew_when_it_is_replayed(
    client: FlaskClient, redis: Redis, scripts: Scripts
):
    post(client, viewed(title=None))
    headers = {"X-API-Key": ADMIN}
    [event] = client.get("/v1/events?status=dead", headers=headers).get_json()["events"]
    still = client.post(f"/v1/events/{event['id']}/replay", headers=headers)
    assert (still.status_code, still.get_json()["code"]) == (422, "mapping_still_fails")

    mended = application(redis, TEXT.replace("{{ item.title }}", "{{ item.title || 'Untitled' }}"))
    assert mended.post(f"/v1/events/{event['id']}/replay", headers=headers).status_code == 202
    [taken] = take_events(scripts)
    assert json.loads(taken.body)["content"] == {"contentTitle": "Untitled"}


def test_a_handshake_is_answered_once_it_is_proven(client: FlaskClient, redis: Redis):
    raw = b'{"type":"url_verification","challenge":"c1"}'
    moment = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + moment.encode() + b":" + raw, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": moment}
    response = client.post(
        "/v1/webhooks/slackish", data=raw, headers=headers | {"Content-Type": "application/json"}
    )

    assert (response.status_code, response.data) == (200, b"c1")
    assert redis.dbsize() == 0


def test_a_source_answers_in_its_own_words(client: FlaskClient):
    raw, moment = b'{"id":"1"}', str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + moment.encode() + b":" + raw, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": moment}
    response = client.post(
        "/v1/webhooks/slackish", data=raw, headers=headers | {"Content-Type": "application/json"}
    )

    assert (response.status_code, response.data, response.content_type) == (200, b"thanks", "text/plain")


def test_an_answer_may_hold_a_part_of_the_request(redis: Redis):
    own = TEXT.replace('body: "thanks"', 'json: {action: "{{ body.action }}", status: success}')
    raw, moment = b'{"id":"1","action":"add \\"quoted\\""}', str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + moment.encode() + b":" + raw, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": moment}
    headers["Content-Type"] = "application/json"
    response = application(redis, own).post("/v1/webhooks/slackish", data=raw, headers=headers)

    assert response.get_json(force=True) == {"action": 'add "quoted"', "status": "success"}


def test_a_source_that_verifies_nobody_is_shown_as_such_beside_the_queues(redis: Redis):
    lax = TEXT.replace('{scheme: github, secrets: ["${SECRET}"]}', "{scheme: none}")
    headers = {"X-API-Key": ADMIN}

    assert application(redis, lax).get("/v1/queues", headers=headers).get_json()["unverified"] == ["site"]
    assert application(redis).get("/v1/queues", headers=headers).get_json()["unverified"] == []


def test_a_source_without_a_webhook_is_404(client: FlaskClient):
    assert client.post("/v1/webhooks/nobody", data=b"{}").get_json()["code"] == "no_such_source"


def test_what_was_proven_is_kept_without_its_proof(client: FlaskClient, redis: Redis):
    post(client, viewed())

    [receipt] = redis.keys(keys.RECEIPT + "*")
    kept = redis.hget(receipt, "headers").lower()
    assert b"x-hub-signature-256" not in kept
    assert redis.hlen(keys.KEY_USES + "site") == 1
