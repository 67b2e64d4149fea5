"""Events: read one, list a page of them, find duplicates, replay one and discard one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import Redis

from relay.core.errors import Conflict, NotFound
from relay.core.ids import earliest_id
from relay.core.lifecycle import DeadLetterReason, State
from relay.store.engine import keys
from relay.store.engine.compression import DEFAULT_CONTENT_TYPE, is_delta, unpack
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.index_scan import IdRange, Index, PrefixedEntries, scan_newest
from relay.store.engine.redis_time import SECOND
from relay.store.engine.rq_jobs import job_data, job_timestamp
from relay.store.engine.scripts import Scripts
from relay.store.person_index import PersonMarker

_PAGE = 200
MAX_SCANNED = 2_000
"""With several filters, one index is scanned and the others are checked on each event: at most this many for a page."""

_MAX_PERSON_ENTRIES = 1_000
"""A scan of this many entries ends without a cursor. With more, a source's own events are scanned instead."""

_MAX_CLUSTERS = 500
"""With more clusters than this, a filter by reason scans all dead letters instead of the clusters."""

SUMMARY_FIELDS = [
    "state",
    "source",
    "destination",
    "company",
    "event_id",
    "masked_id",
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
    "cluster",
    "replays",
]
"""The fields that a list shows of an event. Never its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to list. None means any."""

    destination: str | None = None
    source: str | None = None
    status: State | None = None
    event_id: str | None = None
    """Gong's eventId. One that the sender chose is also found with the source's name in front of it."""
    request_id: str | None = None
    """Gong's requestId."""
    since: datetime | None = None
    """Inclusive."""
    until: datetime | None = None
    """Exclusive."""
    reason: DeadLetterReason | None = None
    """Only dead letters have a reason and a cluster."""
    cluster: str | None = None
    """A fingerprint."""
    person: str | None = None
    """Someone whose data they contain, in a form of `relay.core.personal_data`."""
    own_only: bool = False
    """Scan nothing but the events of `source`, so that no cursor reveals an event of another source."""

    def id_range(self, cursor: str | None = None) -> IdRange:
        """Return the ids within `since` and `until` that come after the cursor."""
        ends = [earliest_id(self.until)] if self.until else []
        top = min([*ends, cursor] if cursor else ends, default="")
        return IdRange(top, earliest_id(self.since) if self.since else "")


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, newest first. The next page continues at `cursor`; None means that there are no more."""

    events: list[dict[str, str]]
    cursor: str | None


def read_event(redis: Redis, event_id: str) -> dict[str, bytes] | None:
    """Return an event's whole record, with its attempts in the fields `try:<number>`, or None if there is no event."""
    with redis_errors_as_unavailable():
        record: dict[bytes, bytes] = redis.hgetall(keys.EVENT + event_id)  # type: ignore[assignment]
        if (body := record.get(b"body")) is not None:
            record[b"body"] = unpack(body, _request_bytes(redis, record) if is_delta(body) else b"")
    return {name.decode(): value for name, value in record.items()} or None


def _request_bytes(redis: Redis, record: Mapping[bytes, bytes]) -> bytes:
    """Return the request's compressed bytes, which the event's body continues."""
    raw: Any = redis.hget(keys.RECEIPT + record[b"receipt"].decode(), "raw")
    return raw or b""


def read_receipt(redis: Redis, receipt_id: str) -> dict[str, bytes] | None:
    """Return the whole record of a receipt, with its raw bytes, or None if there is no such receipt."""
    with redis_errors_as_unavailable():
        record: dict[bytes, bytes] = redis.hgetall(keys.RECEIPT + receipt_id)  # type: ignore[assignment]
    if b"raw" in record:
        record[b"raw"] = unpack(record[b"raw"])
        record.setdefault(b"content_type", DEFAULT_CONTENT_TYPE.encode())
    return {name.decode(): value for name, value in record.items()} or None


def list_events(
    redis: Redis,
    wanted: EventFilter,
    *,
    limit: int,
    cursor: str | None,
    people: PersonMarker | None = None,
) -> EventPage:
    """Return a page of at most `limit` events, newest first, after `cursor`.

    `people` makes the marks of this store; without it, a filter by person finds nothing.
    """
    mark = people.mark(wanted.person) if people and wanted.person is not None else None
    with redis_errors_as_unavailable():
        if mark is not None:
            return _scan_person(redis, wanted, person_entries(mark), limit=limit, cursor=cursor)
        if wanted.event_id is not None:
            return _single_page(
                redis, _find_by_event_id(redis, wanted.event_id, wanted.source, people), wanted
            )
        if wanted.request_id is not None:
            return _single_page(redis, [redis.get(keys.BY_REQUEST_ID + wanted.request_id)], wanted)
        return _scan_page(redis, wanted, _indexes(redis, wanted), limit=limit, cursor=cursor)


