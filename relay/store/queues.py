"""Reading the queues: depth by state, age, budget, holds, workers; a handful of round trips for any number of companies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from relay.core.ids import moment_of
from relay.core.lifecycle import OPEN, State
from relay.store import keys
from relay.store.connection import translated

_BUCKET_SECONDS = 600
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a destination takes no calls, in a word and in Gong's own words, and since when."""

    cause: str
    detail: str
    since: datetime
    probe_at: datetime | None


@dataclass(frozen=True, slots=True)
class Depth:
    """One destination: how many events are in each state, the oldest open one's moment, and its hold."""

    destination: str
    states: Mapping[State, int]
    counts: Mapping[str, int]
    oldest: datetime | None
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Spent:
    """One company: calls in the last second and the last 24 hours, and the end of its freeze."""

    company: str
    queued: int
    last_second: int
    last_day: int
    frozen_until: datetime | None
    throttles: int


def read_depths(redis: Redis, names: Sequence[str]) -> list[Depth]:
    """The depth of each destination named."""
    with translated():
        counts: Any = redis.hgetall(keys.COUNT)
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            for state in State:
                pipeline.zcard(f"{keys.AT}{name}:{state}")
            for state in sorted(OPEN):
                pipeline.zrange(f"{keys.AT}{name}:{state}", 0, 0)
            pipeline.hgetall(keys.HOLD + name)
        rows = iter(pipeline.execute())
    return [_depth(name, rows, counts) for name in names]


def _depth(name: str, rows: Any, counts: Mapping[bytes, bytes]) -> Depth:
    states = {state: int(next(rows)) for state in State}
    oldest = [moment_of(found[0].decode()) for found in [next(rows) for _ in OPEN] if found]
    prefix = f"{name}|".encode()
    entered = {
        key[len(prefix) :].decode(): int(value) for key, value in counts.items() if key.startswith(prefix)
    }
    return Depth(name, states, entered, min(oldest, default=None), _hold(next(rows)))


def _hold(fields: Mapping[bytes, bytes]) -> Hold | None:
    if b"cause" not in fields:
        return None
    probe = fields.get(b"probe_at")
    return Hold(
        fields[b"cause"].decode(),
        fields.get(b"detail", b"").decode(),
        _moment(fields[b"since"]),
        _moment(probe) if probe else None,
    )


def _moment(microseconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(microseconds) / _SECOND, tz=UTC)


def read_spent(redis: Redis, companies: Sequence[str]) -> list[Spent]:
    """What each company has spent of its limits, by Redis's clock."""
    with translated():
        pipeline = redis.pipeline(transaction=False)
        pipeline.time()
        for company in companies:
            pipeline.llen(keys.RQ_QUEUE + keys.QUEUE_PREFIX + company)
            pipeline.lrange(keys.SENT + company, 0, -1)
            pipeline.hgetall(keys.DAY + company)
            pipeline.hmget(keys.COMPANY + company, "frozen_until", "throttles")
        clock, *rows = pipeline.execute()
    now = clock[0] * _SECOND + clock[1]
    return [_spent(company, now, rows[at * 4 : at * 4 + 4]) for at, company in enumerate(companies)]


def _spent(company: str, now: int, row: Sequence[Any]) -> Spent:
    queued, sent, day, (frozen, throttles) = row
    horizon = now // (_BUCKET_SECONDS * _SECOND) - 24 * 3600 // _BUCKET_SECONDS
    in_day = sum(int(calls) for bucket, calls in day.items() if bucket.isdigit() and int(bucket) >= horizon)
    thaw = _moment(frozen) if frozen and int(frozen) > now else None
    last = sum(1 for moment in sent if int(moment) > now - _SECOND)
    return Spent(company, queued, last, in_day, thaw, int(throttles or 0))


def read_workers(redis: Redis) -> list[dict[str, str]]:
    """The workers alive, as RQ registers them."""
    with translated():
        names: Any = redis.smembers("rq:workers")
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hmget(name, "hostname", "pid", "birth", "last_heartbeat")
        rows = pipeline.execute()
    fields = ("hostname", "pid", "started_at", "last_seen_at")
    return [
        {"name": name.decode().rpartition(":")[2]}
        | {field: value.decode() for field, value in zip(fields, row, strict=True) if value is not None}
        for name, row in sorted(zip(names, rows, strict=True))
        if row[-1] is not None
    ]
