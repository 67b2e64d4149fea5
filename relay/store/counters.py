"""Permanent counters and current gauges for a monitoring system, in three round trips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.core.ids import id_timestamp
from relay.core.lifecycle import State
from relay.core.percentiles import Histogram
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, queue_store_time, store_time

GAUGE_STATES = (State.AGGREGATING, State.QUEUED, State.SENDING, State.RETRYING, State.ON_HOLD, State.DEAD)
"""States that a gauge shows: the open ones, and dead letters, which an operator has to handle."""

_WAITING = (State.QUEUED, State.SENDING, State.RETRYING)


@dataclass(frozen=True, slots=True)
class TimingTotals:
    """All durations of one kind, and their sum in seconds."""

    histogram: Histogram
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterTotals:
    """What one store has counted since it was created, and its memory."""

    states: Mapping[tuple[str, str], int]
    """By destination and state."""
    other_counts: Mapping[tuple[str, str], int]
    """By destination and word: counts that no state covers."""
    requests: Mapping[tuple[str, str], int]
    """By source and outcome."""
    timings: Mapping[str, TimingTotals]
    """By what took the time: `delivery`, `call`, `request:<endpoint group>`."""
    overdue_seconds: float
    """For how long the company that waits longest could have been served."""
    used_bytes: int
    limit_bytes: int


def read_totals(redis: Redis) -> CounterTotals:
    """Return all counters of one store, by Redis's clock."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for key in (keys.STATE_COUNTS, keys.OTHER_COUNTS, keys.REQUEST_COUNTS, keys.TIMINGS):
            pipeline.hgetall(key)
        queue_store_time(pipeline)
        pipeline.zrange(keys.DUE, 0, 0, withscores=True)
        pipeline.info("memory")
        states, other_counts, requests, timings, clock, clock_note, due, memory = pipeline.execute()
    # The store's time, because it also set the scores of DUE.
    now = store_time(clock, clock_note)
    overdue = max(now - due[0][1], 0) / SECOND if due else 0.0
    return CounterTotals(
        states=_pairs(states),
        other_counts=_pairs(other_counts),
        requests=_pairs(requests),
        timings=_timings(timings),
        overdue_seconds=overdue,
        used_bytes=int(memory["used_memory"]),
        limit_bytes=int(memory.get("maxmemory", 0)),
    )


def _pairs(fields: Mapping[bytes, bytes]) -> dict[tuple[str, str], int]:
    # The name may be empty; the word after the last separator never contains one.
    split = ((name.decode().rpartition("|"), int(value)) for name, value in fields.items())
    return {(name, word): value for (name, _, word), value in split}


def _timings(fields: Mapping[bytes, bytes]) -> dict[str, TimingTotals]:
    counts: dict[str, dict[int, int]] = {}
    sums: dict[str, int] = {}
    for (name, bucket), value in _pairs(fields).items():
        if bucket == "sum":
            sums[name] = value
        else:
            counts.setdefault(name, {})[int(bucket)] = value
    return {
        name: TimingTotals(Histogram(buckets), sums.get(name, 0) / SECOND) for name, buckets in counts.items()
    }


@dataclass(frozen=True, slots=True)
class DestinationGauges:
    """One destination now. `oldest_seconds` is the age of its oldest event that is queued, being sent or retrying."""

    states: Mapping[State, int]
    oldest_seconds: float
    hold: str | None


def read_destination_gauges(redis: Redis, names: Sequence[str]) -> dict[str, DestinationGauges]:
    """Return the gauges of each of these destinations."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        pipeline.time()
        for name in names:
            for state in GAUGE_STATES:
                pipeline.zcard(f"{keys.BY_STATE}{name}:{state}")
            for state in _WAITING:
                pipeline.zrange(f"{keys.BY_STATE}{name}:{state}", 0, 0)
            pipeline.hget(keys.HOLD + name, "cause")
        clock, *rows = pipeline.execute()
    # Consumed in the order in which the pipeline was filled.
    remaining = iter(rows)
    now = clock[0] + clock[1] / SECOND
    return {name: _gauges(remaining, now) for name in names}


def _gauges(rows: Any, now: float) -> DestinationGauges:
    states = {state: int(next(rows)) for state in GAUGE_STATES}
    # Ids sort by time, so the smallest of the first ids is the oldest event.
    first = [ids[0].decode() for ids in [next(rows) for _ in _WAITING] if ids]
    oldest = id_timestamp(min(first)).timestamp() if first else now
    cause = next(rows)
    return DestinationGauges(states, max(now - oldest, 0.0), cause.decode() if cause else None)
