"""Erasure jobs in the store: preview, start, advance and end them, in one store or in all.

An erasure identifies its person by a mark and never by the address, so its record may be kept. What it has erased leaves
the index of that mark. So any worker can continue with what is left, and two at once do nothing twice.
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
"""Events that an erasure's record lists. More are only counted."""

REWRITE_STARTED, NO_REWRITE_NEEDED = "started", "none"
"""Results of `rewrite_append_only_file` that need no action by the operator."""

_MAX_PREVIEWED = 10_000
_STATE = "state:"

_ERASURES = JobRecords(keys.ERASURE, keys.ERASURES, keys.ERASURES_OPEN, keys.ERASURES_LOCK)


class EraseResult(StrEnum):
    """What `erase_record` did."""

    ERASED = "erased"
    SENDING = "sending"
    NEWER = "newer"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure in one store. `kind` is how the person was identified: email or phone."""

    id: str
    mark: bytes
    kind: str
    requested_by: str


@dataclass(frozen=True, slots=True)
class ErasedEvent:
    """One event that was erased. `request_id` is Gong's requestId; empty if Gong does not have the event."""

    id: str
    state_before: State
    destination: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRecord:
    """An erasure in one store and its progress."""

    erasure: Erasure
    counts: Mapping[State, int]
    """Erased events, by the state that they had."""
    receipts: int
    waiting: int
    """Events that are being sent now. They are erased after that."""
    rewrite: str
    """The state of the append-only file's rewrite; empty before it."""
    requested_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """What an erasure would erase: events by state, and the stored bytes of requests. With `at_least`, there are more."""

    counts: Mapping[State, int]
    receipts: int
    at_least: bool


def start_erasure(scripts: Scripts, erasure: Erasure, *, dedupe_seconds: int, now: datetime) -> None:
    """Start an erasure in one store. For `dedupe_seconds`, older data of the person is not accepted again."""
    arguments = (erasure.id, erasure.mark, erasure.requested_by, erasure.kind)
    with redis_errors_as_unavailable():
        scripts.run("erase_start", *arguments, dedupe_seconds, int(now.timestamp() * SECOND))


def read_remaining_ids(redis: Redis, mark: bytes, *, after: str, most: int) -> list[str]:
    """Return the next ids of events and receipts that contain the person's data, oldest first."""
    entries = person_entries(mark)
    # An erased id leaves the index. So the cursor only skips events that are being sent.
    low, high = b"(" + mark + after.encode() if after else b"[" + mark, b"(" + mark + b"\xff"
    with redis_errors_as_unavailable():
        members: Any = redis.zrange(entries.key, low, high, bylex=True, offset=0, num=most)
    return [member[MARK_BYTES:].decode() for member in members]


def read_names(redis: Redis, event_id: str) -> tuple[str, str]:
    """Return an event's dedupe name if that contains personal data itself, and its eventId; "" for what it lacks."""
    with redis_errors_as_unavailable():
        names: Any = redis.hmget(keys.EVENT + event_id, "dedupe", "event_id")
    return (names[0] or b"").decode(), (names[1] or b"").decode()


def erase_record(
    scripts: Scripts, erasure: Erasure, record_id: str, *, alias: str, keep_seconds: int
) -> EraseResult:
    """Erase one event or receipt. What is left of it is kept for `keep_seconds`."""
    with redis_errors_as_unavailable():
        result = scripts.run(
            "erase_record",
            erasure.id,
            record_id,
            erasure.mark,
            alias,
            keep_seconds * SECOND,
            MAX_NAMED_EVENTS,
        )
    return EraseResult(result.decode())


def save_waiting_count(redis: Redis, erasure_id: str, waiting: int) -> None:
    """Record how many events are being sent now. They are erased after that."""
    with redis_errors_as_unavailable():
        redis.hset(keys.ERASURE + erasure_id, "waiting", str(waiting))


def end_erasure(scripts: Scripts, erasure_id: str, *, keep_seconds: int, rewrite: str) -> None:
    """End an erasure that has nothing left. `rewrite` is the result of `rewrite_append_only_file`."""
    with redis_errors_as_unavailable():
        scripts.run("erase_end", erasure_id, keep_seconds, rewrite)


def rewrite_append_only_file(redis: Redis) -> str | None:
    """Make Redis rewrite its append-only file without the erased data.

    Returns `started`, `none` (Redis writes no such file), or Redis's error. None: an earlier rewrite is still running, so
    call again later.
    """
    # "?" means unknown. Then the rewrite is tried.
    if read_durability(redis).appendonly == "no":
        return NO_REWRITE_NEEDED
    try:
        redis.bgrewriteaof()
    except ResponseError as error:
        # Redis runs one rewrite at a time. One that started earlier may still copy the erased data.
        return None if "in progress" in str(error) else str(error)[:200]
    return REWRITE_STARTED


def acquire_erasure_turn(redis: Redis, scripts: Scripts, *, milliseconds: int) -> bool:
    """True if this worker should run a step of the erasures now. One worker gets a turn per `milliseconds`."""
    return _ERASURES.may_step(redis, scripts, milliseconds=milliseconds)


def list_open_erasures(redis: Redis) -> list[ErasureRecord]:
    """Return the erasures that have not ended, oldest first."""
    return [_record(*row) for row in _ERASURES.open_rows(redis)]


def list_erasures(redis: Redis) -> list[ErasureRecord]:
    """Return the newest fifty of one store, newest first."""
    return [_record(*row) for row in _ERASURES.newest_rows(redis)]


