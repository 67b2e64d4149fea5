"""Writes a store with events in every state, using the code of the version that runs it, and saves it as JSON.

To make the snapshot of a version, so that later versions are tested with it:

    git worktree add /tmp/that-version COMMIT
    cp -r tests/upgrades /tmp/that-version/tests/
    cd /tmp/that-version && python -m tests.upgrades.writing written_by_COMMIT.json

It relies on little that is likely to change: the application, `lease_events`, `finish` and the operator API.
"""

import base64
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.core.config import Config
from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.settings import Settings
from relay.store.delivery import (
    Pacing,
    Retry,
    dead_letter,
    end_event,
    finish,
    lease_events,
    publish_limits,
    retry_later,
)
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination
from tests.valkey import Valkey

FOLDER = Path(__file__).parent
GONG = "127.0.0.1:8090"
KEYS = {name: f"{name}-of-the-upgrade-tests" for name in ("WEBSITE_KEY", "PARTNER_KEY", "VISITS_KEY")}
FOREVER = 876_000
"""Hours. No record may be pruned before the snapshot is read, which may be years later."""


def settings() -> Settings:
    return Settings(
        admin_key="admin-key-of-the-upgrade-tests",
        retention_delivered_hours=FOREVER,
        retention_dead_hours=FOREVER,
        retention_dedupe_hours=FOREVER,
    )


def config(gong: str = GONG) -> Config:
    text = (FOLDER / "relay.yaml").read_text("utf-8").replace("${GONG}", gong)
    return read_config(text, environ=KEYS, allow_hosts={gong})


def page_view(native: str, **more: Any) -> dict[str, Any]:
    return {
        "id": native,
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": f"{native}@buyer.example"},
    } | more


class Writer:
    """Posts events and brings each into its state.

    Attributes:
        written: the id of each event by its name.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis, self.scripts = redis, Scripts(redis)
        self.client: FlaskClient = create_app(settings(), config(), redis).test_client()
        self.written: dict[str, str] = {}

    def post(self, name: str, source: str = "WEBSITE_KEY", **more: Any) -> None:
        response = self.client.post(
            "/v1/events", json=page_view(name, **more), headers={"X-API-Key": KEYS[source]}
        )
        assert response.status_code == 202, response.text
        self.written[name] = response.get_json()["id"]

    def lease(self, name: str) -> Any:
        """Post an event and lease it; no other event may be queued."""
        self.post(name)
        [leased] = lease_events(self.scripts, worker="w", want=8, pacing=Pacing(window=0.0, slack=0.0))[1]
        assert leased.id == self.written[name]
        return leased

    def write_ended(self) -> None:
        """Write events that have ended."""
        keep = FOREVER * 3600
        record = b'{"number":1,"outcome":"delivered","status":200,"request_id":"r-1","seconds":0.2}'
        finish(
            self.scripts,
            self.lease("delivered"),
            end_event(State.DELIVERED, "r-1", record=record, keep_seconds=keep),
        )
        finish(
            self.scripts,
            self.lease("duplicate"),
            end_event(State.DUPLICATE, "r-2", record=record, keep_seconds=keep),
        )
        record = b'{"number":1,"outcome":"rejected","status":400,"errors":["content: no"]}'
        rejection = dead_letter(
            DeadLetterReason.REJECTED, "content: no", record=record, keep_seconds=keep, status=400
        )
        finish(self.scripts, self.lease("rejected"), rejection)
        finish(self.scripts, self.lease("discarded"), rejection)
        admin = {"X-API-Key": settings().admin_key or ""}
        response = self.client.post(f"/v1/events/{self.written['discarded']}/discard", headers=admin)
        assert response.status_code == 200, response.text
        self.post("filtered", person={"email": "own@acme.example"})

    def write_webhook(self) -> None:
        """Post a webhook with row item that maps, item 2, which does not map, and item 3, which no rule matches."""
        items = [
            {
                "id": 1,
                "kind": "view",
                "at": "2026-11-20T10:00:00Z",
                "title": "A",
                "email": "p1@buyer.example",
            },
            {"id": 2, "kind": "view", "at": "not a time", "title": "B", "email": "p2@buyer.example"},
            {"id": 3, "kind": "other"},
        ]
        response = self.client.post("/v1/webhooks/partner", json=items)
        assert response.status_code == 202, response.text
        page = self.client.get("/v1/events?source=partner", headers={"X-API-Key": settings().admin_key or ""})
        for row in page.get_json()["events"]:
            self.written[f"partner-{row['status']}"] = row["id"]

    def write_open(self) -> None:
        """Write events in each open state, a queued replay and a hold; the worker of `sending` is response."""
        retry = Retry(seconds=60.0, ambiguous=True, error="HTTP 500")
        record = b'{"number":1,"outcome":"failed","status":500,"code":"gong_error"}'
        finish(self.scripts, self.lease("retrying"), retry_later(retry, record=record))
        self.lease("sending")
        visitor = {"email": "visitor@buyer.example"}
        self.post("aggregating", "VISITS_KEY", session_id="s-1", person=visitor)
        self.post("aggregated", "VISITS_KEY", session_id="s-1", person=visitor)
        self.post("queued")
        replay = {"filter": {"status": "dead", "reason": "rejected"}}
        admin = {"X-API-Key": settings().admin_key or ""}
        response = self.client.post("/v1/replays", json=replay, headers=admin)
        assert response.status_code in {202, 422}, response.text
        globex = config().destinations["globex"]
        hold_destination(
            self.scripts, globex, HoldRequest(HoldCause.INVALID_CREDENTIALS, "token expired", None)
        )


def write(redis: Redis) -> dict[str, str]:
    """Fill an empty store and return the id of each event by its name."""
    writer = Writer(redis)
    publish_limits(writer.scripts, config().destinations)
    writer.write_ended()
    writer.write_open()
    writer.write_webhook()
    return writer.written


def dump(redis: Redis) -> dict[str, Any]:
    """Read the whole store: by key its type, its time to live in milliseconds (-1: no expiry) and its content."""
    names = sorted(redis.scan_iter(count=1000))
    return {_text(key): [_kind(redis, key), redis.pttl(key), _content(redis, key)] for key in names}


def _kind(redis: Redis, key: bytes) -> str:
    return redis.type(key).decode()


def _content(redis: Redis, key: bytes) -> Any:
    match _kind(redis, key):
        case "string":
            return _text(redis.get(key) or b"")
        case "hash":
            return {_text(name): _text(value) for name, value in redis.hgetall(key).items()}
        case "list":
            return [_text(value) for value in redis.lrange(key, 0, -1)]
        case "set":
            return sorted(_text(value) for value in redis.smembers(key))
        case "zset":
            return [[_text(name), score] for name, score in redis.zrange(key, 0, -1, withscores=True)]
        case "stream":
            return [
                [_text(entry_id), {_text(name): _text(value) for name, value in entry.items()}]
                for entry_id, entry in redis.xrange(key)
            ]
        case other:
            raise AssertionError(f"{key!r} is a {other}, a type that the relay does not write")


def _text(value: bytes) -> str:
    """Decode UTF-8; encode other bytes as base64 after a NUL, which no stored text starts with."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "\x00" + base64.b64encode(value).decode()
    return text if not text.startswith("\x00") else "\x00" + base64.b64encode(value).decode()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        server = Valkey(Path(folder))
        server.start()
        try:
            redis = Redis.from_url(server.url)
            page = {"written": write(redis), "at": datetime.now(UTC).isoformat(), "keys": dump(redis)}
        finally:
            server.stop()
    Path(sys.argv[1]).write_bytes(orjson.dumps(page, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
