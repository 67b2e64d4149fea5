"""Replays in tests of the web: begun over HTTP, stepped on as a worker does, and looked at."""

import time
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from redis import Redis

from relay.actions.remap import ReplayContext
from relay.actions.replay_job import step
from relay.config.load import read_config
from relay.ingest.accept_events import IngestContext
from relay.store.accept import Retention
from relay.store.destinations import DestinationDirectory
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.stores import Stores
from tests.store_world import take_events
from tests.web.conftest import ADMIN, config
from tests.web.test_webhooks_endpoint import SECRET

OPERATOR = {"X-API-Key": ADMIN}


def stepping(redis: Redis, text: str | None = None) -> ReplayContext:
    """What a worker steps with: the configuration of these tests, or another."""
    known = read_config(text, environ={"SECRET": SECRET}, allow_hosts=frozenset()) if text else config()
    scripts, directory = Scripts(redis), DestinationDirectory(known.destinations, redis, time.monotonic)
    intake = IngestContext(
        config=known, directory=directory, stores=Stores(redis), retention=Retention(), now=now
    )
    return ReplayContext(redis, scripts, now, lambda: intake)


def now() -> datetime:
    return datetime.now(UTC)


def run_all(redis: Redis, replaying: ReplayContext, steps: int = 1) -> None:
    for _ in range(steps):
        redis.delete(keys.REPLAYS_LOCK)
        step(replaying)


def take_all(scripts: Scripts, count: int) -> list[Any]:
    taken: list[Any] = []
    while len(taken) < count:
        found = take_events(scripts, count)
        assert found, f"only {len(taken)} of {count} were queued"
        taken += found
    return taken


def begin(client: FlaskClient, **told: Any) -> dict[str, Any]:
    response = client.post("/v1/replays", json=told, headers=OPERATOR)
    assert response.status_code in {200, 202}, response.get_json()
    return dict(response.get_json())


def look(client: FlaskClient, replay_id: str) -> dict[str, Any]:
    return dict(client.get(f"/v1/replays/{replay_id}", headers=OPERATOR).get_json())
