"""Loads a snapshot into a store and delivers its open events.

`python -m tests.upgrades.reading STORE_URL GONG_HOST` delivers the open events of an existing store and prints the state of
every event. Run with an older version's code, it shows how that version handles today's data.
"""

import base64
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.store.delivery import Pacing, SweepOptions, finish, lease_events, publish_limits, sweep
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import resume_destination
from tests.upgrades.writing import config, settings
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate
from workers.settlement import Attempt, SettlementOptions, settle

FOLDER = Path(__file__).parent


def load(redis: Redis, name: str) -> dict[str, str]:
    """Write a snapshot into an empty store and return the id of each event by its name."""
    page = orjson.loads((FOLDER / name).read_bytes())
    for key, (kind, lives, content) in page["keys"].items():
        _write(redis, key, kind, content)
        if lives >= 0:
            redis.pexpire(key, lives)
    written: dict[str, str] = page["written"]
    return written


def _write(redis: Redis, key: str, kind: str, content: Any) -> None:
    match kind:
        case "string":
            redis.set(key, _bytes(content))
        case "hash":
            redis.hset(key, mapping={name: _bytes(value) for name, value in content.items()})
        case "list":
            redis.rpush(key, *map(_bytes, content))
        case "set":
            redis.sadd(key, *map(_bytes, content))
        case "zset":
            redis.zadd(key, {_bytes(name): score for name, score in content})
        case "stream":
            for entry_id, entry in content:
                redis.xadd(key, {name: _bytes(value) for name, value in entry.items()}, id=entry_id)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text[1:]) if text.startswith("\x00") else text.encode()


def deliver_all(redis: Redis, config: Config) -> None:
    """Do what a worker does after its start: publish limits, sweep, and send until no event is ready."""
    scripts = Scripts(redis)
    resume_destination(scripts, "globex")
    publish_limits(scripts, config.destinations)
    deliverer = Deliverer(
        config.destinations.get, CredentialStore(None, _now), GongClient(HttpOptions()), RateGate(0.0)
    )
    pacing = Pacing(window=0.0, slack=0.0)
    for _ in range(3):
        make_everything_due(redis)
        sweep(scripts, SweepOptions(keep_dead=86_400), pacing)
        while leased := lease_events(scripts, worker="w", want=32, pacing=pacing)[1]:
            for event in leased:
                result = deliverer.attempt(event, _now)
                attempt = Attempt(
                    event=event, outcome=result.outcome, worker="w", started_at=_now(), seconds=result.seconds
                )
                assert finish(scripts, event, settle(attempt, SettlementOptions()))


def make_everything_due(redis: Redis) -> None:
    """Backdate every backoff, lease of a dead worker, session and company turn so that it is due now."""
    for key in (keys.RETRIES, keys.LEASES, keys.AGGREGATING, keys.DUE):
        for name in redis.zrange(key, 0, -1):
            redis.zadd(key, {name: 1})
    redis.delete(keys.SWEEP_LOCK)


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    url, gong = sys.argv[1:]
    redis, relay_config = Redis.from_url(url), config(gong)
    deliver_all(redis, relay_config)
    client = create_app(settings(), relay_config, redis).test_client()
    admin = {"X-API-Key": settings().admin_key or ""}
    ids = [name.decode() for name in redis.zrange(keys.EVENTS, 0, -1)]
    states = {
        event_id: client.get(f"/v1/events/{event_id}", headers=admin).get_json()["status"] for event_id in ids
    }
    sys.stdout.write(orjson.dumps({"states": states}).decode() + "\n")


if __name__ == "__main__":
    main()
