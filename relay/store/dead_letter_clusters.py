"""Reading dead letters by their fault: how many share it, since when, from whom and for whom."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """One fault. `text` is what was said of the newest of its dead letters, `sample` that one's id."""

    fingerprint: str
    count: int
    reason: str
    text: str
    rule: str
    field: str
    sample: str
    first_at: datetime
    last_at: datetime
    sources: Mapping[str, int]
    destinations: Mapping[str, int]


def read_clusters(redis: Redis, *, offset: int, most: int) -> tuple[list[ClusterRecord], int]:
    """At most `most` clusters from `offset` on, the one with the newest dead letter first, and how many there are."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        pipeline.zrevrange(keys.CLUSTERS, offset, offset + most - 1)
        pipeline.zcard(keys.CLUSTERS)
        names, total = pipeline.execute()
        fingerprints = [name.decode() for name in names]
        for fingerprint in fingerprints:
            pipeline.hgetall(keys.CLUSTER_INFO + fingerprint)
            pipeline.zcard(keys.CLUSTER + fingerprint)
            pipeline.zrevrange(keys.CLUSTER + fingerprint, 0, 0)
        rows: list[Any] = pipeline.execute()
    read = [_record(name, rows[at * 3 : at * 3 + 3]) for at, name in enumerate(fingerprints)]
    return [record for record in read if record is not None], total


def read_cluster(redis: Redis, fingerprint: str) -> ClusterRecord | None:
    """One cluster; None where no dead letter has this fault."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        pipeline.hgetall(keys.CLUSTER_INFO + fingerprint)
        pipeline.zcard(keys.CLUSTER + fingerprint)
        pipeline.zrevrange(keys.CLUSTER + fingerprint, 0, 0)
        return _record(fingerprint, pipeline.execute())


def merge_clusters(one: ClusterRecord, other: ClusterRecord) -> ClusterRecord:
    """One fault, as two stores know it."""
    newer = max(one, other, key=lambda each: each.last_at)
    return replace(
        newer,
        count=one.count + other.count,
        first_at=min(one.first_at, other.first_at),
        sources=dict(sorted((Counter(one.sources) + Counter(other.sources)).items())),
        destinations=dict(sorted((Counter(one.destinations) + Counter(other.destinations)).items())),
    )


def _record(fingerprint: str, row: list[Any]) -> ClusterRecord | None:
    """None when its last dead letter has left meanwhile."""
    fields, count, newest = row
    if not fields or not newest:
        return None
    told = {name.decode(): value.decode() for name, value in fields.items()}
    return ClusterRecord(
        fingerprint,
        count,
        told["reason"],
        told["text"],
        told["rule"],
        told["field"],
        newest[0].decode(),
        to_datetime(told["first_at"]),
        to_datetime(told["last_at"]),
        _counts(told, "from:"),
        _counts(told, "to:"),
    )


def _counts(told: Mapping[str, str], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): int(told[name]) for name in sorted(told) if name.startswith(prefix)}
