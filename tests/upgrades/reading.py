"""Brings a fixture back into a store, and delivers what is in it.

`python -m tests.upgrades.reading STORE_URL GONG_HOST` delivers what is in a store already, and prints what became of each
event: run with an older version's code it shows what that makes of today's data.
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
    """Write a fixture into an empty store; the id of each event by its name."""
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
    """What a worker does that begins: publish limits, sweep, and send until nothing is left that may go."""
    scripts = Scripts(redis)
    resume_destination(scripts, "globex")
    publish_limits(scripts, config.destinations)
    deliverer = Deliverer(
        config.destinations.get, CredentialStore(None, _now), GongClient(HttpOptions()), RateGate(0.0)
    )
    pacing = Pacing(window=0.0, slack=0.0)
    for _ in range(3):
        as_if_late(redis)
        sweep(scripts, SweepOptions(keep_dead=86_400), pacing)
        while taken := lease_events(scripts, worker="w", want=32, pacing=pacing)[1]:
            for one in taken:
                made = deliverer.attempt(one, _now)
                attempt = Attempt(
                    event=one, outcome=made.outcome, worker="w", started_at=_now(), seconds=made.seconds
                )
                assert finish(scripts, one, settle(attempt, SettlementOptions()))


def as_if_late(redis: Redis) -> None:
    """As if all that waits had waited long enough: backoffs, leases of dead workers, sessions, companies' turns."""
    for key in (keys.RETRIES, keys.LEASES, keys.AGGREGATING, keys.DUE):
        for name in redis.zrange(key, 0, -1):
            redis.zadd(key, {name: 1})
    redis.delete(keys.SWEEP_LOCK)


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    url, gong = sys.argv[1:]
    redis, told = Redis.from_url(url), config(gong)
    deliver_all(redis, told)
    client = create_app(settings(), told, redis).test_client()
    admin = {"X-API-Key": settings().admin_key or ""}
    ids = [name.decode() for name in redis.zrange(keys.EVENTS, 0, -1)]
    states = {one: client.get(f"/v1/events/{one}", headers=admin).get_json()["status"] for one in ids}
    sys.stdout.write(orjson.dumps({"states": states}).decode() + "\n")


if __name__ == "__main__":
    main()
