"""Discarding deletes an event's data at once, and every replay of it says so. With `keep_data` it can be replayed."""

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import read_event, read_receipt
from relay.store.source_usage import read_source_bytes
from tests.store_world import sweep_now, take_events
from tests.web.replay_world import read_replay, replay_context, run_steps, start_replay

Headers = dict[str, str]
Kill = Callable[..., list[str]]
Maker = Callable[..., dict[str, Any]]


def discard(client: FlaskClient, operator: Headers, event_id: str, query: str = "") -> dict[str, Any]:
    response = client.post(f"/v1/events/{event_id}/discard{query}", headers=operator)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.get_json()
    return page


def receipt_of(redis: Redis, event_id: str) -> dict[str, bytes]:
    return read_receipt(redis, read_event(redis, event_id)["receipt"].decode())


def test_a_discarded_event_has_no_body_and_its_request_no_bytes(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill
):
    [event_id] = kill(1)
    used = read_source_bytes(redis, ["web"])["web"]

    page = discard(client, operator, event_id)

    assert page["call"] is None
    assert (page["receipt"]["bytes"], page["receipt"]["body"]) == (None, None)
    assert page["data_deleted_at"] == page["receipt"]["data_deleted_at"] is not None
    assert not {"raw", "headers", "query"} & set(receipt_of(redis, event_id))
    assert read_source_bytes(redis, ["web"])["web"] < used


def test_the_explanation_says_that_it_cannot_be_replayed(client: FlaskClient, operator: Headers, kill: Kill):
    [event_id] = kill(1)

    why = discard(client, operator, event_id)["why"]

    assert why["cause"] == "discarded"
    assert "cannot be replayed" in why["sentence"]
    assert "under a new id" in why["remedy"]


def test_its_page_shows_no_size_of_the_deleted_request(client: FlaskClient, operator: Headers, kill: Kill):
    [event_id] = kill(1)
    before = client.get(f"/ops/events/{event_id}", headers=operator).text

    discard(client, operator, event_id)

    assert "<dt>Size</dt>" in before
    assert "<dt>Size</dt>" not in client.get(f"/ops/events/{event_id}", headers=operator).text
    assert "0 bytes" not in client.get("/ops/sources/web", headers=operator).text


def test_the_audit_page_says_that_the_data_was_kept(client: FlaskClient, operator: Headers, kill: Kill):
    [event_id] = kill(1)

    discard(client, operator, event_id, "?keep_data=true")

    page = client.get("/ops/audit", headers=operator).text
    assert '<span class="quiet">keep_data</span> yes' in page


def test_a_replay_of_it_is_refused_with_the_reason(client: FlaskClient, operator: Headers, kill: Kill):
    [event_id] = kill(1)
    discard(client, operator, event_id)

    response = client.post(f"/v1/events/{event_id}/replay", headers=operator)

    assert (response.status_code, response.get_json()["code"]) == (409, "data_deleted")


def test_a_replay_of_many_events_previews_and_counts_it_as_failed(
    client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts, kill: Kill
):
    gone, whole = kill(2)
    discard(client, operator, gone)
    discard(client, operator, whole, "?keep_data=true")

    preview = start_replay(client, filter={"status": "discarded"}, dry_run=True)
    replay_id = start_replay(client, filter={"status": "discarded"})["id"]
    run_steps(redis, replay_context(redis), steps=2)

    problems = {row["id"]: row.get("problem", {}).get("code") for row in preview["examples"]}
    assert problems == {gone: "data_deleted", whole: None}
    page = read_replay(client, replay_id)
    assert (page["replayed"], page["failed"], page["problems"][0]["code"]) == (1, 1, "data_deleted")
    assert [leased.id for leased in take_events(scripts)] == [whole]


def test_with_keep_data_a_replay_sends_it(
    client: FlaskClient, operator: Headers, scripts: Scripts, kill: Kill
):
    [event_id] = kill(1)

    page = discard(client, operator, event_id, "?keep_data=true")

    assert page["call"] is not None
    assert "data_deleted_at" not in page
    assert client.post(f"/v1/events/{event_id}/replay", headers=operator).status_code == 202
    assert [leased.id for leased in take_events(scripts)] == [event_id]


def test_a_request_of_several_events_stays_until_the_last_of_them_is_discarded(
    client: FlaskClient, operator: Headers, sender: Headers, redis: Redis, page_view: Maker
):
    batch = client.post("/v1/events", json=[page_view("a"), page_view("b")], headers=sender).get_json()
    first, second = (result["id"] for result in batch["results"])

    discard(client, operator, first)
    assert "raw" in receipt_of(redis, second)
    assert "body" in read_event(redis, second)

    discard(client, operator, second)
    assert "raw" not in receipt_of(redis, second)


def test_a_request_is_deleted_when_the_last_event_that_needs_it_is_pruned(
    client: FlaskClient, operator: Headers, sender: Headers, redis: Redis, scripts: Scripts, page_view: Maker
):
    batch = client.post("/v1/events", json=[page_view("a"), page_view("b")], headers=sender).get_json()
    discarded, whole = (result["id"] for result in batch["results"])
    discard(client, operator, discarded)
    discard(client, operator, whole, "?keep_data=true")
    assert "raw" in receipt_of(redis, discarded)

    redis.zadd(keys.EXPIRY, {whole: 0})
    sweep_now(scripts, redis)

    assert "raw" not in receipt_of(redis, discarded)


def test_a_discarded_event_that_is_pruned_does_not_take_the_request_of_the_others(
    client: FlaskClient, operator: Headers, sender: Headers, redis: Redis, scripts: Scripts, page_view: Maker
):
    batch = [page_view("a"), page_view("b"), page_view("c")]
    results = client.post("/v1/events", json=batch, headers=sender).get_json()["results"]
    first, second, third = (result["id"] for result in results)
    discard(client, operator, first)
    redis.zadd(keys.EXPIRY, {first: 0})
    sweep_now(scripts, redis)

    discard(client, operator, second)

    assert "raw" in receipt_of(redis, third)


def test_an_event_that_is_sent_again_after_it_was_discarded_is_a_duplicate(
    client: FlaskClient, operator: Headers, sender: Headers, page_view: Maker
):
    event_id = client.post("/v1/events", json=page_view(), headers=sender).get_json()["id"]
    discard(client, operator, event_id)

    again = client.post("/v1/events", json=page_view(), headers=sender).get_json()

    assert (again["id"], again["duplicate"], again["status"]) == (event_id, True, "discarded")
