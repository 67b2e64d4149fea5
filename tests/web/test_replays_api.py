"""`/v1/replays` and `/v1/dead-letters`: which events a filter finds, what a dry run tells, and who may ask."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import KEYS
from tests.web.replay_world import OPERATOR, begin, look, run_all, stepping

Kill = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"source": "shop"}, {"shop:"}),
        ({"source": "web"}, {"web:"}),
        ({"destination": "acme"}, {"web:", "shop:"}),
        ({"destination": "nowhere"}, set()),
        ({"reason": "retries_exhausted"}, set()),
        ({"reason": "rejected"}, {"web:", "shop:"}),
        ({"until": "2026-01-01T00:00:00Z"}, set()),
        ({"since": "2026-01-01T00:00:00Z"}, {"web:", "shop:"}),
        ({"status": "discarded"}, set()),
    ],
)
def test_a_filter_chooses(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill, told: Any, expected: set[str]
):
    kill(1)
    kill(1, source="shop")
    begin(client, filter=told)

    run_all(redis, stepping(redis), steps=2)

    assert {taken.event_id.partition(":")[0] + ":" for taken in take_events(scripts)} == expected


def test_ids_and_clusters_choose_too(client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill):
    first, second = kill(2)
    [other] = kill(1, detail="person: is unknown")
    clusters = client.get("/v1/dead-letters", headers=OPERATOR).get_json()["clusters"]
    of_other = next(told for told in clusters if told["sample"] == other)

    begin(client, filter={"ids": [second]})
    begin(client, filter={"cluster": of_other["cluster"]})
    run_all(redis, stepping(redis), steps=2)

    assert {taken.id for taken in take_events(scripts)} == {second, other}
    assert redis.hget(keys.EVENT + first, "state") == b"dead"


def test_a_limit_ends_it(client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill):
    kill(5)
    replay_id = begin(client, limit=2)["id"]

    run_all(redis, stepping(redis), steps=3)

    assert (look(client, replay_id)["status"], len(take_events(scripts))) == ("done", 2)


def test_a_dry_run_counts_shows_examples_and_changes_nothing(client: FlaskClient, redis: Redis, kill: Kill):
    kill(7)
    before = redis.dbsize(), redis.zcard(f"{keys.BY_STATE}acme:dead")

    told = begin(client, dry_run=True, remap=True)

    assert (told["matched"], told["truncated"], told["would_map"], told["would_fail"]) == (7, False, 7, 0)
    assert len(told["examples"]) == 5
    assert told["examples"][0]["call"]["body"]["content"]["contentTitle"] == "••• (7 characters)"
    assert (redis.dbsize(), redis.zcard(f"{keys.BY_STATE}acme:dead")) == before


def test_clusters_count_and_leave_with_their_dead_letters(client: FlaskClient, redis: Redis, kill: Kill):
    kill(2)
    kill(1, detail="content: must not be null", source="shop")
    kill(1, detail="person: is unknown")

    page = client.get("/v1/dead-letters", headers=OPERATOR).get_json()
    newest, other = page["clusters"]
    assert (newest["count"], newest["field"], other["count"], page["total"]) == (1, "person", 3, 2)
    assert other["sources"] == {"shop": 1, "web": 2}
    assert other["destinations"] == {"acme": 3}
    assert "Mend" in other["remedy"]

    begin(client)
    run_all(redis, stepping(redis), steps=2)
    assert client.get("/v1/dead-letters", headers=OPERATOR).get_json()["clusters"] == []
    assert redis.keys("relay:cluster*") == []


def test_clusters_are_paged(client: FlaskClient, kill: Kill):
    for word in ("alpha", "beta", "gamma"):
        kill(1, detail=f"{word}: no")

    first = client.get("/v1/dead-letters?limit=2", headers=OPERATOR).get_json()
    second = client.get(f"/v1/dead-letters?limit=2&cursor={first['cursor']}", headers=OPERATOR).get_json()

    assert [told["field"] for page in (first, second) for told in page["clusters"]] == [
        "gamma",
        "beta",
        "alpha",
    ]
    assert second["cursor"] is None


def test_replays_are_listed_newest_first(client: FlaskClient):
    ids = [begin(client)["id"] for _ in range(3)]

    told = client.get("/v1/replays", headers=OPERATOR).get_json()["replays"]

    assert [each["id"] for each in told] == sorted(ids, reverse=True)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/replays/nope", 404, "no_such_replay"),
        ("POST", "/v1/replays/nope/cancel", 404, "no_such_replay"),
        ("GET", "/v1/dead-letters?limit=x", 422, "invalid"),
        ("GET", "/v1/dead-letters?limit=0", 422, "invalid"),
        ("GET", "/v1/dead-letters?cursor=x", 422, "invalid"),
        ("POST", "/v1/replays", 411, "length_required"),
    ],
)
def test_what_is_not_there_or_cannot_be_says_so(
    client: FlaskClient, method: str, path: str, status: int, code: str
):
    response = client.open(path, method=method, headers=OPERATOR)

    assert (response.status_code, response.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/replays"),
        ("GET", "/v1/replays"),
        ("GET", "/v1/replays/x"),
        ("POST", "/v1/replays/x/cancel"),
        ("GET", "/v1/dead-letters"),
    ],
)
def test_replays_need_the_operators_key(client: FlaskClient, method: str, path: str):
    assert client.open(path, method=method).status_code == 401
    assert client.open(path, method=method, headers={"X-API-Key": KEYS["web"]}).status_code == 403
