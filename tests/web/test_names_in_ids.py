"""Below the right to reveal a payload, no page, answer or command shows the names in an id that a sender chose."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys
from tests.web.access_world import KEYS, relay, sign_in

ID = "jane-quibble-17"
PERSON = {"email": "jane.quibble@globex.com", "name": "Jane Quibble"}


@pytest.fixture
def client(redis: Redis, page_view: Any) -> FlaskClient:
    client = relay(redis)
    response = client.post(
        "/v1/events", json=page_view(ID, person=PERSON), headers={"X-API-Key": KEYS["own"]}
    )
    assert response.status_code == 202
    return client


def event_id(client: FlaskClient) -> str:
    return str(get(client, "/v1/events", "admin")["events"][0]["id"])


def get(client: FlaskClient, path: str, who: str) -> Any:
    response = client.get(path, headers={"X-API-Key": KEYS[who]})
    assert response.status_code == 200, response.text
    return response.get_json()


@pytest.mark.parametrize("who", ["viewer", "operator", "admin", "own"])
def test_no_answer_shows_them(client: FlaskClient, who: str):
    pages = (
        "/v1/events",
        f"/v1/events/{event_id(client)}",
        f"/v1/events?event_id=web:{ID}",
        f"/v1/why?event_id={ID}",
    )
    for path in pages:
        page = get(client, path, who)
        page.pop("query", None)  # what the caller typed
        text = json.dumps(page).lower()
        assert "web:" in text or "queued" in text
        assert "jane-quibble" not in text, path


@pytest.mark.parametrize("who", ["viewer", "operator", "admin"])
def test_no_page_shows_them(client: FlaskClient, who: str):
    browser = client.application.test_client()
    sign_in(browser, who)
    for path in ("/ops/events", f"/ops/events/{event_id(client)}"):
        text = browser.get(path).text.lower()
        assert "web:" in text
        assert "quibble" not in text, path


def test_the_event_is_found_by_its_exact_id(client: FlaskClient):
    for who in ("viewer", "own"):
        [event] = get(client, f"/v1/events?event_id=web:{ID}", who)["events"]
        assert event["event_id"] == "web:•••-17"


def test_a_revealed_event_shows_its_id(client: FlaskClient):
    page = get(client, f"/v1/events/{event_id(client)}?reveal=true", "admin")

    assert (page["event_id"], page["call"]["body"]["eventId"]) == (f"web:{ID}", f"web:{ID}")


def test_the_preview_of_a_replay_shows_masked_ids(client: FlaskClient, redis: Redis):
    stored = event_id(client)
    redis.hset(keys.EVENT + stored, "state", "dead")
    redis.zrem(f"{keys.BY_STATE}acme:queued", stored)
    redis.zadd(f"{keys.BY_STATE}acme:dead", {stored: 0})

    body = {"filter": {"ids": [stored]}, "remap": True, "dry_run": True}
    response = client.post("/v1/replays", json=body, headers={"X-API-Key": KEYS["operator"]})

    assert "web:\\u2022\\u2022\\u2022-17" in json.dumps(response.get_json())
    assert "jane-quibble" not in response.text