def person_entries(mark: bytes) -> PrefixedEntries:
    """Return the index entries of the events and receipts that contain a person's data."""
    return PrefixedEntries(f"{keys.PERSON_INDEX}{mark[:2].hex()}", mark)


def _scan_person(
    redis: Redis, wanted: EventFilter, entries: PrefixedEntries, *, limit: int, cursor: str | None
) -> EventPage:
    """Return a page of the events in a person's index entries."""
    if wanted.own_only:
        low, high = b"[" + entries.prefix, b"(" + entries.prefix + b"\xff"
        if redis.zrange(entries.key, low, high, bylex=True, offset=_MAX_PERSON_ENTRIES, num=1):
            return _scan_page(
                redis,
                wanted,
                [f"{keys.BY_SOURCE}{wanted.source}"],
                limit=limit,
                cursor=cursor,
                within=entries,
            )
    return _scan_page(redis, wanted, [entries], limit=limit, cursor=cursor)


def _find_by_event_id(
    redis: Redis, event_id: str, source: str | None, people: PersonMarker | None
) -> list[Any]:
    # Usually the eventId is the dedupe name, so most events need no second index. An event whose id another source had sent
    # before has the prefix of its source in Gong, but its sender knows the id without.
    names = [event_id, *([f"{source}:{event_id}"] if source else [])]
    aliases = [people.lookup_aliases(name) if people else ("", "") for name in names]
    dedupe_names = filter(None, (*names, *(alias for alias, _ in aliases)))
    indexed_ids = filter(None, (event_id, aliases[0][1]))
    pipeline = redis.pipeline(transaction=False)
    for name in dedupe_names:
        pipeline.get(keys.DEDUPE + name)
    for name in indexed_ids:
        pipeline.smembers(keys.BY_EVENT_ID + name)
    # A GET returns one id or None, SMEMBERS a set.
    return [pointer for row in pipeline.execute() for pointer in (row if isinstance(row, set) else [row])]


def _single_page(redis: Redis, pointers: Sequence[Any], wanted: EventFilter) -> EventPage:
    """Return all events that the pointers lead to, on one page. A pointer may be None."""
    found_ids = {pointer.decode() for pointer in pointers if pointer}
    # The lookup ignores the dates, so they are compared here.
    ids = sorted(filter(wanted.id_range().contains, found_ids), reverse=True)
    return EventPage([event for event in _summaries(redis, ids) if _matches(event, wanted)], None)


def _scan_page(  # noqa: PLR0913 - a page has two ends, and an index may narrow others
    redis: Redis,
    wanted: EventFilter,
    indexes: Sequence[Index],
    *,
    limit: int,
    cursor: str | None,
    within: PrefixedEntries | None = None,
) -> EventPage:
    """Return a page of the events in the indexes, and `within` this one too, that match the filter.

    Stops after MAX_SCANNED events.
    """
    events: list[dict[str, str]] = []
    scanned, last = 0, None
    # One event more than `limit` shows that there is another page.
    for batch, more in scan_newest(redis, indexes, wanted.id_range(cursor), first=limit + 1):
        for start in range(0, len(batch), max(limit + 1, _PAGE)):
            ids = batch[start : start + max(limit + 1, _PAGE)][: MAX_SCANNED - scanned]
            present = _filter_present(redis, ids, within) if within else ids
            events += [event for event in _summaries(redis, present) if _matches(event, wanted)]
            scanned, last = scanned + len(ids), ids[-1]
            if len(events) > limit:
                return EventPage(events[:limit], events[limit - 1]["id"])
            if scanned == MAX_SCANNED:
                return EventPage(events, last if more or last != batch[-1] else None)
        if not more:
            return EventPage(events, None)
    return EventPage(events, last)


def _filter_present(redis: Redis, ids: Sequence[str], entries: PrefixedEntries) -> list[str]:
    """Return the ids that are among the entries."""
    pipeline = redis.pipeline(transaction=False)
    for event_id in ids:
        pipeline.zscore(entries.key, entries.prefix + event_id.encode())
    return [event_id for event_id, score in zip(ids, pipeline.execute(), strict=True) if score is not None]


def _indexes(redis: Redis, wanted: EventFilter) -> list[str]:
    """Return the sorted sets that together hold every event that may match."""
    if wanted.own_only:
        return [f"{keys.BY_SOURCE}{wanted.source}"]
    if wanted.cluster is not None:
        return [keys.CLUSTER + wanted.cluster]
    if wanted.reason is not None and (clusters := _clusters(redis, wanted.reason)) is not None:
        return clusters
    status = wanted.status if wanted.reason is None else State.DEAD
    if wanted.destination is None and status is None:
        return [keys.EVENTS if wanted.source is None else keys.BY_SOURCE + wanted.source]
    # No index has one state of all destinations: every event would have to be in it too.
    states: Sequence[State] = list(State) if status is None else [status]
    names = [wanted.destination] if wanted.destination is not None else list_destination_names(redis)
    return [f"{keys.BY_STATE}{name}:{state}" for name in names for state in states]


