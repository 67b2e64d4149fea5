"""The background job that erases a person's data, in steps of half a second."""

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
    read_names,
    read_remaining_ids,
    rewrite_append_only_file,
    save_waiting_count,
)
from relay.store.stores import Store

_TURN_MILLISECONDS = 900
_STEP = timedelta(milliseconds=500)
"""Duration of a step. It is shorter than a turn, so that the store has time for other work in between."""
_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class ErasureContext:
    """What the job needs to erase data in one store."""

    store: Store
    now: Callable[[], datetime]
    keep_seconds: int
    """How long the emptied record of an erased event is kept."""
    record_seconds: int
    """How long the record of the erasure itself is kept."""


def step(context: ErasureContext) -> list[str]:
    """Run one step of every open erasure, unless another worker is doing so. Returns the ids of those that ended."""
    if not acquire_erasure_turn(context.store.redis, context.store.scripts, milliseconds=_TURN_MILLISECONDS):
        return []
    store, until = context.store, context.now() + _STEP
    finished = [
        record.erasure for record in list_open_erasures(store.redis) if _erase_records(context, record, until)
    ]
    if not finished:
        return []
    # Messages in other records may quote the person. One scan of them serves all erasures.
    scrub_texts(store.scripts, store.redis, lambda text: _mentions(store, finished, text))
    # Redis's append-only file contains erased data until it is rewritten.
    rewrite = rewrite_append_only_file(store.redis)
    if rewrite is None:
        # Redis is still rewriting the file from before the erasure: try again in the next step.
        return []
    for erasure in finished:
        end_erasure(store.scripts, erasure.id, keep_seconds=context.record_seconds, rewrite=rewrite)
    return [erasure.id for erasure in finished]


def _erase_records(context: ErasureContext, record: ErasureRecord, until: datetime) -> bool:
    """Erase a person's records page by page. Returns True when none is left."""
    store, erasure = context.store, record.erasure
    last_id, sending = "", 0
    while page := read_remaining_ids(store.redis, erasure.mark, after=last_id, most=_PAGE_SIZE):
        if context.now() >= until:
            return False
        results = [_erase(context, erasure, record_id) for record_id in page]
        sending += results.count(EraseResult.SENDING)
        last_id = page[-1]
    # A worker is sending these events: the next step erases them.
    if sending != record.waiting:
        save_waiting_count(store.redis, erasure.id, sending)
    return sending == 0


def _erase(context: ErasureContext, erasure: Erasure, record_id: str) -> EraseResult:
    store = context.store
    # The name under which duplicates are detected may itself contain personal data: an alias replaces it. So may the
    # eventId alone, if a replay mapped the event again.
    dedupe, event_id = read_names(store.redis, record_id)
    name = dedupe or (event_id if _names_someone(store, erasure, event_id) else "")
    alias = store.people.alias(name) if name else ""
    return erase_record(store.scripts, erasure, record_id, alias=alias, keep_seconds=context.keep_seconds)


def _names_someone(store: Store, erasure: Erasure, event_id: str) -> bool:
    """True if an eventId contains an address, or the number of the erased person."""
    # Most long numbers in ids are no phone numbers.
    return any(
        "@" in person or store.people.mark(person) == erasure.mark
        for person in find_people_in_sentence(event_id)
    )


def _mentions(store: Store, erasures: Sequence[Erasure], text: str) -> bool:
    marks = {store.people.mark(person) for person in find_people_in_sentence(text)}
    return not marks.isdisjoint(erasure.mark for erasure in erasures)
