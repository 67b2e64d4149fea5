"""`POST /v1/events`: what is taken, what is refused, and what the sender is told."""

import json
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


def kept(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    told = response.get_json()
    assert (response.status_code, told["status"], told["code"]) == (status, status, code)
    return dict(told)


def test_one_event_is_accepted_with_its_ids(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    response = client.post("/v1/events", json=page_view(), headers=sender)

    told = response.get_json()
    assert response.status_code == 202
    assert told == {
        "id": told["id"],
        "event_id": "web:ev-1",
        "status": "queued",
        "duplicate": False,
        "destination": "acme",
    }
    assert redis.lrange("rq:queue:gong:acme:web:low", 0, -1) == [told["id"].encode()]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEYS['web']}"},
        {"X-API-Key": KEYS["web"]},
        {"Authorization": "Basic " + __import__("base64").b64encode(f"any:{KEYS['web']}".encode()).decode()},
    ],
)
def test_a_key_is_taken_from_any_of_three_headers(client: FlaskClient, page_view: Maker, headers: Headers):
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
def test_without_a_known_key_nothing_is_read(
    client: FlaskClient, page_view: Maker, headers: Headers, redis: Redis
):
    response = client.post("/v1/events", json=page_view(), headers=headers)

    problem(response, 401, "unauthorized")
    assert "Bearer" in response.headers["WWW-Authenticate"]
    assert kept(redis) == 0


def test_the_operators_key_sends_no_events(client: FlaskClient, page_view: Maker, operator: Headers):
    problem(client.post("/v1/events", json=page_view(), headers=operator), 403, "wrong_role")


def test_the_same_event_again_is_a_duplicate_with_the_first_id(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    first = client.post("/v1/events", json=page_view(), headers=sender).get_json()
    again = client.post("/v1/events", json=page_view(), headers=sender)

    assert again.status_code == 202
    assert again.get_json() == first | {"duplicate": True}


def test_two_sources_may_use_the_same_id(client: FlaskClient, page_view: Maker):
    answers = [
        client.post("/v1/events", json=page_view(), headers={"X-API-Key": key}).get_json()
        for key in KEYS.values()
    ]

    assert [told["duplicate"] for told in answers] == [False, False]


def test_a_wrong_event_is_told_every_mistake_with_its_path(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    wrong = page_view(type="page_vew", content={"titel": "Pricing"}, occurred_at="yesterday")
    told = problem(client.post("/v1/events", json=wrong, headers=sender), 422, "invalid")

    assert {error["path"] for error in told["errors"]} >= {
        "type",
        "content.title",
        "content.titel",
        "occurred_at",
    }
    assert kept(redis) == 0


def test_an_array_is_answered_item_by_item(client: FlaskClient, sender: Headers, page_view: Maker):
    events = [
        page_view("1"),
        page_view("2", type="nonsense"),
        page_view("1"),
        page_view("3", person={"email": "me@acme.example"}),
    ]
    response = client.post("/v1/events", json=events, headers=sender)

    told = response.get_json()
    assert response.status_code == 202
    assert [told[name] for name in ("queued", "duplicates", "filtered", "rejected")] == [1, 1, 1, 1]
    assert [(result["index"], result["status"]) for result in told["results"]] == [
        (0, "queued"),
        (1, "rejected"),
        (2, "queued"),
        (3, "filtered"),
    ]
    assert told["results"][1]["errors"][0]["path"] == "type"


def test_an_array_of_which_nothing_passes_is_422_with_indexed_paths(
    client: FlaskClient, sender: Headers, redis: Redis
):
    told = problem(client.post("/v1/events", json=[{}, 7], headers=sender), 422, "invalid")

    assert {error["path"][:3] for error in told["errors"]} == {"[0]", "[1]"}
    assert kept(redis) == 0


def test_ndjson_is_taken_line_by_line_and_a_damaged_line_spoils_only_itself(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    lines = [json.dumps(page_view("1")), "", '{"id": ', json.dumps(page_view("2"))]
    headers = sender | {"Content-Type": "application/x-ndjson"}
    told = client.post("/v1/events", data="\n".join(lines), headers=headers).get_json()

    assert (told["queued"], told["rejected"]) == (2, 1)
    assert told["results"][1]["status"] == "rejected"


def test_a_dry_run_shows_the_call_and_keeps_nothing(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    response = client.post("/v1/events?dry_run=true", json=page_view(), headers=sender)

    told = response.get_json()
    assert response.status_code == 200
    assert told["dry_run"] is True
    [call] = told["calls"]
    assert (call["method"], call["path"], call["association"]) == (
        "POST",
        "/v2/digital-interaction",
        "strong",
    )
    assert call["body"]["eventId"] == "web:ev-1"
    assert redis.dbsize() == 0


def test_an_idempotency_key_brings_the_first_answer_back(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    headers = sender | {"Idempotency-Key": "k1"}
    body = [page_view("1"), {"id": "broken"}]
    first = client.post("/v1/events", json=body, headers=headers)
    again = client.post("/v1/events", json=body, headers=headers)

    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_an_idempotency_key_with_another_body_is_a_conflict(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    headers = sender | {"Idempotency-Key": "k1"}
    client.post("/v1/events", json=page_view("1"), headers=headers)

    problem(client.post("/v1/events", json=page_view("2"), headers=headers), 409, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
def test_a_useless_idempotency_key_is_refused(
    client: FlaskClient, sender: Headers, page_view: Maker, key: str
):
    headers = sender | {"Idempotency-Key": key}

    problem(client.post("/v1/events", json=page_view(), headers=headers), 400, "bad_idempotency_key")


def test_a_nearly_full_store_is_503_with_its_retry_after(
    client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.1))
    try:
        response = client.post("/v1/events", json=page_view(), headers=sender)
    finally:
        redis.config_set("maxmemory", 0)

    problem(response, 503, "store_nearly_full")
    assert int(response.headers["Retry-After"]) >= 1
    assert kept(redis) == 0


def test_a_share_that_becomes_several_calls_lists_them_all(
    client: FlaskClient, sender: Headers, page_view: Maker
):
    share = {"recipients": [{"email": "a@globex.example"}, {"email": "b@globex.example"}]}
    event = page_view(type="content_share", share=share)
    del event["person"]
    told = client.post("/v1/events", json=event, headers=sender).get_json()

    assert len(told["events"]) == 2
    assert told["events"][0]["id"] == told["id"]
