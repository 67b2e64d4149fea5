"""Erasing a person's data, step by step: every event and receipt that tells of them, then the texts beside these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.core.personal_data import find_people_in_sentence
from relay.store.erasure_scrub import scrub_texts
from relay.store.erasures import (
    EraseResult,
    Erasure,
    ErasureRecord,
    acquire_erasure_turn,
    end_erasure,
    erase_record,
    list_open_erasures,
    read_dedupe_name,
    read_remaining_ids,
    rewrite_append_only_file,
    save_waiting_count,
)
from relay.store.stores import Store

_STEP_MILLISECONDS = 900
_STEP = timedelta(milliseconds=500)
"""How long one step goes on: it leaves the store room for everybody else."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class ErasureContext:
    """What erasing needs, in one store: how long what is left of an event is kept, and the record of an erasure."""

    store: Store
    now: Callable[[], datetime]
    keep_seconds: int
    record_seconds: int


def step(eraser: ErasureContext) -> list[str]:
    """Bring every open erasure forward, if nobody else does so just now. Returns the ids of those that ended."""
    if not acquire_erasure_turn(eraser.store.redis, milliseconds=_STEP_MILLISECONDS):
        return []
    store, until = eraser.store, eraser.now() + _STEP
    ready = [record.erasure for record in list_open_erasures(store.redis) if _emptied(eraser, record, until)]
    if not ready:
        return []
    scrub_texts(store.scripts, store.redis, lambda text: _tells(store, ready, text))
    rewrite = rewrite_append_only_file(store.redis)
    if rewrite is None:
        return []
    for erasing in ready:
        end_erasure(store.scripts, erasing.id, keep_seconds=eraser.record_seconds, rewrite=rewrite)
    return [erasing.id for erasing in ready]


def _emptied(eraser: ErasureContext, record: ErasureRecord, until: datetime) -> bool:
    """One erasure, once through all that is left. Whether nothing is."""
    store, erasing = eraser.store, record.erasure
    after, waits = "", 0
    while page := read_remaining_ids(store.redis, erasing.mark, after=after, most=_PAGE):
        if eraser.now() >= until:
            return False
        waits += sum(_one(eraser, erasing, one) is EraseResult.SENDING for one in page)
        after = page[-1]
    if waits != record.waits:
        save_waiting_count(store.redis, erasing.id, waits)
    return waits == 0


def _one(eraser: ErasureContext, erasing: Erasure, one: str) -> EraseResult:
    store = eraser.store
    name = read_dedupe_name(store.redis, one)
    alias = store.people.alias(name) if name else ""
    return erase_record(store.scripts, erasing, one, alias=alias, keep_seconds=eraser.keep_seconds)


def _tells(store: Store, erasings: Sequence[Erasure], text: str) -> bool:
    told = {store.people.mark(person) for person in find_people_in_sentence(text)}
    return not told.isdisjoint(erasing.mark for erasing in erasings)
