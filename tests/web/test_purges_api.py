"""A purge deletes exactly the ended events that match, with their requests, and frees their bytes at once."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.actions import purges
from relay.store.engine import keys
from relay.store.source_usage import read_source_bytes
from tests.web.conftest import KEYS

Headers = dict[str, str]
Kill = Callable[..., list[str]]
Maker = Callable[..., dict[str, Any]]


def purge(client: FlaskClient, operator: Headers, **members: Any) -> dict[str, Any]:
    cursor, filters = members.pop("cursor", None), members.pop("filter")
    response = client.post(
        "/v1/purges", json={"filter": filters, "cursor": cursor} | members, headers=operator
    )
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.get_json()
    return page


def stored_ids(redis: Redis) -> set[str]:
    return {name.decode() for name in redis.zrange(keys.EVENTS, 0, -1)}


def test_a_purge_deletes_the_events_and_requests_and_frees_what_it_reports(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill
):
    kill(3)
    used = read_source_bytes(redis, ["web"])["web"]

    page = purge(client, operator, filter={"source": "web", "status": "dead"})

    assert (page["events"], page["cursor"], page["dry_run"]) == (3, None, False)
    assert page["bytes"] == used - read_source_bytes(redis, ["web"])["web"] > 3 * 1700
    for prefix in (keys.EVENT, keys.RECEIPT, keys.CLUSTER, keys.PERSON_INDEX, keys.RQ_JOB):
        assert redis.keys(f"{prefix}*") == []


def test_other_sources_states_and_open_events_stay(
    client: FlaskClient, operator: Headers, sender: Headers, redis: Redis, page_view: Maker, kill: Kill
):
    mine, shops = kill(2), kill(2, source="shop")
    queued = client.post("/v1/events", json=page_view("open"), headers=sender).get_json()["id"]

    purge(client, operator, filter={"source": "web", "status": "dead"})

    assert stored_ids(redis) == {*shops, queued}
    assert not stored_ids(redis) & set(mine)


def test_a_dry_run_reports_the_same_and_deletes_nothing(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill
):
    ids = kill(2)

    preview = purge(client, operator, filter={"status": "dead"}, dry_run=True)

    assert stored_ids(redis) == set(ids)
    assert preview == purge(client, operator, filter={"status": "dead"}) | {"dry_run": True}


def test_a_purged_event_that_is_sent_again_is_a_duplicate(
    client: FlaskClient, operator: Headers, sender: Headers, page_view: Maker
):
    event_id = client.post("/v1/events", json=page_view(), headers=sender).get_json()["id"]
    client.post(f"/v1/events/{event_id}/discard", headers=operator)
    purge(client, operator, filter={"status": "discarded"})

    again = client.post("/v1/events", json=page_view(), headers=sender).get_json()

    assert (again["id"], again["duplicate"], again["status"]) == (event_id, True, "pruned")


def test_a_batch_keeps_its_request_until_its_last_event_is_purged(
    client: FlaskClient, operator: Headers, sender: Headers, redis: Redis, page_view: Maker
):
    results = client.post("/v1/events", json=[page_view("a"), page_view("b")], headers=sender).get_json()[
        "results"
    ]
    first, second = (result["id"] for result in results)
    client.post(f"/v1/events/{first}/discard?keep_data=true", headers=operator)
    purge(client, operator, filter={"status": "discarded"})
    [receipt] = redis.keys(f"{keys.RECEIPT}*")
    assert redis.hexists(receipt, "raw")

    client.post(f"/v1/events/{second}/discard", headers=operator)
    purge(client, operator, filter={"status": "discarded"})

    assert redis.keys(f"{keys.RECEIPT}*") == []


def test_one_request_is_bounded_and_the_cursor_continues_it(
    client: FlaskClient, operator: Headers, sender: Headers, redis: Redis, page_view: Maker
):
    most = purges._PAGE_SIZE * purges._MAX_PAGES
    assert most >= 10_000
    internal = {"person": {"email": "bob@acme.example"}}
    # Filtered events need the least work to store.
    for start in range(0, most + 500, 500):
        batch = [page_view(f"ev-{number}", **internal) for number in range(start, start + 500)]
        assert client.post("/v1/events", json=batch, headers=sender).status_code == 202

    first = purge(client, operator, filter={"status": "filtered"})
    second = purge(client, operator, filter={"status": "filtered"}, cursor=first["cursor"])

    assert (first["events"], second["events"], second["cursor"]) == (most, 500, None)
    assert stored_ids(redis) == set()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], ""),
        ({}, "filter"),
        ({"filter": {}}, "filter.status"),
        ({"filter": {"status": "queued"}}, "filter.status"),
        ({"filter": {"status": "erased"}}, "filter.status"),
        ({"filter": {"status": "filtered", "reason": "rejected"}}, "filter.status"),
        ({"filter": {"status": "dead", "reason": "bad"}}, "reason"),
        ({"filter": {"status": "dead", "sourcee": "web"}}, "filter.sourcee"),
        ({"filter": {"status": "dead", "source": 7}}, "filter.source"),
        ({"filter": {"status": "dead", "source": "a" * 201}}, "filter.source"),
        ({"filter": {"status": "dead", "until": "yesterday"}}, "until"),
        ({"filter": {"status": "dead"}, "dry_run": "yes"}, "dry_run"),
        ({"filter": {"status": "dead"}, "cursor": 7}, "cursor"),
        ({"filter": {"status": "dead"}, "cursor": "nowhere:x"}, "cursor"),
        ({"filter": {"status": "dead"}, "cursor": "main:x"}, "cursor"),
        ({"filter": {"status": "dead"}, "everything": True}, "everything"),
    ],
)
def test_a_wrong_request_deletes_nothing_and_names_the_field(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill, body: Any, path: str
):
    ids = kill(1)

    response = client.post("/v1/purges", json=body, headers=operator)

    assert response.status_code == 422
    assert path in [problem["path"] for problem in response.get_json()["errors"]]
    assert stored_ids(redis) == set(ids)


def test_a_purge_works_while_the_store_is_out_of_memory(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill
):
    kill(5)
    redis.config_set("maxmemory", redis.info("memory")["used_memory"] - 1000)
    try:
        assert purge(client, operator, filter={"status": "dead"})["events"] == 5
    finally:
        redis.config_set("maxmemory", 0)


def test_a_source_above_its_share_gets_429_others_202_and_after_a_purge_it_is_accepted(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill, page_view: Maker
):
    # Set first: the web reads it at most once a second.
    redis.config_set("maxmemory", 100 * 1024 * 1024)
    kill(5)
    redis.hincrby(keys.SOURCE_USAGE + "web", "bytes", 50 * 1024 * 1024)
    try:
        refused = client.post("/v1/events", json=page_view("new"), headers={"X-API-Key": KEYS["web"]})
        other = client.post("/v1/events", json=page_view("new"), headers={"X-API-Key": KEYS["shop"]})
        purge(client, operator, filter={"source": "web", "status": "dead"})
        accepted = client.post("/v1/events", json=page_view("new"), headers={"X-API-Key": KEYS["web"]})
    finally:
        redis.config_set("maxmemory", 0)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert refused.get_json()["code"] == "source_store_share"
    assert (other.status_code, accepted.status_code) == (202, 202)


def test_gongs_own_paths_answer_429_in_gongs_format(client: FlaskClient, redis: Redis):
    redis.hset(keys.SOURCE_USAGE + "web", "allowance_at", 4_000_000_000_000_000)
    body = {
        "eventId": "e-1",
        "eventType": "page viewed",
        "timestamp": "2026-11-20T10:00:00Z",
        "content": {"contentTitle": "Pricing"},
        "person": {"email": "jane@globex.example"},
    }

    response = client.post("/v2/digital-interaction", json=body, headers={"X-API-Key": KEYS["web"]})

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert set(response.get_json()) == {"requestId", "errors"}
    assert "events per minute" in response.get_json()["errors"][0]


def test_the_page_of_a_cluster_asks_with_the_number_before_it_purges(
    client: FlaskClient, operator: Headers, redis: Redis, kill: Kill
):
    ids = kill(2)
    [cluster] = client.get("/v1/dead-letters", headers=operator).get_json()["clusters"]
    url = f"/ops/dead-letters/{cluster['cluster']}"

    question = "Delete 2 dead letters and their requests permanently?"
    assert question in client.get(url, headers=operator).text
    assert question in client.post(f"{url}/purge", headers=operator).text
    assert stored_ids(redis) == set(ids)
