"""Removes personal data from messages that outlive the event.

They are the details of holds, probes, open breakers, token refreshes, replays and clusters.

These messages come from Gong and from the relay. They rarely quote a payload; one that does is replaced.
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.scripts import Scripts
from relay.store.events import list_destination_names

ERASED_TEXT = "(erased)"

_MAX_REPLAYS = 1_000
_PAGE = 500

PersonTest = Callable[[str], bool]


def scrub_texts(scripts: Scripts, redis: Redis, contains_person: PersonTest) -> None:
    """Replace every message that contains the person's data with `(erased)`. `contains_person` says whether it does."""
    with redis_errors_as_unavailable():
        names = list_destination_names(redis)
        for key, field in _text_fields(redis, names):
            _scrub_field(scripts, redis, (key, field), contains_person)
        for key in _find_clusters(redis, contains_person):
            redis.hset(key, "text", ERASED_TEXT)
        for name in names:
            _scrub_history(redis, keys.HOLD_HISTORY + name, contains_person)
        for replay in _replays(redis):
            _scrub_problems(redis, keys.REPLAY + replay, contains_person)


def _replays(redis: Redis) -> list[str]:
    ids: Any = redis.zrange(keys.REPLAYS, "+", "-", desc=True, bylex=True, offset=0, num=_MAX_REPLAYS)
    return [name.decode() for name in ids]


def _find_clusters(redis: Redis, contains_person: PersonTest) -> list[str]:
    """Return the clusters whose text contains the person: it may quote an event that has left the cluster."""
    members: Any = redis.zrange(keys.CLUSTERS, 0, -1)
    names: list[str] = []
    for start in range(0, len(members), _PAGE):
        page = [keys.CLUSTER_INFO + name.decode() for name in members[start : start + _PAGE]]
        pipeline = redis.pipeline(transaction=False)
        for key in page:
            pipeline.hget(key, "text")
        texts = zip(page, pipeline.execute(), strict=True)
        names += [key for key, text in texts if text and contains_person(text.decode())]
    return names


def _text_fields(redis: Redis, names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield keys.HOLD + name, "detail"
        yield keys.PROBE_RESULT + name, "detail"
        yield keys.TOKENS + name, "lost"
    for url in _base_urls(redis):
        yield keys.BREAKER + url, "error"


def _base_urls(redis: Redis) -> set[str]:
    """Return the base URL of every company that ever had a queue."""
    queues: Any = redis.hgetall(keys.QUEUES)
    # There is no list of base URLs. Every company that ever had an event has a queue, and its record has the URL.
    companies = sorted({value.decode().partition("|")[2] for value in queues.values()})
    pipeline = redis.pipeline(transaction=False)
    for company in companies:
        pipeline.hget(keys.COMPANY + company, "base_url")
    return {url.decode() for url in pipeline.execute() if url}


def _scrub_field(
    scripts: Scripts, redis: Redis, location: tuple[str, str], contains_person: PersonTest
) -> None:
    text: Any = redis.hget(*location)
    if text and contains_person(text.decode()):
        # Only if it is unchanged: a hold that has just ended must not come back as a hash with nothing but this text.
        scripts.run("replace_field", *location, text, ERASED_TEXT)


def _scrub_history(redis: Redis, key: str, contains_person: PersonTest) -> None:
    lines: Any = redis.lrange(key, 0, -1)
    for position, line in enumerate(lines):
        since, until, cause, detail = line.decode().split("|", 3)
        if contains_person(detail):
            redis.lset(key, position, f"{since}|{until}|{cause}|{ERASED_TEXT}")


def _scrub_problems(redis: Redis, key: str, contains_person: PersonTest) -> None:
    record: Any = redis.hgetall(key)
    for name, value in record.items():
        if name.startswith(b"problem:") and contains_person(value.decode()):
            redis.hset(key, name, orjson.dumps(orjson.loads(value) | {"detail": ERASED_TEXT}))
