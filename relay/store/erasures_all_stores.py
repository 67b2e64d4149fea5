"""Erasures over all stores: each store does its own part, under the same id and by its own mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.store.all_stores import query_stores
from relay.store.engine.background_job import NEWEST_LIMIT
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.erasures import (
    ErasedEvent,
    Erasure,
    ErasurePreview,
    ErasureRecord,
    list_erasures,
    preview_erasure,
    read_erased_events,
    read_erasure,
    start_erasure,
)
from relay.store.stores import Store, Stores


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Who asks for whose erasure: `person` in a form of `relay.core.personal_data`, `kind` email or phone."""

    id: str
    person: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class ErasurePart:
    """What one store knows of an erasure."""

    store: str
    record: ErasureRecord


def start_erasure_in_all_stores(
    stores: Stores, asked: ErasureRequest, *, seen_seconds: int, now: datetime
) -> None:
    """Begin an erasure in every store. Raises Unavailable where one does not answer, before any has begun."""
    marks = {store.name: _answering(store, asked.person) for store in stores}
    for store in stores:
        erasing = Erasure(asked.id, marks[store.name], asked.kind, asked.by)
        start_erasure(store.scripts, erasing, seen_seconds=seen_seconds, now=now)


def _answering(store: Store, person: str) -> bytes:
    with redis_errors_as_unavailable():
        store.redis.ping()
    return store.people.mark(person)


def preview_erasure_in_all_stores(stores: Stores, person: str) -> list[tuple[str, str, ErasurePreview]]:
    """Of each store its name, the person's mark there (in hex), and what an erasure would find."""
    marks = [(store, store.people.mark(person)) for store in stores]
    return [(store.name, mark.hex(), preview_erasure(store.redis, mark)) for store, mark in marks]


def read_erasure_parts(stores: Stores, erasure_id: str) -> list[ErasurePart]:
    """An erasure, as every store knows it. Raises NotFound."""
    return [
        ErasurePart(name, record)
        for name, record in query_stores(stores, lambda store: read_erasure(store.redis, erasure_id))
    ]


def read_erased_events_in_all_stores(stores: Stores, erasure_id: str) -> list[ErasedEvent]:
    """The first events that it erased in each store, the oldest first."""
    gone = [one for store in stores for one in read_erased_events(store.redis, erasure_id)]
    return sorted(gone, key=lambda one: one.id)


def list_erasures_in_all_stores(stores: Stores) -> list[Sequence[ErasurePart]]:
    """The newest fifty, newest first."""
    parts: dict[str, list[ErasurePart]] = {}
    for store in stores:
        for record in list_erasures(store.redis):
            parts.setdefault(record.erasure.id, []).append(ErasurePart(store.name, record))
    return [parts[erasure_id] for erasure_id in sorted(parts, reverse=True)[:NEWEST_LIMIT]]
