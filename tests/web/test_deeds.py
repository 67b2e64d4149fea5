"""What people do leaves a line that says who did what to what; what is refused leaves none."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.audit import Deed, read_audit
from tests.web.access_world import KEYS, OURS, relay, sign_in

OLGA, VERA, BOSS = ({"X-API-Key": KEYS[who]} for who in ("operator", "viewer", "admin"))
Maker = Callable[..., dict[str, Any]]


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return relay(redis)


@pytest.fixture
def event_id(client: FlaskClient, page_view: Maker) -> str:
    sent = client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["own"]})
    return str(sent.get_json()["id"])


def lines(redis: Redis) -> list[Deed]:
    """Every deed, the oldest first."""
    return [line.deed for line in reversed(read_audit(redis, limit=50, cursor=None)[0])]


def test_each_deed_says_who_did_what_to_what_and_to_how_many(
    client: FlaskClient, redis: Redis, event_id: str
):
    for verb in ("pause", "resume", "probe"):
        client.post(f"/v1/destinations/acme/{verb}", headers=OLGA)
    for verb in ("discard", "replay"):
        client.post(f"/v1/events/{event_id}/{verb}", headers=OLGA)
    client.get(f"/v1/events/{event_id}?reveal=true", headers=BOSS)

    assert lines(redis) == [
        Deed("operator", "operator", "destination.pause", "acme"),
        Deed("operator", "operator", "destination.resume", "acme", 0),
        Deed("operator", "operator", "destination.probe", "acme"),
        Deed("operator", "operator", "event.discard", event_id, 1),
        Deed("operator", "operator", "event.replay", event_id, 1),
        Deed("admin", "admin", "event.reveal", event_id, 1),
    ]


def test_a_replay_is_told_with_the_filter_that_chose(client: FlaskClient, redis: Redis, event_id: str):
    begun = client.post(
        "/v1/replays", json={"filter": {"status": "dead", "ids": [event_id]}}, headers=OLGA
    ).get_json()
    client.post(f"/v1/replays/{begun['id']}/cancel", headers=OLGA)
    client.post("/v1/replays", json={"filter": {"status": "dead"}, "dry_run": True}, headers=OLGA)

    assert lines(redis) == [
        Deed("operator", "operator", "replay.start", begun["id"], None, {"status": "dead", "ids": 1}),
        Deed("operator", "operator", "replay.cancel", begun["id"], 0),
    ]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/destinations/acme/pause", VERA, 403),
        ("POST", "/v1/destinations/nobody/pause", OLGA, 404),
        ("POST", "/v1/events/{}/replay", OLGA, 409),
        ("POST", "/v1/replays/none/cancel", OLGA, 404),
        ("POST", "/v1/destinations/globex/connect", BOSS, 409),
        ("GET", "/v1/events/{}?reveal=true", OLGA, 403),
        ("GET", "/v1/events/none?reveal=true", BOSS, 404),
    ],
)
def test_what_is_refused_leaves_no_line(
    client: FlaskClient,
    redis: Redis,
    event_id: str,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
):
    answer = client.open(path.format(event_id), method=method, headers=headers)

    assert (answer.status_code, lines(redis)) == (status, [])


def test_a_deed_by_session_is_told_as_by_key(client: FlaskClient, redis: Redis):
    sign_in(client, "operator")
    client.post("/v1/destinations/acme/pause", headers=OURS)

    assert lines(redis)[-1] == Deed("operator", "operator", "destination.pause", "acme")


def test_a_payload_is_seen_by_role(client: FlaskClient, event_id: str):
    def told(headers: dict[str, str], query: str = "") -> str:
        return client.get(f"/v1/events/{event_id}{query}", headers=headers).text

    assert "jane@globex.example" in told(BOSS, "?reveal=true")
    for headers in (BOSS, OLGA, VERA, {"X-API-Key": KEYS["own"]}):
        assert "jane" not in told(headers)
    assert "contentTitle" in told(OLGA)
    assert "contentTitle" not in told(VERA)
