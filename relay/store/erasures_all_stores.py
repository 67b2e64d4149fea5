"""Erasures over all stores: each store does its own part, under the same id and by its own mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.store.all_stores import found_in
from relay.store.engine.background_job import SHOWN
from relay.store.engine.connection import translated
from relay.store.erasures import (
    Erasing,
    ErasureRecord,
    Foreseen,
    Gone,
    foresee_erasure,
    list_erasures,
    read_erasure,
    read_gone,
    start_erasure,
)
from relay.store.stores import Store, Stores


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for whose erasure: `person` in a form of `relay.core.personal_data`, `kind` email or phone."""

    id: str
    person: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one store knows of an erasure."""

    store: str
    record: ErasureRecord


def begin_everywhere(stores: Stores, asked: Asked, *, seen_seconds: int, now: datetime) -> None:
    """Begin an erasure in every store. Raises Unavailable where one does not answer, before any has begun."""
    marks = {store.name: _answering(store, asked.person) for store in stores}
    for store in stores:
        erasing = Erasing(asked.id, marks[store.name], asked.kind, asked.by)
        start_erasure(store.scripts, erasing, seen_seconds=seen_seconds, now=now)


def _answering(store: Store, person: str) -> bytes:
    with translated():
        store.redis.ping()
    return store.people.mark(person)


def foresee_everywhere(stores: Stores, person: str) -> list[tuple[str, str, Foreseen]]:
    """Of each store its name, the person's mark there (in hex), and what an erasure would find."""
    marks = [(store, store.people.mark(person)) for store in stores]
    return [(store.name, mark.hex(), foresee_erasure(store.redis, mark)) for store, mark in marks]


def read_parts(stores: Stores, erasure_id: str) -> list[Part]:
    """An erasure, as every store knows it. Raises NotFound."""
    return [
        Part(name, record)
        for name, record in found_in(stores, lambda store: read_erasure(store.redis, erasure_id))
    ]


def gone_everywhere(stores: Stores, erasure_id: str) -> list[Gone]:
    """The first events that it erased in each store, the oldest first."""
    gone = [one for store in stores for one in read_gone(store.redis, erasure_id)]
    return sorted(gone, key=lambda one: one.id)


def erasures_of_all(stores: Stores) -> list[Sequence[Part]]:
    """The newest fifty, newest first."""
    parts: dict[str, list[Part]] = {}
    for store in stores:
        for record in list_erasures(store.redis):
            parts.setdefault(record.erasing.id, []).append(Part(store.name, record))
    return [parts[erasure_id] for erasure_id in sorted(parts, reverse=True)[:SHOWN]]
