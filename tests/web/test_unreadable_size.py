"""A webhook's body that cannot be read: stored whole as a dead letter up to a size, and refused above it."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from relay.store.engine import keys
from relay.store.events import read_receipt
from tests.web.test_webhooks_endpoint import SECRET, application, page_viewed

MOST = 262_144


def send(redis: Redis, body: bytes, content_type: str = "application/json") -> TestResponse:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": "d1"}
    headers["Content-Type"] = content_type
    return application(redis).post("/v1/webhooks/site", data=body, headers=headers)


def stored(redis: Redis) -> dict[str, Any]:
    [key] = redis.keys(f"{keys.RECEIPT}*")
    return read_receipt(redis, key.decode().removeprefix(keys.RECEIPT))


def test_a_body_of_the_largest_size_is_stored_whole_as_a_dead_letter(redis: Redis):
    body = b"{" * MOST

    response = send(redis, body)

    assert (response.status_code, response.get_json()["dead"]) == (202, 1)
    assert stored(redis)["raw"] == body


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream"])
def test_a_larger_body_is_refused_and_nothing_of_it_is_stored(redis: Redis, content_type: str):
    response = send(redis, b"{" * (MOST + 1), content_type)

    assert (response.status_code, response.get_json()["code"]) == (413, "unreadable_body")
    assert "`read`" in response.get_json()["detail"]
    assert redis.keys(f"{keys.RECEIPT}*") == redis.keys(f"{keys.EVENT}*") == []


def test_a_larger_body_that_can_be_read_but_not_mapped_is_stored_whole(redis: Redis):
    body = json.dumps(page_viewed(title=None, more="x" * MOST)).encode()

    response = send(redis, body)

    assert (response.status_code, response.get_json()["dead"]) == (202, 1)
    assert stored(redis)["raw"] == body
