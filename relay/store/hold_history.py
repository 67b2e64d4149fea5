"""Reading the holds that destinations have had: why, from when to when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime


@dataclass(frozen=True, slots=True)
class PastHold:
    """A hold that has ended: its cause in a word, Gong's own words, and from when to when it was."""

    since: datetime
    until: datetime
    cause: str
    detail: str


def read_past_holds(redis: Redis, destination: str) -> list[PastHold]:
    """The last fifty holds of a destination that have ended, newest first."""
    with redis_errors_as_unavailable():
        lines: Any = redis.lrange(keys.HOLD_HISTORY + destination, 0, -1)
    return [_past_hold(line.decode("utf-8", "replace")) for line in lines]


def _past_hold(line: str) -> PastHold:
    since, until, cause, detail = line.split("|", 3)
    return PastHold(to_datetime(since), to_datetime(until), cause, detail)
