"""Reading events: one whole, or a page of them, newest first, without ever scanning."""

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

_PAGE = 200
MAX_SCANNED = 2_000
"""Where two filters meet, one index is walked and the other filter read from the events: no further than this a page."""

_MOST_CLUSTERS = 500
"""With more faults than this a reason is looked for among all dead letters."""

SUMMARY_FIELDS = [
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
    "cluster",
    "replays",
]
"""What a list shows of an event. Never its body."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events. None = any. `request_id` is Gong's requestId; `since` is within and `until` without.

    `event_id` is Gong's eventId. One that its sender chose is found by the source's name in front of it too. Only dead
    letters have a `reason` and a `cluster`: the fingerprint of their fault. `person` is somebody whom they tell of, in a
    form of `relay.core.personal_data`.
    """

    destination: str | None = None
    source: str | None = None
    status: State | None = None
    event_id: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: DeadLetterReason | None = None
    cluster: str | None = None
    person: str | None = None

    def id_range(self, cursor: str | None = None) -> IdRange:
        """The ids that its moments and the page before leave."""
        ends = [earliest_id(self.until)] if self.until else []
        top = min([*ends, cursor] if cursor else ends, default="")
        return IdRange(top, earliest_id(self.since) if self.since else "")


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, newest first. `cursor` continues after them; None = there are no more."""

    events: list[dict[str, str]]
    cursor: str | None


def read_event(redis: Redis, event_id: str) -> dict[str, bytes] | None:
    """The whole record of one event, its tries among the fields as `try:<n>`; None when there is none."""
    with redis_errors_as_unavailable():
        record: dict[bytes, bytes] = redis.hgetall(keys.EVENT + event_id)  # type: ignore[assignment]
        if (body := record.get(b"body")) is not None:
            record[b"body"] = unpack(body, _beginning(redis, record) if is_delta(body) else b"")
    return {name.decode(): value for name, value in record.items()} or None


def _beginning(redis: Redis, record: Mapping[bytes, bytes]) -> bytes:
    """What an event's body goes on from: its request's bytes, as they are kept."""
    raw: Any = redis.hget(keys.RECEIPT + record[b"receipt"].decode(), "raw")
    return raw or b""


def read_receipt(redis: Redis, receipt_id: str) -> dict[str, bytes] | None:
    """The whole record of one receipt, raw bytes and all; None when there is none."""
    with redis_errors_as_unavailable():
        record: dict[bytes, bytes] = redis.hgetall(keys.RECEIPT + receipt_id)  # type: ignore[assignment]
    if b"raw" in record:
        record[b"raw"] = unpack(record[b"raw"])
        record.setdefault(b"content_type", DEFAULT_CONTENT_TYPE.encode())
    return {name.decode(): value for name, value in record.items()} or None


def list_events(
    redis: Redis, wanted: EventFilter, *, limit: int, cursor: str | None, mark: bytes | None = None
) -> EventPage:
    """A page of at most `limit` events, newest first, after `cursor`. `mark` is that of the person wanted, in this store."""
    with redis_errors_as_unavailable():
        if mark is not None:
            return _walk(redis, wanted, [person_entries(mark)], limit=limit, cursor=cursor)
        if wanted.event_id is not None:
            return _few(redis, _with_event_id(redis, wanted.event_id), wanted)
        if wanted.request_id is not None:
            return _few(redis, [redis.get(keys.BY_REQUEST_ID + wanted.request_id)], wanted)
        return _walk(redis, wanted, _indexes(redis, wanted), limit=limit, cursor=cursor)


def person_entries(mark: bytes) -> PrefixedEntries:
    """Where the events lie that tell of a person, and the receipts."""
    return PrefixedEntries(f"{keys.PERSON_INDEX}{mark[:2].hex()}", mark)


def _with_event_id(redis: Redis, event_id: str) -> list[Any]:
    named: Any = redis.smembers(keys.BY_EVENT_ID + event_id)
    return [redis.get(keys.DEDUPE + event_id), *named]


def _few(redis: Redis, found: Sequence[Any], wanted: EventFilter) -> EventPage:
    """All that pointers (None: it points nowhere) lead to, on one page."""
    pointed = {pointer.decode() for pointer in found if pointer}
    ids = sorted(filter(wanted.id_range().contains, pointed), reverse=True)
    return EventPage([event for event in _summaries(redis, ids) if _fits(event, wanted)], None)


def _walk(
    redis: Redis, wanted: EventFilter, indexes: Sequence[Index], *, limit: int, cursor: str | None
) -> EventPage:
    """Every event of a batch is looked at before the next is read. One more than `limit` tells that there are more."""
    events: list[dict[str, str]] = []
    looked, last = 0, None
    for batch, more in scan_newest(redis, indexes, wanted.id_range(cursor), first=limit + 1):
        for start in range(0, len(batch), max(limit + 1, _PAGE)):
            some = batch[start : start + max(limit + 1, _PAGE)][: MAX_SCANNED - looked]
            events += [event for event in _summaries(redis, some) if _fits(event, wanted)]
            looked, last = looked + len(some), some[-1]
            if len(events) > limit:
                return EventPage(events[:limit], events[limit - 1]["id"])
            if looked == MAX_SCANNED:
                return EventPage(events, last if more or last != batch[-1] else None)
        if not more:
            return EventPage(events, None)
    return EventPage(events, last)


def _indexes(redis: Redis, wanted: EventFilter) -> list[str]:
    """The sorted sets that together hold every event that may fit."""
    if wanted.cluster is not None:
        return [keys.CLUSTER + wanted.cluster]
    if wanted.reason is not None and (clusters := _clusters(redis, wanted.reason)) is not None:
        return clusters
    status = wanted.status if wanted.reason is None else State.DEAD
    if wanted.destination is None and status is None:
        return [keys.EVENTS if wanted.source is None else keys.BY_SOURCE + wanted.source]
    states: Sequence[State] = list(State) if status is None else [status]
    names = [wanted.destination] if wanted.destination is not None else list_destination_names(redis)
    return [f"{keys.BY_STATE}{name}:{state}" for name in names for state in states]


def _clusters(redis: Redis, reason: DeadLetterReason) -> list[str] | None:
    """The faults with this reason. None where there are too many faults to ask each."""
    found: Any = redis.zrevrange(keys.CLUSTERS, 0, _MOST_CLUSTERS)
    if len(found) > _MOST_CLUSTERS:
        return None
    names = [name.decode() for name in found]
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hget(keys.CLUSTER_INFO + name, "reason")
    told = zip(names, pipeline.execute(), strict=True)
    return [keys.CLUSTER + name for name, of in told if of == reason.encode()]


def _summaries(redis: Redis, ids: Sequence[str]) -> list[dict[str, str]]:
    pipeline = redis.pipeline(transaction=False)
    for event_id in ids:
        pipeline.hmget(keys.EVENT + event_id, SUMMARY_FIELDS)
    rows: list[list[bytes | None]] = pipeline.execute()
    return [
        {"id": event_id}
        | {name: value.decode() for name, value in zip(SUMMARY_FIELDS, row, strict=True) if value is not None}
        for event_id, row in zip(ids, rows, strict=True)
        if row[0] is not None
    ]


def _fits(event: Mapping[str, str], wanted: EventFilter) -> bool:
    asked = {
        "destination": wanted.destination,
        "source": wanted.source,
        "state": wanted.status,
        "reason": wanted.reason,
        "cluster": wanted.cluster,
    }
    if wanted.person is not None:  # found by that, where they are else found by these
        asked |= {"event_id": wanted.event_id, "request_id": wanted.request_id}
    if (wanted.reason or wanted.cluster) and event["state"] != State.DEAD:
        return False
    return all(value is None or event.get(name) == value for name, value in asked.items())


def list_destination_names(redis: Redis) -> list[str]:
    """Every destination that ever had an event, by name."""
    names: Any = redis.smembers(keys.DESTINATIONS)
    return sorted(name.decode() for name in names)


def find_duplicates(redis: Redis, names: Sequence[str]) -> dict[str, str]:
    """Those of the dedupe names that an event has had, with its id: its record may be pruned by now."""
    if not names:
        return {}
    with redis_errors_as_unavailable():
        found: Any = redis.mget([keys.DEDUPE + name for name in names])
    return {name: told.decode() for name, told in zip(names, found, strict=True) if told}


def replay_event(
    scripts: Scripts, event_id: str, *, now: datetime, fields: Mapping[str, str | bytes] | None = None
) -> None:
    """Send a dead letter (or a discarded event) again, perhaps with a body mapped anew in `fields`.

    Raises NotFound, or Conflict when it is in another state or was never mapped.
    """
    changes = [part for pair in (fields or {}).items() for part in pair]
    with redis_errors_as_unavailable():
        done, state = scripts.run("replay", event_id, job_timestamp(now), job_data(event_id), *changes)
    _check(
        event_id,
        done=bool(done),
        state=state.decode(),
        verb="replayed",
        may="a dead letter or a discarded event",
    )


def discard_event(scripts: Scripts, event_id: str, *, keep_seconds: int) -> None:
    """Give an event up. NotFound, or Conflict when it is being sent or has ended."""
    with redis_errors_as_unavailable():
        done, state = scripts.run("discard", event_id, keep_seconds * SECOND)
    may = "an event that is aggregating, queued, waiting, held or a dead letter"
    _check(event_id, done=bool(done), state=state.decode(), verb="discarded", may=may)


def _check(event_id: str, *, done: bool, state: str, verb: str, may: str) -> None:
    if done:
        return
    if not state:
        raise NotFound(
            "no_such_event", f"There is no event {event_id}: the id is wrong, or its record was pruned."
        )
    raise Conflict("wrong_state", f"Event {event_id} is {state}. Only {may} can be {verb}.")
