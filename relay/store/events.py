"""Reading events: one whole, or a page of them, newest first, without ever scanning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from redis import Redis

from relay.core.lifecycle import State
from relay.store import keys
from relay.store.connection import translated
from relay.store.packing import USUAL_TYPE, goes_on, unpack

_PAGE = 200
_MOST_LOOKED_AT = 5_000
"""Where two filters meet, one index is walked and the other filter read from the events: no further than this a page."""

SUMMARY = [
    "state",
    "source",
    "destination",
    "company",
    "event_id",
    "type",
    "operation",
    "received_at",
    "changed_at",
    "ended_at",
    "due_at",
    "attempts",
    "request_id",
    "reason",
    "detail",
    "replays",
]
"""What a list shows of an event. Never its body."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events. None = any. `request_id` is Gong's requestId.

    `event_id` is Gong's eventId. One that its sender chose is found by the source's name in front of it too.
    """

    destination: str | None = None
    source: str | None = None
    status: State | None = None
    event_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first. `cursor` continues after them; None = there are no more."""

    events: list[dict[str, str]]
    cursor: str | None


def read_event(redis: Redis, event_id: str) -> dict[str, bytes] | None:
    """The whole record of one event, its tries among the fields as `try:<n>`; None when there is none."""
    with translated():
        record: dict[bytes, bytes] = redis.hgetall(keys.EVENT + event_id)  # type: ignore[assignment]
        if (body := record.get(b"body")) is not None:
            record[b"body"] = unpack(body, _beginning(redis, record) if goes_on(body) else b"")
    return {name.decode(): value for name, value in record.items()} or None


def _beginning(redis: Redis, record: Mapping[bytes, bytes]) -> bytes:
    """What an event's body goes on from: its request's bytes, as they are kept."""
    raw: Any = redis.hget(keys.RECEIPT + record[b"receipt"].decode(), "raw")
    return raw or b""


def read_receipt(redis: Redis, receipt_id: str) -> dict[str, bytes] | None:
    """The whole record of one receipt, raw bytes and all; None when there is none."""
    with translated():
        record: dict[bytes, bytes] = redis.hgetall(keys.RECEIPT + receipt_id)  # type: ignore[assignment]
    if b"raw" in record:
        record[b"raw"] = unpack(record[b"raw"])
        record.setdefault(b"content_type", USUAL_TYPE.encode())
    return {name.decode(): value for name, value in record.items()} or None


def list_events(redis: Redis, wanted: Filter, *, limit: int, cursor: str | None) -> Page:
    """A page of at most `limit` events, newest first, after `cursor`."""
    with translated():
        if wanted.event_id is not None:
            return _few(redis, _with_event_id(redis, wanted.event_id), wanted)
        if wanted.request_id is not None:
            return _few(redis, [redis.get(keys.REQUEST + wanted.request_id)], wanted)
        return _walk(redis, wanted, limit=limit, cursor=cursor)


def _with_event_id(redis: Redis, event_id: str) -> list[Any]:
    named: Any = redis.smembers(keys.NAMED + event_id)
    return [redis.get(keys.SEEN + event_id), *named]


def _few(redis: Redis, found: Sequence[Any], wanted: Filter) -> Page:
    """All that pointers (None: it points nowhere) lead to, on one page."""
    ids = sorted({pointer.decode() for pointer in found if pointer}, reverse=True)
    return Page([event for event in _summaries(redis, ids) if _fits(event, wanted)], None)


def _walk(redis: Redis, wanted: Filter, *, limit: int, cursor: str | None) -> Page:
    candidates = islice(_newest(redis, _indexes(redis, wanted), cursor), _MOST_LOOKED_AT)
    events: list[dict[str, str]] = []
    last = None
    while batch := list(islice(candidates, max(limit, _PAGE))):
        for event in _summaries(redis, batch):
            if _fits(event, wanted):
                if len(events) == limit:
                    return Page(events, last)
                events.append(event)
            last = event["id"]
    more = last if last is not None and next(_newest(redis, _indexes(redis, wanted), last), None) else None
    return Page(events, more)


def _indexes(redis: Redis, wanted: Filter) -> list[str]:
    """The sorted sets that together hold every event that may fit."""
    if wanted.destination is None and wanted.status is None:
        return [keys.ALL if wanted.source is None else keys.SOURCE + wanted.source]
    states: Sequence[State] = list(State) if wanted.status is None else [wanted.status]
    names = [wanted.destination] if wanted.destination is not None else destinations(redis)
    return [f"{keys.AT}{name}:{state}" for name in names for state in states]


def _newest(redis: Redis, indexes: Sequence[str], cursor: str | None) -> Iterator[str]:
    """Ids of several sorted sets as one, newest first."""
    return merge(*(_descend(redis, index, cursor) for index in indexes), reverse=True)


def _descend(redis: Redis, index: str, cursor: str | None) -> Iterator[str]:
    edge = f"({cursor}" if cursor else "+"
    size = 50
    while True:
        found: Any = redis.zrange(index, edge, "-", desc=True, bylex=True, offset=0, num=size)
        yield from (name.decode() for name in found)
        if len(found) < size:
            return
        edge, size = f"({found[-1].decode()}", _PAGE


def _summaries(redis: Redis, ids: Sequence[str]) -> list[dict[str, str]]:
    pipeline = redis.pipeline(transaction=False)
    for event_id in ids:
        pipeline.hmget(keys.EVENT + event_id, SUMMARY)
    rows: list[list[bytes | None]] = pipeline.execute()
    return [
        {"id": event_id}
        | {name: value.decode() for name, value in zip(SUMMARY, row, strict=True) if value is not None}
        for event_id, row in zip(ids, rows, strict=True)
        if row[0] is not None
    ]


def _fits(event: Mapping[str, str], wanted: Filter) -> bool:
    return (
        (wanted.destination is None or event["destination"] == wanted.destination)
        and (wanted.source is None or event["source"] == wanted.source)
        and (wanted.status is None or event["state"] == wanted.status)
    )


def destinations(redis: Redis) -> list[str]:
    """Every destination that ever had an event, by name."""
    names: Any = redis.smembers(keys.DESTINATIONS)
    return sorted(name.decode() for name in names)
