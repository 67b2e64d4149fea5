"""How much of each company's day the sources have used that may not use all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis

from relay.core.destination import Limits
from relay.store.engine import keys

BUCKET_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareUsage:
    """What a source has used of its share of a company's day."""

    source: str
    share: float
    """Of the company's daily budget, above 0 and below 1."""
    queued: int
    buckets: Mapping[datetime, int]
    """Its calls in the last 24 hours, by the start of each ten minutes."""

    @property
    def last_day(self) -> int:
        """Its calls in the last 24 hours."""
        return sum(self.buckets.values())

    def budget(self, limits: Limits) -> int:
        """Return the calls per 24 hours that the source may make, as the scripts compute them."""
        return max(int(limits.daily_budget * self.share), 1)

    def is_used_up(self, limits: Limits) -> bool:
        return self.last_day >= self.budget(limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLength:
    """One RQ queue and the number of events in it."""

    company: str
    source: str
    rank: int
    """Of its priority: 0 is sent first."""
    length: int


def source_of_queue(name: str, company: str) -> str:
    """Return the source in the name of a queue."""
    return name[len(keys.QUEUE_PREFIX) + len(company) + 1 :].partition(":")[0]


def read_share_usage(
    redis: Redis, queues: Sequence[QueueLength], shares: Mapping[bytes, bytes], *, horizon: int
) -> dict[str, tuple[ShareUsage, ...]]:
    """Return the sources with a share below 1, by company. `horizon` is the oldest bucket that counts."""
    queued: dict[tuple[str, str], int] = {}
    for queue in queues:
        pair = (queue.company, queue.source)
        queued[pair] = queued.get(pair, 0) + queue.length
    limited = {pair: share for pair in sorted(queued) if (share := _share_of(shares, *pair))}
    if not limited:
        return {}
    pipeline = redis.pipeline(transaction=False)
    for company, source in limited:
        pipeline.hgetall(f"{keys.SOURCE_CALLS}{company}|{source}")
    usage: dict[str, tuple[ShareUsage, ...]] = {}
    for ((company, source), share), calls in zip(limited.items(), pipeline.execute(), strict=True):
        row = ShareUsage(
            source=source,
            share=share,
            queued=queued[company, source],
            buckets=read_buckets(calls, b"", horizon),
        )
        usage[company] = (*usage.get(company, ()), row)
    return usage


def _share_of(shares: Mapping[bytes, bytes], company: str, source: str) -> float | None:
    share = shares.get(f"{company}|{source}".encode()) or shares.get(f"|{source}".encode())
    return float(share) if share else None


def read_buckets(day: Mapping[bytes, bytes], prefix: bytes, horizon: int) -> dict[datetime, int]:
    """Return the calls of a hash like DAY_CALLS by the start of each ten minutes, without buckets before `horizon`."""
    numbers = {
        name.removeprefix(prefix): int(calls) for name, calls in day.items() if name.startswith(prefix)
    }
    # The hash also holds totals and, under another prefix, the calls of high priority: names that are not numbers.
    recent = {int(name): calls for name, calls in numbers.items() if name.isdigit() and int(name) >= horizon}
    return {datetime.fromtimestamp(name * BUCKET_SECONDS, tz=UTC): recent[name] for name in sorted(recent)}
