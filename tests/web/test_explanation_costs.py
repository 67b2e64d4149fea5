"""The number of Redis commands of a page does not grow with the number of events and destinations."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys

Kill = Callable[..., list[str]]
MAX_COMMANDS = 60
MANY = 3_000
PATHS = (
    "/v1/events/{event}",
    "/v1/why?id={event}",
    "/v1/why?event_id=web:nothing-of-that-name",
    "/v1/dead-letters",
    "/v1/dead-letters/{cluster}",
    "/ops/events/{event}",
    "/ops/dead-letters",
    "/ops/dead-letters/{cluster}",
    "/ops/replays",
    "/ops/audit",
    "/ops/erasures",
)


def add_other_events(redis: Redis) -> None:
    """Add the index entries of many events of other destinations."""
    ids = {f"01A{number:023d}": 0 for number in range(MANY)}
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(keys.EVENTS, ids)
        for number in range(300):
            pipeline.sadd(keys.DESTINATIONS, f"other-{number}")
            pipeline.zadd(f"{keys.BY_STATE}other-{number}:queued", ids)
            pipeline.hset(keys.QUEUES, f"gong:other-{number}:web", f"1|other-{number}")
            pipeline.hset(keys.STATE_COUNTS, f"other-{number}|queued", MANY)
        pipeline.execute()


def count_commands(client: FlaskClient, redis: Redis, path: str, operator: dict[str, str]) -> int:
    before = redis.info("stats")["total_commands_processed"]
    response = client.get(path, headers=operator)
    assert response.status_code == 200, response.text
    after: Any = redis.info("stats")["total_commands_processed"]
    return int(after - before)


@pytest.mark.parametrize("template", PATHS)
def test_the_number_of_commands_does_not_grow_with_the_data(
    client: FlaskClient, redis: Redis, operator: dict[str, str], kill: Kill, template: str
):
    event = kill(2)[0]
    [cluster] = client.get("/v1/dead-letters", headers=operator).get_json()["clusters"]
    path = template.format(event=event, cluster=cluster["cluster"])
    before = count_commands(client, redis, path, operator)
    add_other_events(redis)

    assert count_commands(client, redis, path, operator) <= before <= MAX_COMMANDS
