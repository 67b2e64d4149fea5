"""Purges: ended events that an operator deletes before their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from relay.core.lifecycle import State
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Purged:
    """How many events were deleted, and how many bytes of their source's share that freed."""

    events: int
    bytes: int

    def __add__(self, other: "Purged") -> "Purged":
        return Purged(self.events + other.events, self.bytes + other.bytes)


def purge_events(scripts: Scripts, ids: Sequence[str], *, state: State) -> Purged:
    """Delete those of the events that are in `state`, each with its request if that has no other event.

    Their dedupe names stay. It also works while the store is out of memory.
    """
    with redis_errors_as_unavailable():
        events, freed = scripts.run("purge", state, *ids)
    return Purged(events, freed)


def measure_events(redis: Redis, ids: Sequence[str]) -> Purged:
    """Return what a purge of these events would free if no other event needed their requests. Changes nothing."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for event_id in ids:
            pipeline.hmget(keys.EVENT + event_id, ("bytes", "receipt"))
        rows: list[Any] = pipeline.execute()
        for receipt in {row[1] for row in rows if row[1]}:
            pipeline.hget(keys.RECEIPT + receipt.decode(), "bytes")
        receipts: list[Any] = pipeline.execute()
    sizes = [row[0] for row in rows] + receipts
    return Purged(sum(row[1] is not None for row in rows), sum(int(size) for size in sizes if size))
