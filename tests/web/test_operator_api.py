"""The operator API: events, queues, actions, and who is allowed."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.store.delivery import Retry, dead_letter, finish, hold_event, retry_later
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import KEYS

Headers = dict[str, str]
Maker = Callable[..., dict[str, Any]]
RECORD = b'{"number":1,"outcome":"rejected","status":400}'


@pytest.fixture
def event_id(client: FlaskClient, sender: Headers, page_view: Maker) -> str:
    return str(client.post("/v1/events", json=page_view(), headers=sender).get_json()["id"])


@pytest.fixture
def dead_id(event_id: str, scripts: Scripts) -> str:
    [leased] = take_events(scripts)
    finish(
        scripts,
        leased,
        dead_letter(DeadLetterReason.REJECTED, "content: must not be null", record=RECORD, keep_seconds=60),
    )
    return event_id


def test_an_event_is_explained_from_its_receipt_to_the_next_step(
    client: FlaskClient, operator: Headers, event_id: str
):
    page = client.get(f"/v1/events/{event_id}", headers=operator).get_json()

    assert (page["id"], page["status"], page["source"], page["type"]) == (
        event_id,
        "queued",
        "web",
        "page_view",
    )
    assert page["call"]["path"] == "/v2/digital-interaction"
    assert page["call"]["body"]["content"]["contentTitle"] == "••• (7 characters)"
    assert page["receipt"]["bytes"] > 0
    assert (page["why"]["cause"], page["why"]["in_gong"]) == ("queued", False)


def test_a_dead_letter_has_a_cause_and_a_remedy(client: FlaskClient, operator: Headers, dead_id: str):
    page = client.get(f"/v1/events/{dead_id}", headers=operator).get_json()

    assert (page["status"], page["reason"], page["detail"]) == (
        "dead",
        "rejected",
        "content: must not be null",
    )
    assert [attempt["outcome"] for attempt in page["attempt_history"]] == ["rejected"]
    assert (page["why"]["cause"], "Fix" in page["why"]["remedy"]) == ("rejected", True)


def test_an_event_on_hold_has_the_cause_of_the_hold(
    client: FlaskClient, operator: Headers, event_id: str, scripts: Scripts
):
    [leased] = take_events(scripts)
    finish(scripts, leased, hold_event(HoldCause.FORBIDDEN, "ip", record=b"{}", probe_seconds=300))

    page = client.get(f"/v1/events/{event_id}", headers=operator).get_json()
    assert (page["why"]["cause"], "trusted IPs" in page["why"]["remedy"]) == ("forbidden", True)


def test_a_retrying_event_says_when_the_next_attempt_is_due(
    client: FlaskClient, operator: Headers, event_id: str, scripts: Scripts
):
    [leased] = take_events(scripts)
    finish(scripts, leased, retry_later(Retry(seconds=60.0, ambiguous=True), record=b"{}"))

    page = client.get(f"/v1/events/{event_id}", headers=operator).get_json()
    assert page["why"]["next_at"] == f"{page['due_at'][:19]}Z"
    assert page["why"]["next_at"] in page["why"]["sentence"]


def test_events_are_listed_newest_first_in_pages(
    client: FlaskClient, operator: Headers, sender: Headers, page_view: Maker
):
    ids = [
        client.post("/v1/events", json=page_view(str(n)), headers=sender).get_json()["id"] for n in range(5)
    ]
    listed, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/events", query_string=query, headers=operator).get_json()
        listed += [event["id"] for event in page["events"]]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert listed == sorted(ids, reverse=True)


@pytest.mark.usefixtures("dead_id")
def test_an_event_must_match_all_filters(client: FlaskClient, operator: Headers, page_view: Maker):
    for name, key in KEYS.items():
        client.post("/v1/events", json=page_view(f"more-{name}"), headers={"X-API-Key": key})

    def count(**query: str) -> int:
        return len(client.get("/v1/events", query_string=query, headers=operator).get_json()["events"])

    assert count() == 3
    assert count(status="dead") == 1
    assert count(source="web") == 2
    assert count(source="shop", status="dead") == 0
    assert count(destination="acme", status="queued", source="web") == 1
    assert count(event_id="web:ev-1") == 1
    assert count(destination="other") == 0


def test_an_invalid_filter_is_rejected(client: FlaskClient, operator: Headers):
    for query, path in (
        ({"stats": "dead"}, "stats"),
        ({"status": "gone"}, "status"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "x"}, "cursor"),
    ):
        response = client.get("/v1/events", query_string=query, headers=operator)
        assert response.status_code == 422
        assert response.get_json()["errors"][0]["path"] == path


def test_a_source_sees_its_own_events_and_no_others(client: FlaskClient, event_id: str):
    own, other = {"X-API-Key": KEYS["web"]}, {"X-API-Key": KEYS["shop"]}

    assert client.get(f"/v1/events/{event_id}", headers=own).status_code == 200
    assert client.get(f"/v1/events/{event_id}", headers=other).status_code == 404
    assert client.get("/v1/events", headers=other).get_json()["events"] == []
    assert client.get("/v1/events?source=web", headers=other).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/queues"),
        ("POST", "/v1/events/01M7YRRT800000000000000000/replay"),
        ("POST", "/v1/events/01M7YRRT800000000000000000/discard"),
        ("POST", "/v1/destinations/acme/pause"),
        ("POST", "/v1/destinations/acme/resume"),
        ("POST", "/v1/destinations/acme/probe"),
    ],
)
def test_actions_need_an_operators_key(client: FlaskClient, method: str, path: str):
    assert client.open(path, method=method).status_code == 401
    assert client.open(path, method=method, headers={"X-API-Key": KEYS["web"]}).status_code == 403


def test_a_dead_letter_is_replayed(client: FlaskClient, operator: Headers, dead_id: str, scripts: Scripts):
    response = client.post(f"/v1/events/{dead_id}/replay", headers=operator)

    assert (response.status_code, response.get_json()["status"]) == (202, "queued")
    assert [leased.id for leased in take_events(scripts)] == [dead_id]


def test_an_event_in_the_wrong_state_is_not_replayed_or_discarded(
    client: FlaskClient, operator: Headers, event_id: str
):
    response = client.post(f"/v1/events/{event_id}/replay", headers=operator)
    assert (response.status_code, response.get_json()["code"]) == (409, "wrong_state")

    assert client.post(f"/v1/events/{event_id}/discard", headers=operator).get_json()["status"] == "discarded"
    second = client.post(f"/v1/events/{event_id}/discard", headers=operator)
    assert (second.status_code, second.get_json()["code"]) == (409, "wrong_state")


def test_an_unknown_event_or_destination_is_404(client: FlaskClient, operator: Headers):
    for method, path in (
        ("GET", "/v1/events/nope"),
        ("POST", "/v1/events/nope/replay"),
        ("POST", "/v1/destinations/nope/pause"),
    ):
        response = client.open(path, method=method, headers=operator)
        assert (response.status_code, response.content_type) == (404, "application/problem+json")


def test_the_events_of_a_paused_destination_wait_until_it_is_resumed(
    client: FlaskClient, operator: Headers, event_id: str, scripts: Scripts
):
    assert client.post("/v1/destinations/acme/pause", headers=operator).get_json()["changed"] is True
    assert take_events(scripts) == []

    resumed = client.post("/v1/destinations/acme/resume", headers=operator).get_json()
    assert (resumed["changed"], resumed["events"]) == (True, 1)
    assert [leased.id for leased in take_events(scripts)] == [event_id]


@pytest.mark.usefixtures("event_id")
def test_queues_have_depth_budget_hold_and_store(client: FlaskClient, operator: Headers):
    client.post("/v1/destinations/acme/pause", headers=operator)
    page = client.get("/v1/queues", headers=operator).get_json()

    [row] = page["destinations"]
    assert (row["destination"], row["states"]["queued"], row["open"]) == ("acme", 1, 1)
    assert row["oldest_seconds"] >= 0
    assert row["budget"]["remaining"] == 10_000
    assert row["hold"]["cause"] == "paused"
    assert page["workers"] == []
    assert page["store"]["durability"] == "relaxed"


def test_liveness_readiness_and_version(client: FlaskClient):
    assert client.get("/livez").get_json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    assert client.get("/version").get_json()["version"]


def test_an_unknown_path_and_an_unsupported_method_are_problem_documents(client: FlaskClient):
    unknown, unsupported = client.get("/nothing"), client.delete("/v1/events")

    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "not_found")
    assert (unsupported.status_code, unsupported.get_json()["code"]) == (405, "method_not_allowed")
    assert "POST" in unsupported.headers["Allow"]
