"""Replays in the store: begun, stepped on event by event, ended; each step is whole or not at all.

A replay walks the events of each destination in the order of their ids, behind a cursor of its own that only moves
forward, in the same step that sends an event or passes it. So whoever steps next goes on where the last one stood, and
two that step at once do nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from redis import Redis

from relay.core.errors import NotFound
from relay.core.ids import earliest_id
from relay.core.replay import Replay, ReplayStage, parse_replay_request
from relay.store.all_stores import query_stores
from relay.store.engine import keys
from relay.store.engine.background_job import NEWEST_LIMIT, JobRecords
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import to_datetime
from relay.store.engine.rq_jobs import job_data, job_timestamp
from relay.store.engine.scripts import Scripts
from relay.store.stores import Store, Stores

END_CURSOR = "end"
"""The cursor of a destination at which there is nothing left. It sorts after every id."""

_CURSOR = "cursor:"
_FIELDS = (
    "state",
    "source",
    "destination",
    "company",
    "event_id",
    "reason",
    "detail",
    "cluster",
    "operation",
)

_REPLAYS = JobRecords(keys.REPLAY, keys.REPLAYS, keys.REPLAYS_OPEN, keys.REPLAYS_LOCK)


class SendResult(StrEnum):
    """What became of one event of a replay."""

    SENT = "sent"
    SKIPPED = "skipped"
    FULL = "full"
    ON_HOLD = "on_hold"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """A replay and how far it is. `cursors` are the ids that it has passed, by destination."""

    id: str
    replay: Replay
    stage: ReplayStage
    counts: Mapping[str, int]
    cursors: Mapping[str, str]
    problems: tuple[Mapping[str, str], ...]
    waits: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One event that a replay comes by, with the fields that its filter looks at."""

    id: str
    fields: Mapping[str, str]


def start_replay(scripts: Scripts, redis: Redis, replay_id: str, replay: Replay) -> None:
    """Begin a replay. Workers do the rest."""
    told = {"filter": replay.filter.as_dict(), "remap": replay.remap, "limit": replay.limit}
    fields: list[str | bytes | float] = ["request", orjson.dumps(told)]
    if replay.limit is not None:
        fields += ["limit", replay.limit]
    cursors = [
        part for name in find_replay_destinations(redis, replay) for part in (name, first_cursor(replay))
    ]
    with redis_errors_as_unavailable():
        scripts.run("replays_start", replay_id, len(fields), *fields, *cursors)


def first_cursor(replay: Replay) -> str:
    """The cursor before the first event of any destination."""
    return earliest_id(replay.filter.since) if replay.filter.since else "0"


def find_replay_destinations(redis: Redis, replay: Replay) -> list[str]:
    """The destinations that have events to look at."""
    wanted = replay.filter
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        if wanted.ids is not None:
            for event_id in wanted.ids:
                pipeline.hget(keys.EVENT + event_id, "destination")
            return sorted({name.decode() for name in pipeline.execute() if name})
        known: Any = (
            [wanted.destination.encode()] if wanted.destination else redis.smembers(keys.DESTINATIONS)
        )
        names = sorted(name.decode() for name in known)
        for name in names:
            pipeline.exists(f"{keys.BY_STATE}{name}:{wanted.status}")
        return [name for name, there in zip(names, pipeline.execute(), strict=True) if there]


def end_id(replay: Replay, began: datetime) -> str:
    """The id before which events are a replay's own: what came after it began is not."""
    return earliest_id(min(began, replay.filter.until) if replay.filter.until else began)


def read_candidates(
    redis: Redis, replay: Replay, destination: str, *, between: tuple[str, str], most: int
) -> list[Candidate]:
    """The next events of one destination, oldest first, between a cursor and the edge."""
    after, edge = between
    wanted = replay.filter
    with redis_errors_as_unavailable():
        if wanted.ids is not None:
            ids = [one for one in wanted.ids if after < one < edge][:most]
        else:
            index = f"{keys.BY_STATE}{destination}:{wanted.status}"
            found: Any = redis.zrange(index, f"({after}", f"({edge}", bylex=True, offset=0, num=most)
            ids = [name.decode() for name in found]
        pipeline = redis.pipeline(transaction=False)
        for event_id in ids:
            pipeline.hmget(keys.EVENT + event_id, _FIELDS)
        rows: list[Any] = pipeline.execute()
    return [Candidate(one, _present(row)) for one, row in zip(ids, rows, strict=True)]


