"""`POST /v1/events`: accepted events, rejected requests, and the responses to the sender."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.store.engine import keys
from tests.web.conftest import KEYS

Headers = dict[str, str]
Maker = Callable[..., dict[str, Any]]


def count_events(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


def read_problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    body = response.get_json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    return dict(body)


def test_one_event_is_accepted_with_its_ids(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    response = client.post("/v1/events", json=page_view(), headers=sender)

    body = response.get_json()
    assert response.status_code == 202
    assert body == {
        "id": body["id"],
        "event_id": "web:ev-1",
        "status": "queued",
        "duplicate": False,
        "destination": "acme",
    }
    assert redis.lrange("rq:queue:gong:acme:web:low", 0, -1) == [body["id"].encode()]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEYS['web']}"},
        {"X-API-Key": KEYS["web"]},
        {"Authorization": "Basic " + __import__("base64").b64encode(f"any:{KEYS['web']}".encode()).decode()},
    ],
)
def test_a_key_is_accepted_in_any_of_three_headers(client: FlaskClient, page_view: Maker, headers: Headers):
    assert client.post("/v1/events", json=page_view(), headers=headers).status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Digest x"},
        {"X-API-Key": "kéy"},
    ],
)
def test_without_a_valid_key_nothing_is_stored(
    client: FlaskClient, page_view: Maker, headers: Headers, redis: Redis
):
    response = client.post("/v1/events", json=page_view(), headers=headers)

    read_problem(response, 401, "unauthorized")
    assert "Bearer" in response.headers["WWW-Authenticate"]
    assert count_events(redis) == 0


def test_an_operators_key_cannot_send_events(client: FlaskClient, page_view: Maker, operator: Headers):
    read_problem(client.post("/v1/events", json=page_view(), headers=operator), 403, "wrong_role")


def test_the_same_event_again_is_a_duplicate_with_the_first_id(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    first = client.post("/v1/events", json=page_view(), headers=sender).get_json()
    second = client.post("/v1/events", json=page_view(), headers=sender)

    assert second.status_code == 202
    assert second.get_json() == first | {"duplicate": True}


def test_two_sources_may_use_the_same_id(client: FlaskClient, page_view: Maker):
    responses = [
        client.post("/v1/events", json=page_view(), headers={"X-API-Key": key}).get_json()
        for key in KEYS.values()
    ]

    assert [body["duplicate"] for body in responses] == [False, False]


def test_an_invalid_event_is_rejected_with_every_problem(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    event = page_view(type="page_vew", content={"titel": "Pricing"}, occurred_at="yesterday")
    body = read_problem(client.post("/v1/events", json=event, headers=sender), 422, "invalid")

    assert {error["path"] for error in body["errors"]} >= {
        "type",
        "content.title",
        "content.titel",
        "occurred_at",
    }
    assert count_events(redis) == 0


def test_each_item_of_an_array_has_a_result(client: FlaskClient, sender: Headers, page_view: Maker):
    events = [
        page_view("1"),
        page_view("2", type="nonsense"),
        page_view("1"),
        page_view("3", person={"email": "me@acme.example"}),
    ]
    response = client.post("/v1/events", json=events, headers=sender)

    body = response.get_json()
    assert response.status_code == 202
    assert [body[name] for name in ("queued", "duplicates", "filtered", "rejected")] == [1, 1, 1, 1]
    assert [(result["index"], result["status"]) for result in body["results"]] == [
        (0, "queued"),
        (1, "rejected"),
        (2, "queued"),
        (3, "filtered"),
    ]
    assert body["results"][1]["errors"][0]["path"] == "type"


def test_an_array_without_a_valid_event_is_422_with_indexed_paths(
    client: FlaskClient, sender: Headers, redis: Redis
):
    body = read_problem(client.post("/v1/events", json=[{}, 7], headers=sender), 422, "invalid")

    assert {error["path"][:3] for error in body["errors"]} == {"[0]", "[1]"}
    assert count_events(redis) == 0


def test_an_unreadable_line_of_ndjson_does_not_affect_the_others(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    lines = [json.dumps(page_view("1")), "", '{"id": ', json.dumps(page_view("2"))]
    headers = sender | {"Content-Type": "application/x-ndjson"}
    body = client.post("/v1/events", data="\n".join(lines), headers=headers).get_json()

    assert (body["queued"], body["rejected"]) == (2, 1)
    assert body["results"][1]["status"] == "rejected"


def test_lines_are_counted_before_they_are_parsed(client: FlaskClient, sender: Headers):
    headers = sender | {"Content-Type": "application/x-ndjson"}
    response = client.post("/v1/events", data=b"x\n" * 500_000, headers=headers)

    assert len(response.data) < 1_000
    assert "more than 500" in read_problem(response, 413, "too_many_items")["detail"]


def test_a_response_lists_at_most_a_hundred_errors_and_counts_the_others(
    client: FlaskClient, sender: Headers
):
    body = read_problem(client.post("/v1/events", json=[{}] * 200, headers=sender), 422, "invalid")

    assert len(body["errors"]) == 100
    assert re.match(r"[0-9]{3,4} validation errors, of which the first 100 are listed\.", body["detail"])


def test_a_batch_lists_at_most_a_hundred_errors_besides_the_first_of_each_item(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    hopeless = {f"key{number}": 1 for number in range(90)}
    body = client.post("/v1/events", json=[page_view("1"), *[hopeless] * 300], headers=sender).get_json()

    rejected = body["results"][1:]
    assert sum(len(result["errors"]) for result in rejected) < 100 + 300
    assert all(len(result["errors"]) + result.get("omitted_errors", 0) > 90 for result in rejected)


def test_a_dry_run_shows_the_call_and_stores_nothing(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    response = client.post("/v1/events?dry_run=true", json=page_view(), headers=sender)

    body = response.get_json()
    assert response.status_code == 200
    assert body["dry_run"] is True
    [call] = body["calls"]
    assert (call["method"], call["path"], call["association"]) == (
        "POST",
        "/v2/digital-interaction",
        "strong",
    )
    assert call["body"]["eventId"] == "web:ev-1"
    assert redis.dbsize() == 0


def test_an_idempotency_key_returns_the_first_response(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    headers = sender | {"Idempotency-Key": "k1"}
    body = [page_view("1"), {"id": "broken"}]
    first = client.post("/v1/events", json=body, headers=headers)
    second = client.post("/v1/events", json=body, headers=headers)

    assert second.get_json() == first.get_json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_an_idempotency_key_with_another_body_is_a_conflict(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    headers = sender | {"Idempotency-Key": "k1"}
    client.post("/v1/events", json=page_view("1"), headers=headers)

    read_problem(
        client.post("/v1/events", json=page_view("2"), headers=headers), 409, "idempotency_key_reused"
    )


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
def test_an_invalid_idempotency_key_is_rejected(
    client: FlaskClient, sender: Headers, page_view: Maker, key: str
):
    headers = sender | {"Idempotency-Key": key}

    read_problem(client.post("/v1/events", json=page_view(), headers=headers), 400, "bad_idempotency_key")


def test_a_nearly_full_store_is_503_with_retry_after(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.1))
    try:
        response = client.post("/v1/events", json=page_view(), headers=sender)
    finally:
        redis.config_set("maxmemory", 0)

    read_problem(response, 503, "store_nearly_full")
    assert int(response.headers["Retry-After"]) >= 1
    assert count_events(redis) == 0


def test_a_share_that_becomes_several_calls_lists_them_all(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    share = {"recipients": [{"email": "a@globex.example"}, {"email": "b@globex.example"}]}
    event = page_view(type="content_share", share=share)
    del event["person"]
    body = client.post("/v1/events", json=event, headers=sender).get_json()

    assert len(body["events"]) == 2
    assert body["events"][0]["id"] == body["id"]
