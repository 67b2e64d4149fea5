"""The queues: events by state, age, budgets, holds, breakers and workers, in a few round trips for any number of companies."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from redis import Redis

from relay.core.destination import Limits
from relay.core.ids import id_timestamp
from relay.core.lifecycle import OPEN_STATES, State
from relay.core.priority import Priority
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import (
    SECOND,
    queue_store_time,
    read_store_time,
    store_time,
    to_datetime,
)
from relay.store.source_shares import (
    BUCKET_SECONDS,
    QueueLength,
    ShareUsage,
    read_buckets,
    read_share_usage,
    source_of_queue,
)

_DAY = 24 * 3600 * SECOND
_PACING_FIELDS = ("frozen_until", "retry_after_until", "other_calls", "other_calls_at", "extra_spacing")

PRIORITIES = (*map(str, Priority), "replay")
"""The priorities in the order in which the scripts rank them. Replays come last."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A destination's hold. `detail` is Gong's own message."""

    cause: str
    detail: str
    since: datetime
    probe_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDepth:
    """How many events one destination has in each state, and what holds them."""

    destination: str
    states: Mapping[State, int]
    """How many events are in each state now."""
    counts: Mapping[str, int]
    """How many events ever entered each state."""
    oldest: datetime | None
    """Arrival of the oldest open event."""
    hold: Hold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyUsage:
    """How much a company has used of its limits."""

    company: str
    priorities: Mapping[str, int]
    """Queued events by priority."""
    last_second: int
    """Calls in the last second."""
    last_day: int
    """Calls in the last 24 hours."""
    high: int
    """Those of priority high among them."""
    buckets: Mapping[datetime, int]
    """Calls in the last 24 hours, by the start of each ten minutes."""
    frozen_until: datetime | None
    retry_after_until: datetime | None
    """Until when the response of a failed call asked to wait."""
    other_calls: int
    """Calls of other integrations in the day before `other_calls_at`, as far as a 429 shows."""
    other_calls_at: datetime | None
    extra_spacing: float
    """Seconds that are added between calls, because other integrations call too."""
    sources: tuple[ShareUsage, ...] = ()
    """The sources that have events here and may not use the whole day."""

    @property
    def queued(self) -> int:
        return sum(self.priorities.values())

    @property
    def stopped_until(self) -> datetime | None:
        """Until when no call is made because a response asked to wait: a 429, or a failure with Retry-After."""
        times = [time for time in (self.frozen_until, self.retry_after_until) if time is not None]
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A base URL where Gong does not answer. No call goes there until `open_until`, then one trial call."""

    base_url: str
    error: str
    since: datetime
    open_until: datetime


def read_depths(redis: Redis, names: Sequence[str]) -> list[DestinationDepth]:
    """Return how many events each of these destinations has in each state."""
    with redis_errors_as_unavailable():
        # One hash holds the counts of all destinations, so it is read once and not for each.
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
    # An id begins with its time, so the first id of each state shows its oldest event without reading it.
    oldest = [id_timestamp(first[0].decode()) for first in [next(rows) for _ in OPEN_STATES] if first]
    prefix = f"{name}|".encode()
    entered = {
        key[len(prefix) :].decode(): int(value) for key, value in counts.items() if key.startswith(prefix)
    }
    return DestinationDepth(
        destination=name,
        states=states,
        counts=entered,
        oldest=min(oldest, default=None),
        hold=_hold(next(rows)),
    )


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
    """Return how much each company has used of its limits, by Redis's clock."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        queue_store_time(pipeline)
        pipeline.hgetall(keys.QUEUES)
        pipeline.hgetall(keys.SOURCE_SHARES)
        for company in companies:
            pipeline.lrange(keys.RECENT_CALLS + company, 0, -1)
            pipeline.hgetall(keys.DAY_CALLS + company)
            pipeline.hmget(keys.COMPANY + company, _PACING_FIELDS)
        clock, clock_note, queues, shares, *rows = pipeline.execute()
        now = store_time(clock, clock_note)
        lengths = _read_queue_lengths(redis, queues, set(companies))
        sources = read_share_usage(redis, lengths, shares, horizon=_horizon(now))
    of_companies = zip(companies, zip(*[iter(rows)] * 3, strict=True), strict=True)
    priorities = _priorities(lengths)
    usage = [_company_usage(company, now, priorities.get(company, {}), row) for company, row in of_companies]
    return [replace(item, sources=sources.get(item.company, ())) for item in usage]


