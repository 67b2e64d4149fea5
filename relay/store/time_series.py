"""Time series: counts and durations per minute, ten minutes and hour, for a whole store, a destination or a source.

The fields of a bucket are an event's states (`delivered`, `duplicate`, `dead`, `filtered`, `aggregated`, `discarded`), and
`accepted`, `repeated` (duplicates that a source sent), `failed`, `rate_limited`, `blocked` (attempts) and `replayed`.
Durations are `delivered:<bucket>` (from arrival until Gong has the event) and `call:<bucket>` (until Gong answered), in the
buckets of `relay.core.percentiles`. A source has `requests` (those accepted), the codes of rejected requests,
`verification_failed:<reason>`, and how reliably Gong can identify the person in its events: `strong`, `medium`, `weak`,
`opaque`.
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
    """Return the scope of one destination's events."""
    return f":to:{name}"


def source_scope(name: str) -> str:
    """Return the scope of one source's requests and events."""
    return f":from:{name}"


class Resolution(Enum):
    """How long a bucket is: its letter in the key, and its seconds."""

    MINUTE = ("m", 60)
    TEN_MINUTES = ("t", 600)
    HOUR = ("h", 3600)

    @property
    def seconds(self) -> int:
        """The length of one bucket."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class SeriesWindow:
    """The last `count` buckets of one resolution, including the current one."""

    grain: Resolution
    count: int

    def numbers(self, now: datetime) -> range:
        """Return the numbers of the buckets, counted since 1970."""
        # The script numbers buckets in the same way, by Redis's clock.
        last = int(now.timestamp()) // self.grain.seconds
        return range(last - self.count + 1, last + 1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened in one bucket, which starts at `at`."""

    at: datetime
    counts: Mapping[str, int] = field(default_factory=dict)
    arrivals: Histogram = field(default_factory=Histogram)
    calls: Histogram = field(default_factory=Histogram)


def read_series(
    redis: Redis, scopes: Sequence[str], span: SeriesWindow, *, now: datetime
) -> dict[str, list[Bucket]]:
    """Return the buckets of each scope, oldest first, in one round trip. Empty buckets are included."""
    # The keys follow from the time, so no index of buckets is needed, and a missing key is an empty bucket.
    mark, numbers = span.grain.value[0], span.numbers(now)
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for scope in scopes:
            for number in numbers:
                pipeline.hgetall(f"{keys.SERIES}{mark}{number}{scope}")
        rows: list[Mapping[bytes, bytes]] = pipeline.execute()
    starts = [datetime.fromtimestamp(number * span.grain.seconds, tz=UTC) for number in numbers]
    remaining = iter(rows)
    return {scope: [_bucket(start, next(remaining)) for start in starts] for scope in scopes}


def _bucket(at: datetime, row: Mapping[bytes, bytes]) -> Bucket:
    counts: Counter[str] = Counter()
    times: dict[str, dict[int, int]] = {"delivered": {}, "call": {}}
    for name, value in row.items():
        word, _, bucket = name.decode().partition(":")
        if word in times and bucket:
            times[word][int(bucket)] = int(value)
        # Most deliveries are stored only as a duration, so the sum of all fields `delivered…` is their number.
        if word != "call":
            counts[word if word in times else name.decode()] += int(value)
    return Bucket(at, dict(counts), Histogram(times["delivered"]), Histogram(times["call"]))


def merge_buckets(buckets: Iterable[Bucket], at: datetime) -> Bucket:
    """Return the sum of several buckets, as one that starts at `at`."""
    parts = list(buckets)
    counts: Counter[str] = Counter()
    for bucket in parts:
        counts.update(bucket.counts)
    arrivals = merge_histograms(bucket.arrivals for bucket in parts)
    return Bucket(at, dict(counts), arrivals, merge_histograms(bucket.calls for bucket in parts))


@dataclass(frozen=True, slots=True)
class RejectedRequest:
    """The newest rejected request of a source. `reason` says why a signature failed."""

    at: datetime
    code: str
    reason: str


def read_rejected_requests(redis: Redis, names: Sequence[str]) -> dict[str, RejectedRequest]:
    """Return the newest rejected request of each of these sources that ever had one."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in names:
            pipeline.hmget(keys.LAST_REJECTED + name, "at", "code", "reason")
        rows: list[Any] = pipeline.execute()
    return {
        name: RejectedRequest(to_datetime(at), code.decode(), (reason or b"").decode())
        for name, (at, code, reason) in zip(names, rows, strict=True)
        # A source without a rejected request has no such record.
        if at and code
    }
