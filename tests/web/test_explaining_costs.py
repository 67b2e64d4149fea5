"""What it costs to explain: as much with many events and destinations in the store as with few."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.store.engine import keys

Kill = Callable[..., list[str]]
MOST_COMMANDS = 60
MANY = 3_000
PLACES = (
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


def crowd(redis: Redis) -> None:
    """Other people's events: their indexes, and the companies that they wait for."""
    ids = {f"01A{number:023d}": 0 for number in range(MANY)}
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(keys.EVENTS, ids)
        for number in range(300):
            pipeline.sadd(keys.DESTINATIONS, f"other-{number}")
            pipeline.zadd(f"{keys.BY_STATE}other-{number}:queued", ids)
            pipeline.hset(keys.QUEUES, f"gong:other-{number}:web", f"1|other-{number}")
            pipeline.hset(keys.STATE_COUNTS, f"other-{number}|queued", MANY)
        pipeline.execute()


def commands(client: FlaskClient, redis: Redis, place: str, operator: dict[str, str]) -> int:
    before = redis.info("stats")["total_commands_processed"]
    answer = client.get(place, headers=operator)
    assert answer.status_code == 200, answer.text
    told: Any = redis.info("stats")["total_commands_processed"]
    return int(told - before)


@pytest.mark.parametrize("place", PLACES)
def test_a_page_costs_the_same_few_commands_however_much_there_is(
    client: FlaskClient, redis: Redis, operator: dict[str, str], kill: Kill, place: str
):
    event = kill(2)[0]
    [cluster] = client.get("/v1/dead-letters", headers=operator).get_json()["clusters"]
    there = place.format(event=event, cluster=cluster["cluster"])
    few = commands(client, redis, there, operator)
    crowd(redis)

    assert commands(client, redis, there, operator) <= few <= MOST_COMMANDS
