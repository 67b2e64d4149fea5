"""Reading what happened when: counts and times in minutes, tens of minutes and hours, of everything, of one destination
or of one source.

Fields of a bucket are an event's states (`delivered`, `duplicate`, `dead`, `filtered`, `aggregated`, `discarded`) and
`accepted`, `repeated` (kept once already), `failed`, `rate_limited`, `blocked` (attempts), `replayed`. Times stand as
`delivered:<bucket>` (from arrival to Gong) and `call:<bucket>` (Gong's answer), as `relay.core.percentiles` counts them.
Of a source there are `taken` (requests), the codes of those that were not, `verification_failed:<reason>`, and how surely Gong
can tell whom its events are about: `strong`, `medium`, `weak`, `opaque`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from redis import Redis

from relay.core.percentiles import Histogram, merge_histograms
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime

GLOBAL_SCOPE = ""


def destination_scope(name: str) -> str:
    """The scope of what happened to one destination's events."""
    return f":to:{name}"


def source_scope(name: str) -> str:
    """The scope of what one source sent."""
    return f":from:{name}"


class Resolution(Enum):
    """How long one bucket is: its mark in the store and its seconds."""

    MINUTE = ("m", 60)
    TEN_MINUTES = ("t", 600)
    HOUR = ("h", 3600)

    @property
    def seconds(self) -> int:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class SeriesWindow:
    """`count` buckets of one grain, the last of them the one that `now` lies in."""

    grain: Resolution
    count: int

    def numbers(self, now: datetime) -> range:
        last = int(now.timestamp()) // self.grain.seconds
        return range(last - self.count + 1, last + 1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened in one of them, from `at` on."""

    at: datetime
    counts: Mapping[str, int] = field(default_factory=dict)
    arrivals: Histogram = field(default_factory=Histogram)
    calls: Histogram = field(default_factory=Histogram)


def read_series(
    redis: Redis, scopes: Sequence[str], span: SeriesWindow, *, now: datetime
) -> dict[str, list[Bucket]]:
    """The buckets of each scope, the oldest first, in one round trip. Those in which nothing happened are there too."""
    mark, numbers = span.grain.value[0], span.numbers(now)
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for scope in scopes:
            for number in numbers:
                pipeline.hgetall(f"{keys.SERIES}{mark}{number}{scope}")
        rows: list[Mapping[bytes, bytes]] = pipeline.execute()
    starts = [datetime.fromtimestamp(number * span.grain.seconds, tz=UTC) for number in numbers]
    told = iter(rows)
    return {scope: [_bucket(start, next(told)) for start in starts] for scope in scopes}


def _bucket(at: datetime, row: Mapping[bytes, bytes]) -> Bucket:
    counts: Counter[str] = Counter()
    times: dict[str, dict[int, int]] = {"delivered": {}, "call": {}}
    for name, value in row.items():
        what, _, rest = name.decode().partition(":")
        if what in times and rest:
            times[what][int(rest)] = int(value)
        if what != "call":
            counts[what if what in times else name.decode()] += int(value)
    return Bucket(at, dict(counts), Histogram(times["delivered"]), Histogram(times["call"]))


def merge_buckets(buckets: Iterable[Bucket], at: datetime) -> Bucket:
    """Several buckets as one that begins at `at`."""
    all_of_them = list(buckets)
    counts: Counter[str] = Counter()
    for bucket in all_of_them:
        counts.update(bucket.counts)
    arrivals = merge_histograms(bucket.arrivals for bucket in all_of_them)
    return Bucket(at, dict(counts), arrivals, merge_histograms(bucket.calls for bucket in all_of_them))


@dataclass(frozen=True, slots=True)
class RejectedRequest:
    """The newest request of a source that was not taken: when, with which code, and of a signature why."""

    at: datetime
    code: str
    reason: str


def read_rejected_requests(redis: Redis, names: Sequence[str]) -> dict[str, RejectedRequest]:
    """Of each source named that ever had one."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hmget(keys.LAST_REJECTED + name, "at", "code", "reason")
        rows: list[Any] = pipeline.execute()
    return {
        name: RejectedRequest(to_datetime(at), code.decode(), (reason or b"").decode())
        for name, (at, code, reason) in zip(names, rows, strict=True)
        if at and code
    }
