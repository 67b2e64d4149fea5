"""Clusters of dead letters with the same problem: how many, since when, of which sources and destinations."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord:
    """One cluster. `text` is the detail of its newest dead letter, and `sample` the id of that one."""

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
    """Return at most `most` clusters from `offset`, those with the newest dead letters first, and how many there are."""
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
    read = [_record(name, rows[3 * position :][:3]) for position, name in enumerate(fingerprints)]
    return [record for record in read if record is not None], total


def read_cluster(redis: Redis, fingerprint: str) -> ClusterRecord | None:
    """Return one cluster, or None if no dead letter has this fingerprint."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        pipeline.hgetall(keys.CLUSTER_INFO + fingerprint)
        pipeline.zcard(keys.CLUSTER + fingerprint)
        pipeline.zrevrange(keys.CLUSTER + fingerprint, 0, 0)
        return _record(fingerprint, pipeline.execute())


def merge_clusters(first: ClusterRecord, second: ClusterRecord) -> ClusterRecord:
    """Combine two stores' records of the same cluster, adding up their counts."""
    # The text and the sample are those of the newest dead letter.
    newer = max(first, second, key=lambda cluster: cluster.last_at)
    return replace(
        newer,
        count=first.count + second.count,
        first_at=min(first.first_at, second.first_at),
        sources=dict(sorted((Counter(first.sources) + Counter(second.sources)).items())),
        destinations=dict(sorted((Counter(first.destinations) + Counter(second.destinations)).items())),
    )


def _record(fingerprint: str, row: list[Any]) -> ClusterRecord | None:
    row_fields, count, newest = row
    # Its last dead letter may have left between the two round trips.
    if not row_fields or not newest:
        return None
    fields = {name.decode(): value.decode() for name, value in row_fields.items()}
    return ClusterRecord(
        fingerprint=fingerprint,
        count=count,
        reason=fields["reason"],
        text=fields["text"],
        rule=fields["rule"],
        field=fields["field"],
        sample=newest[0].decode(),
        first_at=to_datetime(fields["first_at"]),
        last_at=to_datetime(fields["last_at"]),
        sources=_counts(fields, "from:"),
        destinations=_counts(fields, "to:"),
    )


def _counts(fields: Mapping[str, str], prefix: str) -> dict[str, int]:
    return {
        name.removeprefix(prefix): int(fields[name]) for name in sorted(fields) if name.startswith(prefix)
    }