def _clusters(redis: Redis, reason: DeadLetterReason) -> list[str] | None:
    """Return the clusters with this reason, or None if there are too many clusters to read each."""
    # ZREVRANGE includes both ends, so this reads one more than the limit.
    fingerprints: Any = redis.zrevrange(keys.CLUSTERS, 0, _MAX_CLUSTERS)
    if len(fingerprints) > _MAX_CLUSTERS:
        return None
    names = [name.decode() for name in fingerprints]
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hget(keys.CLUSTER_INFO + name, "reason")
    rows = zip(names, pipeline.execute(), strict=True)
    return [keys.CLUSTER + name for name, cluster_reason in rows if cluster_reason == reason.encode()]


def _summaries(redis: Redis, ids: Sequence[str]) -> list[dict[str, str]]:
    pipeline = redis.pipeline(transaction=False)
    for event_id in ids:
        pipeline.hmget(keys.EVENT + event_id, SUMMARY_FIELDS)
    rows: list[list[bytes | None]] = pipeline.execute()
    return [
        {"id": event_id}
        | {name: value.decode() for name, value in zip(SUMMARY_FIELDS, row, strict=True) if value is not None}
        for event_id, row in zip(ids, rows, strict=True)
        # Without a state the record has expired or the id is a receipt's.
        if row[0] is not None
    ]


def _matches(event: Mapping[str, str], wanted: EventFilter) -> bool:
    expected = {
        "destination": wanted.destination,
        "source": wanted.source,
        "state": wanted.status,
        "reason": wanted.reason,
        "cluster": wanted.cluster,
    }
    if wanted.person is not None:
        # Without a person these two are looked up directly, so they need no check.
        expected |= {"event_id": wanted.event_id, "request_id": wanted.request_id}
    # A replayed event may keep the fields of its last failure.
    if (wanted.reason or wanted.cluster) and event["state"] != State.DEAD:
        return False
    return all(value is None or event.get(name) == value for name, value in expected.items())


def list_destination_names(redis: Redis) -> list[str]:
    """Return every destination that ever had an event, by name."""
    names: Any = redis.smembers(keys.DESTINATIONS)
    return sorted(name.decode() for name in names)


def find_duplicates(redis: Redis, names: Sequence[str], people: PersonMarker) -> list[str]:
    """Return the ids of the events that have one of these dedupe names. Their records may have been pruned."""
    stored_names = [key for name in names for key in (name, people.lookup_aliases(name)[0]) if key]
    if not stored_names:
        return []
    with redis_errors_as_unavailable():
        ids: Any = redis.mget([keys.DEDUPE + name for name in stored_names])
    return list(dict.fromkeys(event_id.decode() for event_id in ids if event_id))


def replay_event(
    scripts: Scripts, event_id: str, *, now: datetime, fields: Mapping[str, str | bytes] | None = None
) -> None:
    """Replay a dead letter or a discarded event. `fields` are set on it if it was mapped again.

    Raises NotFound, or Conflict if it is in another state, was never mapped, or its data was deleted.
    """
    changes = [part for pair in (fields or {}).items() for part in pair]
    with redis_errors_as_unavailable():
        is_done, state = scripts.run("replay", event_id, job_timestamp(now), job_data(event_id), *changes)
    if state == b"data_deleted":
        raise data_deleted_error()
    _raise_unless_done(
        event_id,
        is_done=bool(is_done),
        state=state.decode(),
        verb="replayed",
        allowed="a dead letter or a discarded event",
    )


def data_deleted_error() -> Conflict:
    """Return the error for an event that cannot be replayed, because an operator discarded it with its data."""
    text = (
        "An operator discarded this event, which deleted its data, so it cannot be replayed. Have its sender send it again "
        "under a new id: under the old one, it is answered as a duplicate."
    )
    return Conflict("data_deleted", text)


def discard_event(scripts: Scripts, event_id: str, *, keep_seconds: int, keep_data: bool = False) -> None:
    """Discard an event and delete its data: its body, and its request when no other event needs that.

    With `keep_data`, the event can be replayed. What is left of it is kept for `keep_seconds`. Raises NotFound, or Conflict
    if it is being sent or has ended.
    """
    with redis_errors_as_unavailable():
        is_done, state = scripts.run("discard", event_id, keep_seconds * SECOND, int(keep_data))
    allowed = "an event that is aggregating, queued, retrying, on hold or a dead letter"
    _raise_unless_done(
        event_id, is_done=bool(is_done), state=state.decode(), verb="discarded", allowed=allowed
    )


def _raise_unless_done(event_id: str, *, is_done: bool, state: str, verb: str, allowed: str) -> None:
    if is_done:
        return
    if not state:
        raise NotFound(
            "no_such_event", f"There is no event {event_id}: the id is wrong, or its record was pruned."
        )
    raise Conflict("wrong_state", f"Event {event_id} is {state}. Only {allowed} can be {verb}.")
