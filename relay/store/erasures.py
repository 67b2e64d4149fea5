"""Erasures in the store: begun, stepped on event by event, ended; each step is whole or not at all.

An erasure is told by its person's mark and never by the address, so that its record may be kept. Whatever it has erased
has left the index of that mark: whoever steps next finds what is left, and two that step at once do nothing twice.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from relay.core.errors import NotFound
from relay.core.lifecycle import State
from relay.store.all_stores import query_stores
from relay.store.engine import keys
from relay.store.engine.background_job import NEWEST_LIMIT, JobRecords
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.durability import read_durability
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts
from relay.store.events import person_entries
from relay.store.person_index import MARK_BYTES
from relay.store.stores import Store, Stores

MAX_NAMED_EVENTS = 10_000
"""Events that a record names. Those beyond are counted."""

REWRITE_STARTED, NO_REWRITE_NEEDED = "started", "none"
"""What became of the append-only file where all is well."""

_MOST_FORESEEN = 10_000
_STATE = "state:"

_ERASURES = JobRecords(keys.ERASURE, keys.ERASURES, keys.ERASURES_OPEN, keys.ERASURES_LOCK)


class EraseResult(StrEnum):
    """What became of one event or receipt of an erasure."""

    ERASED = "erased"
    SENDING = "sending"
    NEWER = "newer"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that is asked for. `kind` is what the person was told by: email or phone."""

    id: str
    mark: bytes
    kind: str
    requested_by: str


@dataclass(frozen=True, slots=True)
class ErasedEvent:
    """What is known of one event that was erased: where it was, and Gong's name for it where Gong has it."""

    id: str
    state_before: State
    destination: str
    request_id: str


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """An erasure in one store, and how far it is. `rewrite` says whether the append-only file is being written anew."""

    erasure: Erasure
    counts: Mapping[State, int]
    receipts: int
    waits: int
    rewrite: str
    asked_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """What an erasure would find: events by state, receipts that only hold bytes. `at_least`: there are more."""

    counts: Mapping[State, int]
    receipts: int
    at_least: bool


def start_erasure(scripts: Scripts, erasing: Erasure, *, seen_seconds: int, now: datetime) -> None:
    """Begin an erasure. From here on nothing older about the person is kept, for so many seconds."""
    told = (erasing.id, erasing.mark, erasing.requested_by, erasing.kind)
    with redis_errors_as_unavailable():
        scripts.run("erase_start", *told, seen_seconds, int(now.timestamp() * SECOND))


def read_remaining_ids(redis: Redis, mark: bytes, *, after: str, most: int) -> list[str]:
    """The next ids of events and receipts that tell of a person, the oldest first."""
    part = person_entries(mark)
    low, high = b"(" + mark + after.encode() if after else b"[" + mark, b"(" + mark + b"\xff"
    with redis_errors_as_unavailable():
        found: Any = redis.zrange(part.key, low, high, bylex=True, offset=0, num=most)
    return [member[MARK_BYTES:].decode() for member in found]


def read_dedupe_name(redis: Redis, event_id: str) -> str | None:
    """The name by which an event is recognised, where that itself tells of a person."""
    with redis_errors_as_unavailable():
        found: Any = redis.hget(keys.EVENT + event_id, "dedupe")
    return found.decode() if found else None


def erase_record(
    scripts: Scripts, erasing: Erasure, one: str, *, alias: str, keep_seconds: int
) -> EraseResult:
    """Erase one event, or one receipt, and keep what is left of it for so long."""
    with redis_errors_as_unavailable():
        told = scripts.run(
            "erase_record", erasing.id, one, erasing.mark, alias, keep_seconds * SECOND, MAX_NAMED_EVENTS
        )
    return EraseResult(told.decode())


def save_waiting_count(redis: Redis, erasure_id: str, waits: int) -> None:
    """Write down how many events are being sent just now, and are erased after that."""
    with redis_errors_as_unavailable():
        redis.hset(keys.ERASURE + erasure_id, "waits", str(waits))


def end_erasure(scripts: Scripts, erasure_id: str, *, keep_seconds: int, rewrite: str) -> None:
    """End an erasure that has nothing left. `rewrite` is what became of the append-only file."""
    with redis_errors_as_unavailable():
        scripts.run("erase_end", erasure_id, keep_seconds, rewrite)


def rewrite_append_only_file(redis: Redis) -> str | None:
    """Have the append-only file written without what was erased: `begun`, `none` (there is no such file), or why not.

    None: one is being written just now, from before. Ask again.
    """
    if read_durability(redis).appendonly == "no":
        return NO_REWRITE_NEEDED
    try:
        redis.bgrewriteaof()
    except ResponseError as error:
        return None if "in progress" in str(error) else str(error)[:200]
    return REWRITE_STARTED


def acquire_erasure_turn(redis: Redis, *, milliseconds: int) -> bool:
    """Whether this worker is the one to erase now. True for one worker in so many milliseconds."""
    return _ERASURES.may_step(redis, milliseconds=milliseconds)


def list_open_erasures(redis: Redis) -> list[ErasureRecord]:
    """Those that have not ended, oldest first."""
    return [_record(*row) for row in _ERASURES.open_rows(redis)]


def list_erasures(redis: Redis) -> list[ErasureRecord]:
    """The newest fifty, newest first."""
    return [_record(*row) for row in _ERASURES.newest_rows(redis)]


def read_erasure(redis: Redis, erasure_id: str) -> ErasureRecord:
    """One erasure. Raises NotFound."""
    row = _ERASURES.row(redis, erasure_id)
    if row is None:
        raise erasure_not_found(erasure_id)
    return _record(*row)


def read_erased_events(redis: Redis, erasure_id: str) -> list[ErasedEvent]:
    """The first events that an erasure erased."""
    with redis_errors_as_unavailable():
        found: Any = redis.lrange(keys.ERASURE_EVENTS + erasure_id, 0, -1)
    rows = [row.decode().split("|", 3) for row in found]
    return [ErasedEvent(one, State(was), destination, request) for one, was, destination, request in rows]


def erasure_not_found(erasure_id: str) -> NotFound:
    return NotFound(
        "no_such_erasure", f"There is no erasure {erasure_id}: the id is wrong, or it ended long ago."
    )


def preview_erasure(redis: Redis, mark: bytes) -> ErasurePreview:
    """What an erasure would find now. Changes nothing."""
    ids = read_remaining_ids(redis, mark, after="", most=_MOST_FORESEEN + 1)
    counted = ids[:_MOST_FORESEEN]
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for one in counted:
            pipeline.hget(keys.EVENT + one, "state")
        states: list[bytes | None] = pipeline.execute()
    known = Counter(State(state.decode()) for state in states if state)
    return ErasurePreview(dict(known), len(counted) - known.total(), len(ids) > _MOST_FORESEEN)


def _record(erasure_id: str, row: Mapping[bytes, bytes]) -> ErasureRecord:
    told = {name.decode(): value.decode() for name, value in row.items() if name != b"mark"}
    erasing = Erasure(erasure_id, row[b"mark"], told["kind"], told["requested_by"])
    return ErasureRecord(
        erasing,
        {
            State(name.removeprefix(_STATE)): int(told[name])
            for name in sorted(told)
            if name.startswith(_STATE)
        },
        int(told["receipts"]),
        int(told.get("waits", "0")),
        told.get("rewrite", ""),
        to_datetime(told["requested_at"]),
        to_datetime(told["ended_at"]) if "ended_at" in told else None,
    )


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
