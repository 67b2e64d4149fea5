"""`/v1/replays` and `/v1/dead-letters`: filters, dry runs, clusters, and who is allowed."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import KEYS
from tests.web.replay_world import OPERATOR, read_replay, replay_context, run_steps, start_replay

Kill = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("event_filter", "expected"),
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
def test_a_filter_selects_the_events(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill, event_filter: Any, expected: set[str]
):
    kill(1)
    kill(1, source="shop")
    start_replay(client, filter=event_filter)

    run_steps(redis, replay_context(redis), steps=2)

    assert {leased.event_id.partition(":")[0] + ":" for leased in take_events(scripts)} == expected


def test_ids_and_clusters_select_events(client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill):
    first, second = kill(2)
    [other] = kill(1, detail="person: is unknown")
    clusters = client.get("/v1/dead-letters", headers=OPERATOR).get_json()["clusters"]
    cluster_of_other = next(cluster for cluster in clusters if cluster["sample"] == other)

    start_replay(client, filter={"ids": [second]})
    start_replay(client, filter={"cluster": cluster_of_other["cluster"]})
    run_steps(redis, replay_context(redis), steps=2)

    assert {leased.id for leased in take_events(scripts)} == {second, other}
    assert redis.hget(keys.EVENT + first, "state") == b"dead"


def test_a_replay_ends_at_its_limit(client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill):
    kill(5)
    replay_id = start_replay(client, limit=2)["id"]

    run_steps(redis, replay_context(redis), steps=3)

    assert (read_replay(client, replay_id)["status"], len(take_events(scripts))) == ("done", 2)


def test_a_dry_run_counts_shows_examples_and_changes_nothing(client: FlaskClient, redis: Redis, kill: Kill):
    kill(7)
    before = redis.dbsize(), redis.zcard(f"{keys.BY_STATE}acme:dead")

    preview = start_replay(client, dry_run=True, remap=True)

    assert (preview["matched"], preview["truncated"], preview["would_map"], preview["would_fail"]) == (
        7,
        False,
        7,
        0,
    )
    assert len(preview["examples"]) == 5
    assert preview["examples"][0]["call"]["body"]["content"]["contentTitle"] == "••• (7 characters)"
    assert (redis.dbsize(), redis.zcard(f"{keys.BY_STATE}acme:dead")) == before


def test_clusters_disappear_with_their_dead_letters(client: FlaskClient, redis: Redis, kill: Kill):
    kill(2)
    kill(1, detail="content: must not be null", source="shop")
    kill(1, detail="person: is unknown")

    page = client.get("/v1/dead-letters", headers=OPERATOR).get_json()
    newest, other = page["clusters"]
    assert (newest["count"], newest["field"], other["count"], page["total"]) == (1, "person", 3, 2)
    assert other["sources"] == {"shop": 1, "web": 2}
    assert other["destinations"] == {"acme": 3}
    assert "Fix" in other["remedy"]

    start_replay(client)
    run_steps(redis, replay_context(redis), steps=2)
    assert client.get("/v1/dead-letters", headers=OPERATOR).get_json()["clusters"] == []
    assert redis.keys("relay:cluster*") == []


def test_clusters_are_paged(client: FlaskClient, kill: Kill):
    for word in ("alpha", "beta", "gamma"):
        kill(1, detail=f"{word}: no")

    first = client.get("/v1/dead-letters?limit=2", headers=OPERATOR).get_json()
    second = client.get(f"/v1/dead-letters?limit=2&cursor={first['cursor']}", headers=OPERATOR).get_json()

    assert [cluster["field"] for page in (first, second) for cluster in page["clusters"]] == [
        "gamma",
        "beta",
        "alpha",
    ]
    assert second["cursor"] is None


def test_replays_are_listed_newest_first(client: FlaskClient):
    ids = [start_replay(client)["id"] for _ in range(3)]

    replays = client.get("/v1/replays", headers=OPERATOR).get_json()["replays"]

    assert [replay["id"] for replay in replays] == sorted(ids, reverse=True)


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
def test_unknown_ids_and_invalid_parameters_are_errors(
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
def test_replays_need_an_operators_key(client: FlaskClient, method: str, path: str):
    assert client.open(path, method=method).status_code == 401
    assert client.open(path, method=method, headers={"X-API-Key": KEYS["web"]}).status_code == 403