def _horizon(now: int) -> int:
    """Return the oldest bucket of the last 24 hours."""
    return now // (BUCKET_SECONDS * SECOND) - 24 * 3600 // BUCKET_SECONDS


def _read_queue_lengths(
    redis: Redis, queues: Mapping[bytes, bytes], companies: Container[str]
) -> list[QueueLength]:
    """Return all queues of these companies."""
    named = [(name.decode(), *rank.decode().split("|", 1)) for name, rank in queues.items()]
    wanted = [(name, int(rank), company) for name, rank, company in named if company in companies]
    pipeline = redis.pipeline(transaction=False)
    for name, _, _ in wanted:
        pipeline.llen(keys.RQ_QUEUE + name)
    return [
        QueueLength(company=company, source=source_of_queue(name, company), rank=rank, length=length)
        for (name, rank, company), length in zip(wanted, pipeline.execute(), strict=True)
    ]


def _priorities(queues: Sequence[QueueLength]) -> dict[str, dict[str, int]]:
    """Return how many events of each company are queued, by priority."""
    priorities: dict[str, dict[str, int]] = {}
    for queue in queues:
        of_company = priorities.setdefault(queue.company, dict.fromkeys(PRIORITIES, 0))
        of_company[PRIORITIES[queue.rank]] += queue.length
    return priorities


def _future_time(microseconds: bytes | None, now: int) -> datetime | None:
    return to_datetime(microseconds) if microseconds and int(microseconds) > now else None


def _company_usage(company: str, now: int, priorities: Mapping[str, int], row: Sequence[Any]) -> CompanyUsage:
    calls, day, (frozen_until, retry_after_until, other_calls, other_calls_at, extra_spacing) = row
    # Buckets that have left the 24 hours stay in the hash until the next call.
    horizon = _horizon(now)
    buckets = read_buckets(day, b"", horizon)
    others_are_recent = other_calls_at and int(other_calls_at) > now - _DAY
    return CompanyUsage(
        company=company,
        priorities=priorities,
        last_second=sum(1 for called_at in calls if int(called_at.rstrip(b"?")) > now - SECOND),
        last_day=sum(buckets.values()),
        high=sum(read_buckets(day, b"h", horizon).values()),
        buckets=buckets,
        frozen_until=_future_time(frozen_until, now),
        retry_after_until=_future_time(retry_after_until, now),
        other_calls=int(other_calls) if other_calls and others_are_recent else 0,
        other_calls_at=to_datetime(other_calls_at) if others_are_recent else None,
        extra_spacing=int(extra_spacing or 0) / SECOND,
    )


def read_open_breakers(redis: Redis, base_urls: Sequence[str]) -> list[OpenBreaker]:
    """Return the breakers that are open among those of these base URLs."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for base_url in base_urls:
            pipeline.hmget(keys.BREAKER + base_url, "error", "opened_at", "open_until")
        rows = pipeline.execute()
    breakers = zip(base_urls, rows, strict=True)
    return [
        OpenBreaker(base_url, error.decode(), to_datetime(opened), to_datetime(until))
        for base_url, (error, opened, until) in breakers
        if opened and until
    ]


def read_workers(redis: Redis) -> list[dict[str, str]]:
    """Return the workers that are alive, as RQ registers them."""
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
        # RQ's set may still name a worker whose record has expired: it died without signing off.
        if row[-1] is not None
    ]


_SOON = 1 * SECOND
_MAX_READ = 5_000


@dataclass(frozen=True, slots=True)
class SendCapacity:
    """How much could be sent now: the companies with events that may be sent within a second, and their calls per second.

    Companies whose events wait for a budget, a hold, a retry or an open breaker do not count.
    """

    companies: int
    calls_per_second: int


def read_send_capacity(redis: Redis) -> SendCapacity:
    """Return how many companies can send now, and their calls per second. Reads 5,000 paces at most, and extrapolates."""
    with redis_errors_as_unavailable():
        until = read_store_time(redis) + _SOON
        pipeline = redis.pipeline(transaction=False)
        pipeline.zcount(keys.DUE, "-inf", until)
        pipeline.zrangebyscore(keys.DUE, "-inf", until, start=0, num=_MAX_READ)
        count, names = pipeline.execute()
        for name in names:
            pipeline.hget(keys.COMPANY + name.decode(), "per_second")
        paces: list[Any] = pipeline.execute()
    # A company without published limits has the defaults.
    total = sum(int(pace) if pace else Limits().per_second for pace in paces)
    return SendCapacity(count, round(total * count / len(names)) if names else 0)
