"""Helpers for replays: start them over HTTP, run a worker's steps, and read their progress."""

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


def replay_context(redis: Redis, text: str | None = None) -> ReplayContext:
    """Return a worker's context, with the configuration of these tests or another one."""
    configuration = (
        read_config(text, environ={"SECRET": SECRET}, allow_hosts=frozenset()) if text else config()
    )
    scripts, directory = (
        Scripts(redis),
        DestinationDirectory(configuration.destinations, redis, time.monotonic),
    )
    ingest = IngestContext(
        config=configuration, directory=directory, stores=Stores(redis), retention=Retention(), now=now
    )
    return ReplayContext(redis=redis, scripts=scripts, now=now, ingest=lambda: ingest)


def now() -> datetime:
    return datetime.now(UTC)


def run_steps(redis: Redis, context: ReplayContext, steps: int = 1) -> None:
    for _ in range(steps):
        redis.delete(keys.REPLAYS_LOCK)
        step(context)


def take_all(scripts: Scripts, count: int) -> list[Any]:
    events: list[Any] = []
    while len(events) < count:
        leased = take_events(scripts, count)
        assert leased, f"only {len(events)} of {count} were queued"
        events += leased
    return events


def start_replay(client: FlaskClient, **body: Any) -> dict[str, Any]:
    response = client.post("/v1/replays", json=body, headers=OPERATOR)
    assert response.status_code in {200, 202}, response.get_json()
    return dict(response.get_json())


def read_replay(client: FlaskClient, replay_id: str) -> dict[str, Any]:
    return dict(client.get(f"/v1/replays/{replay_id}", headers=OPERATOR).get_json())
