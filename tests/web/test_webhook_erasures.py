"""Erasing a person from webhooks: in batches, in unreadable requests, and in several stores."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events, text_of_the_store
from tests.web.replay_world import OPERATOR
from tests.web.test_erasures_api import get, post_json, run
from tests.web.test_routing import event
from tests.web.test_two_stores import process, send
from tests.web.test_webhooks_endpoint import TEXT, application, counts, page_viewed, post

JANE, JOE = "jane@globex.example", "joe@globex.example"


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return application(redis)


def erase(client: FlaskClient, redis: Redis, email: str = JANE) -> dict[str, Any]:
    erasure = post_json(client, "/v1/erasures", OPERATOR, email=email)
    run(redis)
    report = get(client, f"/v1/erasures/{erasure['id']}", OPERATOR)
    assert report["status"] == "done"
    return report


def find_events(client: FlaskClient, email: str) -> list[str]:
    return [event["id"] for event in get(client, f"/v1/events?email={email}", OPERATOR)["events"]]


def test_only_the_persons_events_of_a_batch_are_erased(client: FlaskClient, redis: Redis, scripts: Scripts):
    response = post(
        client,
        [
            page_viewed("1"),
            page_viewed("2", email=JOE),
            page_viewed("3", event="other"),
            page_viewed("4", title=""),
        ],
    )
    assert counts(response) == (2, 0, 1, 1)
    assert len(find_events(client, JANE)) == 3

    report = erase(client, redis)

    assert report["stores"][0]["events"] == {"queued": 1, "dead": 1, "filtered": 1}
    assert JANE not in text_of_the_store(redis)
    [leased] = take_events(scripts)
    assert json.loads(leased.body)["person"] == {"email": JOE}


def test_another_event_of_the_request_that_cannot_be_mapped_again_says_why(client: FlaskClient, redis: Redis):
    post(client, [page_viewed("1"), page_viewed("2", email=JOE, title="")])
    [dead] = find_events(client, JOE)

    erase(client, redis)

    response = client.post(f"/v1/events/{dead}/replay", headers=OPERATOR)
    assert (response.status_code, response.get_json()["code"]) == (404, "receipt_erased")
    assert get(client, f"/v1/events/{dead}", OPERATOR)["status"] == "dead"


def test_an_unreadable_request_is_erased(client: FlaskClient, redis: Redis):
    assert counts(post(client, b'{"email": "Jane@Globex.example"')) == (0, 0, 0, 1)
    assert len(find_events(client, JANE)) == 1

    erase(client, redis)

    assert JANE not in text_of_the_store(redis)


def test_a_request_whose_content_type_names_the_person_is_erased(redis: Redis):
    client = application(redis, TEXT.replace('scheme: github, secrets: ["${SECRET}"]', "scheme: none"))
    answer = client.post("/v1/webhooks/site", data=b"x", headers={"Content-Type": JANE})
    assert counts(answer) == (0, 0, 0, 1)
    assert JANE in text_of_the_store(redis)

    erase(client, redis)

    assert JANE not in text_of_the_store(redis)


def test_a_late_webhook_is_accepted_without_its_payload(client: FlaskClient, redis: Redis):
    erase(client, redis)

    assert post(client, page_viewed("1")).status_code == 202

    assert JANE not in text_of_the_store(redis)
    [event_id] = redis.zrange(keys.EVENTS, 0, -1)
    assert get(client, f"/v1/events/{event_id.decode()}", OPERATOR)["status"] == "erased"


def test_a_person_is_erased_in_every_store(redis: Redis, second_redis: Redis):
    client = process(redis, second_redis)
    send(client, event("1", "acme"), event("2", "globex"), event("3", "globex", person={"email": JOE}))

    erasure = post_json(client, "/v1/erasures", OPERATOR, email="jane@initech.example")
    run(redis)
    assert get(client, f"/v1/erasures/{erasure['id']}", OPERATOR)["status"] == "running"
    run(second_redis)

    report = get(client, f"/v1/erasures/{erasure['id']}", OPERATOR)
    assert report["status"] == "done"
    assert [(part["store"], part["events"]) for part in report["stores"]] == [
        ("main", {"queued": 1}),
        ("eu", {"queued": 1}),
    ]
    assert len({part["person"] for part in report["stores"]}) == 2
    for store in (redis, second_redis):
        assert "jane@initech" not in text_of_the_store(store)
    assert len(find_events(client, JOE)) == 1


def test_an_erasure_does_not_start_while_a_store_is_unavailable(redis: Redis):
    unavailable = Redis(unix_socket_path="/nowhere/at/all")
    client = process(redis, unavailable)

    response = client.post("/v1/erasures", json={"email": JANE}, headers=OPERATOR)

    assert response.status_code == 503
    assert redis.exists(keys.ERASURES, keys.ERASED_PEOPLE) == 0
