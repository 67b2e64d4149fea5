"""The audit log API: entries, paging, and the required role."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.audit import AuditEntry, record_entry
from tests.store_world import NOW


def test_an_admin_reads_the_audit_log(client: FlaskClient, operator: dict[str, str], redis: Redis):
    record_entry(
        redis,
        AuditEntry(
            principal="alice",
            role="operator",
            action="replay.start",
            target="r1",
            count=3,
            filter={"status": "dead"},
        ),
        now=NOW,
    )

    [entry] = client.get("/v1/audit", headers=operator).get_json()["entries"]

    assert entry.pop("id")
    assert entry == {
        "at": "2026-11-21T10:00:00Z",
        "principal": "alice",
        "role": "operator",
        "action": "replay.start",
        "target": "r1",
        "count": 3,
        "filter": {"status": "dead"},
    }


def test_a_cursor_continues_the_audit_log(client: FlaskClient, operator: dict[str, str], redis: Redis):
    for name in "abc":
        record_entry(
            redis,
            AuditEntry(principal="alice", role="operator", action="event.discard", target=name),
            now=NOW,
        )

    first = client.get("/v1/audit?limit=2", headers=operator).get_json()
    rest = client.get(f"/v1/audit?cursor={first['cursor']}", headers=operator).get_json()

    assert [entry["target"] for entry in first["entries"] + rest["entries"]] == ["c", "b", "a"]
    assert rest["cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=201", "cursor=x", "cursor=1-2)"])
def test_an_invalid_limit_or_cursor_is_rejected(client: FlaskClient, operator: dict[str, str], query: str):
    assert client.get(f"/v1/audit?{query}", headers=operator).status_code == 422


def test_a_source_cannot_read_the_audit_log(client: FlaskClient, sender: dict[str, str]):
    assert client.get("/v1/audit", headers=sender).status_code == 403
