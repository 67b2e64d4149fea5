"""Actions of operators add an entry to the audit log; rejected requests do not."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.audit import AuditEntry, read_audit
from tests.web.access_world import KEYS, SAME_ORIGIN, relay, sign_in

OPERATOR, VIEWER, ADMIN = ({"X-API-Key": KEYS[who]} for who in ("operator", "viewer", "admin"))
Maker = Callable[..., dict[str, Any]]


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return relay(redis)


@pytest.fixture
def event_id(client: FlaskClient, page_view: Maker) -> str:
    response = client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["own"]})
    return str(response.get_json()["id"])


def entries(redis: Redis) -> list[AuditEntry]:
    """Every entry, oldest first."""
    return [entry.entry for entry in reversed(read_audit(redis, limit=50, cursor=None)[0])]


def test_each_entry_has_principal_action_target_and_count(client: FlaskClient, redis: Redis, event_id: str):
    for verb in ("pause", "resume", "probe"):
        client.post(f"/v1/destinations/acme/{verb}", headers=OPERATOR)
    for verb in ("discard", "replay"):
        client.post(f"/v1/events/{event_id}/{verb}?keep_data=true", headers=OPERATOR)
    client.get(f"/v1/events/{event_id}?reveal=true", headers=ADMIN)

    assert entries(redis) == [
        AuditEntry(principal="operator", role="operator", action="destination.pause", target="acme"),
        AuditEntry(
            principal="operator", role="operator", action="destination.resume", target="acme", count=0
        ),
        AuditEntry(principal="operator", role="operator", action="destination.probe", target="acme"),
        AuditEntry(
            principal="operator",
            role="operator",
            action="event.discard",
            target=event_id,
            count=1,
            filter={"keep_data": True},
        ),
        AuditEntry(principal="operator", role="operator", action="event.replay", target=event_id, count=1),
        AuditEntry(principal="admin", role="admin", action="event.reveal", target=event_id, count=1),
    ]


def test_the_entry_of_a_replay_has_its_filter(client: FlaskClient, redis: Redis, event_id: str):
    replay = client.post(
        "/v1/replays", json={"filter": {"status": "dead", "ids": [event_id]}}, headers=OPERATOR
    ).get_json()
    client.post(f"/v1/replays/{replay['id']}/cancel", headers=OPERATOR)
    client.post("/v1/replays", json={"filter": {"status": "dead"}, "dry_run": True}, headers=OPERATOR)

    assert entries(redis) == [
        AuditEntry(
            principal="operator",
            role="operator",
            action="replay.start",
            target=replay["id"],
            count=None,
            filter={"status": "dead", "ids": 1},
        ),
        AuditEntry(
            principal="operator", role="operator", action="replay.cancel", target=replay["id"], count=0
        ),
    ]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/destinations/acme/pause", VIEWER, 403),
        ("POST", "/v1/destinations/nowhere/pause", OPERATOR, 404),
        ("POST", "/v1/events/{}/replay", OPERATOR, 409),
        ("POST", "/v1/replays/none/cancel", OPERATOR, 404),
        ("POST", "/v1/destinations/globex/connect", ADMIN, 409),
        ("GET", "/v1/events/{}?reveal=true", OPERATOR, 403),
        ("GET", "/v1/events/none?reveal=true", ADMIN, 404),
    ],
)
def test_a_rejected_request_adds_no_entry(
    client: FlaskClient,
    redis: Redis,
    event_id: str,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
):
    response = client.open(path.format(event_id), method=method, headers=headers)

    assert (response.status_code, entries(redis)) == (status, [])


def test_an_action_by_session_is_recorded_like_one_by_key(client: FlaskClient, redis: Redis):
    sign_in(client, "operator")
    client.post("/v1/destinations/acme/pause", headers=SAME_ORIGIN)

    assert entries(redis)[-1] == AuditEntry(
        principal="operator", role="operator", action="destination.pause", target="acme"
    )


def test_the_role_determines_how_much_of_a_payload_is_visible(client: FlaskClient, event_id: str):
    def page(headers: dict[str, str], query: str = "") -> str:
        return client.get(f"/v1/events/{event_id}{query}", headers=headers).text

    assert "jane@globex.example" in page(ADMIN, "?reveal=true")
    for headers in (ADMIN, OPERATOR, VIEWER, {"X-API-Key": KEYS["own"]}):
        assert "jane" not in page(headers)
    assert "contentTitle" in page(OPERATOR)
    assert "contentTitle" not in page(VIEWER)
