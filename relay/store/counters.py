"""Reading what is counted for ever, and how things stand now: what a monitoring system asks for, in three round trips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.core.ids import id_timestamp
from relay.core.lifecycle import State
from relay.core.percentiles import Histogram
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND

GAUGE_STATES = (State.AGGREGATING, State.QUEUED, State.SENDING, State.RETRYING, State.ON_HOLD, State.DEAD)
"""States in which an event is not done with."""

_IN_TURN = (State.QUEUED, State.SENDING, State.RETRYING)


@dataclass(frozen=True, slots=True)
class TimingTotals:
    """Every time of one kind that ever was, and their sum in seconds."""

    histogram: Histogram
    seconds: float


@dataclass(frozen=True, slots=True)
class CounterTotals:
    """What one store has counted. `states` and `other_counts` are by (destination, word), `requests` by (source, outcome).

    `timings` is by what took the time: `arrival`, `call`, `request:<endpoint>`. `overdue_seconds` is for how many seconds the company
    that waits longest could have been served.
    """

    states: Mapping[tuple[str, str], int]
    other_counts: Mapping[tuple[str, str], int]
    requests: Mapping[tuple[str, str], int]
    timings: Mapping[str, TimingTotals]
    overdue_seconds: float
    used_bytes: int
    limit_bytes: int


def read_totals(redis: Redis) -> CounterTotals:
    """By Redis's clock."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for key in (keys.STATE_COUNTS, keys.OTHER_COUNTS, keys.REQUEST_COUNTS, keys.TIMINGS):
            pipeline.hgetall(key)
        pipeline.time()
        pipeline.zrange(keys.DUE, 0, 0, withscores=True)
        pipeline.info("memory")
        states, happened, requests, times, clock, due, memory = pipeline.execute()
    now = clock[0] * SECOND + clock[1]
    overdue = max(now - due[0][1], 0) / SECOND if due else 0.0
    told = (int(memory["used_memory"]), int(memory.get("maxmemory", 0)))
    return CounterTotals(_pairs(states), _pairs(happened), _pairs(requests), _timed(times), overdue, *told)


def _pairs(fields: Mapping[bytes, bytes]) -> dict[tuple[str, str], int]:
    split = ((name.decode().rpartition("|"), int(value)) for name, value in fields.items())
    return {(name, word): value for (name, _, word), value in split}


def _timed(fields: Mapping[bytes, bytes]) -> dict[str, TimingTotals]:
    counts: dict[str, dict[int, int]] = {}
    sums: dict[str, int] = {}
    for (what, bucket), value in _pairs(fields).items():
        if bucket == "sum":
            sums[what] = value
        else:
            counts.setdefault(what, {})[int(bucket)] = value
    return {
        what: TimingTotals(Histogram(found), sums.get(what, 0) / SECOND) for what, found in counts.items()
    }


@dataclass(frozen=True, slots=True)
class DestinationGauges:
    """One destination now: how many events are in each state, how old the oldest in its turn is, and the cause of its hold."""

    states: Mapping[State, int]
    oldest_seconds: float
    hold: str | None


def read_destination_gauges(redis: Redis, names: Sequence[str]) -> dict[str, DestinationGauges]:
    """Of each destination named."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        pipeline.time()
        for name in names:
            for state in GAUGE_STATES:
                pipeline.zcard(f"{keys.BY_STATE}{name}:{state}")
            for state in _IN_TURN:
                pipeline.zrange(f"{keys.BY_STATE}{name}:{state}", 0, 0)
            pipeline.hget(keys.HOLD + name, "cause")
        clock, *rows = pipeline.execute()
    told = iter(rows)
    now = clock[0] + clock[1] / SECOND
    return {name: _standing(told, now) for name in names}


def _standing(rows: Any, now: float) -> DestinationGauges:
    states = {state: int(next(rows)) for state in GAUGE_STATES}
    first = [found[0].decode() for found in [next(rows) for _ in _IN_TURN] if found]
    oldest = id_timestamp(min(first)).timestamp() if first else now
    cause = next(rows)
    return DestinationGauges(states, max(now - oldest, 0.0), cause.decode() if cause else None)
