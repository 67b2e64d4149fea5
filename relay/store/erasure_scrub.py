"""Texts that outlive the event of which they tell: what was said of holds and probes, of Gong being down, of replays.

They are words of Gong's and of ours, and hardly ever quote a payload. Where one does, it goes with its person.
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

_MOST_REPLAYS = 1_000

PersonTest = Callable[[str], bool]


def scrub_texts(scripts: Scripts, redis: Redis, tells: PersonTest) -> None:
    """Put `(erased)` in the place of every such text that tells of the person."""
    with redis_errors_as_unavailable():
        names = list_destination_names(redis)
        for key, field in _places(redis, names):
            _blank_field(scripts, redis, (key, field), tells)
        for name in names:
            _blank_history(redis, keys.HOLD_HISTORY + name, tells)
        for replay in _replays(redis):
            _blank_problems(redis, keys.REPLAY + replay, tells)


def _replays(redis: Redis) -> list[str]:
    found: Any = redis.zrange(keys.REPLAYS, "+", "-", desc=True, bylex=True, offset=0, num=_MOST_REPLAYS)
    return [name.decode() for name in found]


def _places(redis: Redis, names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield keys.HOLD + name, "detail"
        yield keys.PROBE_RESULT + name, "detail"
    for url in _base_urls(redis):
        yield keys.BREAKER + url, "error"


def _base_urls(redis: Redis) -> set[str]:
    """Of every company that has ever had a queue."""
    told: Any = redis.hgetall(keys.QUEUES)
    companies = sorted({value.decode().partition("|")[2] for value in told.values()})
    pipeline = redis.pipeline(transaction=False)
    for company in companies:
        pipeline.hget(keys.COMPANY + company, "base_url")
    return {url.decode() for url in pipeline.execute() if url}


def _blank_field(scripts: Scripts, redis: Redis, place: tuple[str, str], tells: PersonTest) -> None:
    """Only what still stands there: a hold that has just ended must not come back as a text alone."""
    text: Any = redis.hget(*place)
    if text and tells(text.decode()):
        scripts.run("replace_field", *place, text, ERASED_TEXT)


def _blank_history(redis: Redis, key: str, tells: PersonTest) -> None:
    lines: Any = redis.lrange(key, 0, -1)
    for at, line in enumerate(lines):
        since, until, cause, detail = line.decode().split("|", 3)
        if tells(detail):
            redis.lset(key, at, f"{since}|{until}|{cause}|{ERASED_TEXT}")


def _blank_problems(redis: Redis, key: str, tells: PersonTest) -> None:
    record: Any = redis.hgetall(key)
    for name, value in record.items():
        if name.startswith(b"problem:") and tells(value.decode()):
            redis.hset(key, name, orjson.dumps(orjson.loads(value) | {"detail": ERASED_TEXT}))
