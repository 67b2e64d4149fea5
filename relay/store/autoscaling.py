"""Reading how much may be sent now: the companies whose next call may be made, and how many calls a second they may make."""

from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.core.destination import Limits
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND

_SOON = 1 * SECOND
_MOST_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class SendCapacity:
    """`companies` have events that may be sent now or within a second, at `calls_per_second` together.

    Whoever waits for a budget, a hold, a retry or a Gong that is down is not among them.
    """

    companies: int
    calls_per_second: int


def read_send_capacity(redis: Redis) -> SendCapacity:
    """By Redis's clock, in three round trips. Beyond 5,000 companies the pace of the rest is taken as those' mean."""
    with redis_errors_as_unavailable():
        seconds, microseconds = redis.time()
        until = seconds * SECOND + microseconds + _SOON
        pipeline = redis.pipeline(transaction=False)
        pipeline.zcount(keys.DUE, "-inf", until)
        pipeline.zrangebyscore(keys.DUE, "-inf", until, start=0, num=_MOST_LOOKED_AT)
        count, names = pipeline.execute()
        for name in names:
            pipeline.hget(keys.COMPANY + name.decode(), "per_second")
        paces: list[Any] = pipeline.execute()
    known = sum(int(pace) if pace else Limits().per_second for pace in paces)
    return SendCapacity(count, round(known * count / len(names)) if names else 0)