def read_erasure(redis: Redis, erasure_id: str) -> ErasureRecord:
    """Return one erasure in one store. Raises NotFound."""
    row = _ERASURES.row(redis, erasure_id)
    if row is None:
        raise erasure_not_found(erasure_id)
    return _record(*row)


def read_erased_events(redis: Redis, erasure_id: str) -> list[ErasedEvent]:
    """Return the first events that an erasure erased in one store."""
    with redis_errors_as_unavailable():
        lines: Any = redis.lrange(keys.ERASURE_EVENTS + erasure_id, 0, -1)
    # Only Gong's requestId comes from outside, so it is last and may contain the separator.
    rows = [line.decode().split("|", 3) for line in lines]
    return [
        ErasedEvent(event_id, State(state), destination, request_id)
        for event_id, state, destination, request_id in rows
    ]


def erasure_not_found(erasure_id: str) -> NotFound:
    return NotFound(
        "no_such_erasure", f"There is no erasure {erasure_id}: the id is wrong, or it ended long ago."
    )


def preview_erasure(redis: Redis, mark: bytes) -> ErasurePreview:
    """Return what an erasure would erase now in one store. Changes nothing."""
    # One more than the limit shows whether there are more.
    ids = read_remaining_ids(redis, mark, after="", most=_MAX_PREVIEWED + 1)
    counted = ids[:_MAX_PREVIEWED]
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for record_id in counted:
            pipeline.hmget(keys.EVENT + record_id, "state", "receipt")
        rows: list[list[bytes | None]] = pipeline.execute()
        # An id without a state is a receipt. Several events may have come in one request.
        named = zip(counted, rows, strict=True)
        receipts = dict.fromkeys(receipt.decode() if receipt else name for name, (_, receipt) in named)
        for receipt_id in receipts:
            pipeline.hexists(keys.RECEIPT + receipt_id, "raw")
        stored = sum(pipeline.execute())
    by_state = Counter(State(state.decode()) for state, _ in rows if state)
    return ErasurePreview(dict(by_state), stored, len(ids) > _MAX_PREVIEWED)


def _record(erasure_id: str, row: Mapping[bytes, bytes]) -> ErasureRecord:
    # The mark is eight arbitrary bytes; all other fields are text.
    fields = {name.decode(): value.decode() for name, value in row.items() if name != b"mark"}
    return ErasureRecord(
        erasure=Erasure(erasure_id, row[b"mark"], fields["kind"], fields["requested_by"]),
        counts={
            State(name.removeprefix(_STATE)): int(fields[name])
            for name in sorted(fields)
            if name.startswith(_STATE)
        },
        receipts=int(fields["receipts"]),
        waiting=int(fields.get("waiting", "0")),
        rewrite=fields.get("rewrite", ""),
        requested_at=to_datetime(fields["requested_at"]),
        ended_at=to_datetime(fields["ended_at"]) if "ended_at" in fields else None,
    )


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """A request to erase a person, given in a form of `relay.core.personal_data`. `kind` is email or phone."""

    id: str
    person: str
    kind: str
    requested_by: str


@dataclass(frozen=True, slots=True)
class ErasurePart:
    """An erasure in one store."""

    store: str
    record: ErasureRecord


def start_erasure_in_all_stores(
    stores: Stores, request: ErasureRequest, *, dedupe_seconds: int, now: datetime
) -> None:
    """Start an erasure in every store, under the same id. Raises Unavailable if a store does not answer; then none starts."""
    # All stores are checked before the first erasure starts, so that a store that is down cannot leave it half started.
    marks = {store.name: _check_and_mark(store, request.person) for store in stores}
    for store in stores:
        erasure = Erasure(request.id, marks[store.name], request.kind, request.requested_by)
        start_erasure(store.scripts, erasure, dedupe_seconds=dedupe_seconds, now=now)


def _check_and_mark(store: Store, person: str) -> bytes:
    with redis_errors_as_unavailable():
        # A mark may come from a key that this process has in memory, so it does not show that the store answers.
        store.redis.ping()
    return store.people.mark(person)


def preview_erasure_in_all_stores(stores: Stores, person: str) -> list[tuple[str, str, ErasurePreview]]:
    """Return for each store its name, the person's mark there (in hex), and what an erasure would erase."""
    marks = [(store, store.people.mark(person)) for store in stores]
    return [(store.name, mark.hex(), preview_erasure(store.redis, mark)) for store, mark in marks]


def read_erasure_parts(stores: Stores, erasure_id: str) -> list[ErasurePart]:
    """Return an erasure in every store that has it. Raises NotFound."""
    return [
        ErasurePart(name, record)
        for name, record in query_stores(stores, lambda store: read_erasure(store.redis, erasure_id))
    ]


def read_erased_events_in_all_stores(stores: Stores, erasure_id: str) -> list[ErasedEvent]:
    """Return the first events that it erased in each store, oldest first."""
    events = [event for store in stores for event in read_erased_events(store.redis, erasure_id)]
    return sorted(events, key=lambda event: event.id)


def list_erasures_in_all_stores(stores: Stores) -> list[Sequence[ErasurePart]]:
    """Return the newest fifty of all stores, newest first."""
    parts: dict[str, list[ErasurePart]] = {}
    for store in stores:
        for record in list_erasures(store.redis):
            parts.setdefault(record.erasure.id, []).append(ErasurePart(store.name, record))
    return [parts[erasure_id] for erasure_id in sorted(parts, reverse=True)[:NEWEST_LIMIT]]
