"""Reading the queues: depth by state, age, budget, holds, workers; a handful of round trips for any number of companies."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from relay.core.destination import Limits
from relay.core.ids import id_timestamp
from relay.core.lifecycle import OPEN_STATES, State
from relay.core.priority import Priority
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, to_datetime

_BUCKET_SECONDS = 600
_DAY = 24 * 3600 * SECOND

PRIORITIES = (*map(str, Priority), "replay")
"""The priorities in their order, as the scripts rank them; the last is that of replays."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a destination takes no calls, in a word and in Gong's own words, and since when."""

    cause: str
    detail: str
    since: datetime
    probe_at: datetime | None


@dataclass(frozen=True, slots=True)
class DestinationDepth:
    """One destination: how many events are in each state, the oldest open one's moment, and its hold."""

    destination: str
    states: Mapping[State, int]
    counts: Mapping[str, int]
    oldest: datetime | None
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class CompanyUsage:
    """One company: what waits in each priority, its calls in the last second and the last 24 hours, the end of its freeze.

    `buckets` are its calls of the last day by the moment at which each ten minutes began, `high` those of priority high
    among them. `other_calls` is how many calls of the company's day others had made at `other_calls_at`, as far as a 429 told.
    `extra_spacing` is by how many seconds its calls keep wider apart because others call too.
    """

    company: str
    priorities: Mapping[str, int]
    last_second: int
    last_day: int
    high: int
    buckets: Mapping[datetime, int]
    frozen_until: datetime | None
    other_calls: int
    other_calls_at: datetime | None
    extra_spacing: float

    @property
    def queued(self) -> int:
        return sum(self.priorities.values())


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A base URL whose Gong does not answer: nothing is sent there until `open_until`, then one call tries it."""

    base_url: str
    said: str
    since: datetime
    open_until: datetime


def read_depths(redis: Redis, names: Sequence[str]) -> list[DestinationDepth]:
    """The depth of each destination named."""
    with redis_errors_as_unavailable():
        counts: Any = redis.hgetall(keys.STATE_COUNTS)
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            for state in State:
                pipeline.zcard(f"{keys.BY_STATE}{name}:{state}")
            for state in sorted(OPEN_STATES):
                pipeline.zrange(f"{keys.BY_STATE}{name}:{state}", 0, 0)
            pipeline.hgetall(keys.HOLD + name)
        rows = iter(pipeline.execute())
    return [_depth(name, rows, counts) for name in names]


def _depth(name: str, rows: Any, counts: Mapping[bytes, bytes]) -> DestinationDepth:
    states = {state: int(next(rows)) for state in State}
    oldest = [id_timestamp(found[0].decode()) for found in [next(rows) for _ in OPEN_STATES] if found]
    prefix = f"{name}|".encode()
    entered = {
        key[len(prefix) :].decode(): int(value) for key, value in counts.items() if key.startswith(prefix)
    }
    return DestinationDepth(name, states, entered, min(oldest, default=None), _hold(next(rows)))


def _hold(fields: Mapping[bytes, bytes]) -> Hold | None:
    if b"cause" not in fields:
        return None
    probe = fields.get(b"probe_at")
    return Hold(
        fields[b"cause"].decode(),
        fields.get(b"detail", b"").decode(),
        to_datetime(fields[b"since"]),
        to_datetime(probe) if probe else None,
    )


def read_company_usage(redis: Redis, companies: Sequence[str]) -> list[CompanyUsage]:
    """What each company has spent of its limits, by Redis's clock."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        pipeline.time()
        pipeline.hgetall(keys.QUEUES)
        for company in companies:
            pipeline.lrange(keys.RECENT_CALLS + company, 0, -1)
            pipeline.hgetall(keys.DAY_CALLS + company)
            pipeline.hmget(
                keys.COMPANY + company, "frozen_until", "other_calls", "other_calls_at", "extra_spacing"
            )
        clock, queues, *rows = pipeline.execute()
        priorities = _priorities(redis, queues, set(companies))
    now = clock[0] * SECOND + clock[1]
    told = zip(companies, zip(*[iter(rows)] * 3, strict=True), strict=True)
    return [_spent(company, now, priorities.get(company, {}), row) for company, row in told]


def _priorities(
    redis: Redis, queues: Mapping[bytes, bytes], companies: Container[str]
) -> dict[str, dict[str, int]]:
    """How many events wait in each priority of each company."""
    known = [(name.decode(), *told.decode().split("|", 1)) for name, told in queues.items()]
    wanted = [(name, int(rank), company) for name, rank, company in known if company in companies]
    pipeline = redis.pipeline(transaction=False)
    for name, _, _ in wanted:
        pipeline.llen(keys.RQ_QUEUE + name)
    priorities: dict[str, dict[str, int]] = {}
    for (_, rank, company), length in zip(wanted, pipeline.execute(), strict=True):
        of_company = priorities.setdefault(company, dict.fromkeys(PRIORITIES, 0))
        of_company[PRIORITIES[rank]] += length
    return priorities


def _spent(company: str, now: int, priorities: Mapping[str, int], row: Sequence[Any]) -> CompanyUsage:
    sent, day, (frozen, others, others_at, crowd) = row
    horizon = now // (_BUCKET_SECONDS * SECOND) - 24 * 3600 // _BUCKET_SECONDS
    thaw = to_datetime(frozen) if frozen and int(frozen) > now else None
    last = sum(1 for moment in sent if int(moment.rstrip(b"?")) > now - SECOND)
    buckets = _buckets(day, b"", horizon)
    others_moment = to_datetime(others_at) if others_at and int(others_at) > now - _DAY else None
    return CompanyUsage(
        company,
        priorities,
        last,
        sum(buckets.values()),
        sum(_buckets(day, b"h", horizon).values()),
        buckets,
        thaw,
        int(others) if others and others_moment else 0,
        others_moment,
        int(crowd or 0) / SECOND,
    )


def _buckets(day: Mapping[bytes, bytes], prefix: bytes, horizon: int) -> dict[datetime, int]:
    numbers = {
        name.removeprefix(prefix): int(calls) for name, calls in day.items() if name.startswith(prefix)
    }
    kept = {int(name): calls for name, calls in numbers.items() if name.isdigit() and int(name) >= horizon}
    return {datetime.fromtimestamp(name * _BUCKET_SECONDS, tz=UTC): kept[name] for name in sorted(kept)}


def read_open_breakers(redis: Redis, base_urls: Sequence[str]) -> list[OpenBreaker]:
    """Those of these base URLs whose breaker is open."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for base_url in base_urls:
            pipeline.hmget(keys.BREAKER + base_url, "error", "opened_at", "open_until")
        rows = pipeline.execute()
    told = zip(base_urls, rows, strict=True)
    return [
        OpenBreaker(base_url, said.decode(), to_datetime(opened), to_datetime(until))
        for base_url, (said, opened, until) in told
        if opened and until
    ]


def read_workers(redis: Redis) -> list[dict[str, str]]:
    """The workers alive, as RQ registers them."""
    with redis_errors_as_unavailable():
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