def _present(row: Sequence[bytes | None]) -> dict[str, str]:
    return {name: value.decode() for name, value in zip(_FIELDS, row, strict=True) if value is not None}


@dataclass(frozen=True, slots=True)
class ReplayPosition:
    """Where a step of a replay stands: at which destination, and how many events it has looked at since the last."""

    replay_id: str
    destination: str
    examined: int


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How one event is sent again: the state it must be in, the fields to set on it, and how many may be queued before it."""

    status: str
    fields: Mapping[str, str | bytes]
    most_queued: int
    now: datetime


def resend_event(scripts: Scripts, place: ReplayPosition, event_id: str, sending: SendOptions) -> SendResult:
    """Queue one event for a replay, in the priority below all others."""
    changes = [part for pair in sending.fields.items() for part in pair]
    with redis_errors_as_unavailable():
        answer = scripts.run(
            "replays_send",
            place.replay_id,
            place.destination,
            event_id,
            sending.status,
            place.examined,
            sending.most_queued,
            job_timestamp(sending.now),
            job_data(event_id),
            *changes,
        )
    return SendResult(answer.decode())


def skip_event(
    scripts: Scripts, place: ReplayPosition, event_id: str, *, problem: Mapping[str, str] | None = None
) -> bool:
    """Move on past an event that is not sent; with a `problem`, one that was to be. False: another worker has done so."""
    told = [] if problem is None else [orjson.dumps(problem)]
    with redis_errors_as_unavailable():
        return bool(
            scripts.run("replays_skip", place.replay_id, place.destination, event_id, place.examined, *told)
        )


def settle_replay(scripts: Scripts, replay_id: str, *, waits: str) -> ReplayStage | None:
    """End a replay that has looked at everything, or say what it waits for."""
    with redis_errors_as_unavailable():
        state = scripts.run("replays_settle", replay_id, waits)
    return ReplayStage(state.decode()) if state else None


def cancel_replay(scripts: Scripts, replay_id: str) -> bool:
    """End a replay. What it has queued is sent. False: it had ended before. Raises NotFound."""
    with redis_errors_as_unavailable():
        before = scripts.run("replays_cancel", replay_id).decode()
    if not before:
        raise replay_not_found(replay_id)
    return before in {ReplayStage.QUEUED, ReplayStage.RUNNING}


def replay_not_found(replay_id: str) -> NotFound:
    return NotFound(
        "no_such_replay", f"There is no replay {replay_id}: the id is wrong, or it ended 30 days ago."
    )


def acquire_replay_turn(redis: Redis, *, milliseconds: int) -> bool:
    """Whether this worker is the one to step on replays now. True for one worker in so many milliseconds."""
    return _REPLAYS.may_step(redis, milliseconds=milliseconds)


def list_open_replays(redis: Redis) -> list[ReplayRecord]:
    """Those that have not ended, oldest first."""
    return [_record(*row) for row in _REPLAYS.open_rows(redis)]


def list_replays(redis: Redis) -> list[ReplayRecord]:
    """The newest fifty, newest first."""
    return [_record(*row) for row in _REPLAYS.newest_rows(redis)]


def read_replay_record(redis: Redis, replay_id: str) -> ReplayRecord:
    """One replay. Raises NotFound."""
    row = _REPLAYS.row(redis, replay_id)
    if row is None:
        raise replay_not_found(replay_id)
    return _record(*row)


def _record(replay_id: str, row: Mapping[bytes, bytes]) -> ReplayRecord:
    fields = {name.decode(): value for name, value in row.items()}
    problems = sorted(
        (name for name in fields if name.startswith("problem:")), key=lambda name: (len(name), name)
    )
    counts = ("examined", "matched", "replayed", "skipped", "failed")
    return ReplayRecord(
        replay_id,
        parse_replay_request(orjson.loads(fields["request"])).replay,
        ReplayStage(fields["state"].decode()),
        {name: int(fields[name]) for name in counts},
        {
            name.removeprefix(_CURSOR): value.decode()
            for name, value in fields.items()
            if name.startswith(_CURSOR)
        },
        tuple(orjson.loads(fields[name]) for name in problems),
        fields.get("waiting_for", b"").decode(),
        to_datetime(fields["created_at"]),
        *(to_datetime(fields[name]) if name in fields else None for name in ("started_at", "ended_at")),
    )


def read_replay_backlog(
    scripts: Scripts, redis: Redis, companies: Sequence[str]
) -> tuple[dict[str, int], frozenset[str]]:
    """How many replayed events of each company are queued, and which destinations are on hold."""
    with redis_errors_as_unavailable():
        holds: Any = redis.smembers(keys.HOLDS)
        queued = scripts.run("replays_backlog", *companies)
    return dict(zip(companies, queued, strict=True)), frozenset(name.decode() for name in holds)


def start_replay_in_all_stores(stores: Stores, replay_id: str, replay: Replay) -> None:
    """Begin a replay in each store that has events to look at; in the main one where none has."""
    for store in find_replay_stores(stores, replay):
        start_replay(store.scripts, store.redis, replay_id, replay)


def find_replay_stores(stores: Stores, replay: Replay) -> list[Store]:
    """The stores that a replay is for."""
    if len(stores) == 1:
        return [stores.main]
    return [store for store in stores if find_replay_destinations(store.redis, replay)] or [stores.main]


def cancel_replay_in_all_stores(stores: Stores, replay_id: str) -> bool:
    """End a replay in every store. False: it had ended before. Raises NotFound."""
    changed = query_stores(stores, lambda store: cancel_replay(store.scripts, replay_id))
    return any(one for _, one in changed)


def read_replay_in_all_stores(stores: Stores, replay_id: str) -> ReplayRecord:
    """A replay with what all stores have done of it. Raises NotFound."""
    parts = query_stores(stores, lambda store: read_replay_record(store.redis, replay_id))
    return merge_replay_records([record for _, record in parts])


def list_replays_in_all_stores(stores: Stores) -> list[ReplayRecord]:
    """The newest fifty, newest first."""
    parts: dict[str, list[ReplayRecord]] = {}
    for store in stores:
        for record in list_replays(store.redis):
            parts.setdefault(record.id, []).append(record)
    return [
        merge_replay_records(parts[replay_id]) for replay_id in sorted(parts, reverse=True)[:NEWEST_LIMIT]
    ]


def merge_replay_records(parts: Sequence[ReplayRecord]) -> ReplayRecord:
    """The parts of one replay as a whole. It has ended once each of them has."""
    first, stages = parts[0], {part.stage for part in parts}
    if len(parts) == 1:
        return first
    return replace(
        first,
        stage=_stage(stages),
        counts={name: sum(part.counts[name] for part in parts) for name in first.counts},
        cursors={name: at for part in parts for name, at in part.cursors.items()},
        problems=tuple(problem for part in parts for problem in part.problems),
        waits="; ".join(part.waits for part in parts if part.waits),
        started_at=min(_known(part.started_at for part in parts), default=None),
        ended_at=max(part.ended_at for part in parts if part.ended_at)
        if all(part.ended_at for part in parts)
        else None,
    )


def _stage(stages: set[ReplayStage]) -> ReplayStage:
    if stages & {ReplayStage.QUEUED, ReplayStage.RUNNING}:
        return ReplayStage.QUEUED if stages == {ReplayStage.QUEUED} else ReplayStage.RUNNING
    return ReplayStage.CANCELLED if ReplayStage.CANCELLED in stages else ReplayStage.DONE


def _known(moments: Iterable[datetime | None]) -> list[datetime]:
    return [moment for moment in moments if moment is not None]
