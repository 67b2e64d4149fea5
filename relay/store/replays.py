"""Replay jobs in the store: start, advance and end them, in one store or in all.

A replay passes the events of each destination in the order of their ids. Its cursor only moves forward, in the same step
that sends or skips an event. So any worker can continue where another stopped, and two at once do nothing twice.
"""

from collections.abc import Mapping, Sequence
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
"""The cursor of a destination without events left. It sorts after every id."""

_CURSOR = "cursor:"
_FIELDS = (
    "state",
    "source",
    "destination",
    "company",
    "event_id",
    "masked_id",
    "reason",
    "detail",
    "cluster",
    "operation",
    "data_deleted_at",
)

_REPLAYS = JobRecords(keys.REPLAY, keys.REPLAYS, keys.REPLAYS_OPEN, keys.REPLAYS_LOCK)


class SendResult(StrEnum):
    """What `resend_event` did."""

    SENT = "sent"
    SKIPPED = "skipped"
    FULL = "full"
    ON_HOLD = "on_hold"
    PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRecord:
    """A replay and its progress."""

    id: str
    replay: Replay
    stage: ReplayStage
    counts: Mapping[str, int]
    cursors: Mapping[str, str]
    """The last id that it has passed, by destination."""
    problems: tuple[Mapping[str, str], ...]
    """The first events that could not be sent, and why."""
    waiting_for: str
    """Why it is not advancing; empty if it is."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One event that a replay examines, with the fields that its filter compares."""

    id: str
    fields: Mapping[str, str]


def start_replay(scripts: Scripts, redis: Redis, replay_id: str, replay: Replay) -> None:
    """Start a replay. Workers advance it."""
    # The request is stored whole: any worker can continue the replay, and an operator can see what was asked for.
    request = {"filter": replay.filter.as_dict(), "remap": replay.remap, "limit": replay.limit}
    fields: list[str | bytes | float] = ["request", orjson.dumps(request)]
    if replay.limit is not None:
        fields += ["limit", replay.limit]
    cursors = [
        part for name in find_replay_destinations(redis, replay) for part in (name, first_cursor(replay))
    ]
    with redis_errors_as_unavailable():
        scripts.run("replays_start", replay_id, len(fields), *fields, *cursors)


def first_cursor(replay: Replay) -> str:
    """Return the cursor before the first event of any destination."""
    return earliest_id(replay.filter.since) if replay.filter.since else "0"


def find_replay_destinations(redis: Redis, replay: Replay) -> list[str]:
    """Return the destinations with events that the replay has to examine."""
    wanted = replay.filter
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        if wanted.ids is not None:
            for event_id in wanted.ids:
                pipeline.hget(keys.EVENT + event_id, "destination")
            return sorted({name.decode() for name in pipeline.execute() if name})
        all_names: Any = (
            [wanted.destination.encode()] if wanted.destination else redis.smembers(keys.DESTINATIONS)
        )
        names = sorted(name.decode() for name in all_names)
        for name in names:
            # Destinations without events in this state need no cursor, and a replay with fewer cursors ends sooner.
            pipeline.exists(f"{keys.BY_STATE}{name}:{wanted.status}")
        return [name for name, exists in zip(names, pipeline.execute(), strict=True) if exists]


def end_id(replay: Replay, began: datetime) -> str:
    """Return the id before which events belong to the replay. Events that arrive after its start do not."""
    # Otherwise a replay could chase the events that fail while it runs, without ever ending.
    return earliest_id(min(began, replay.filter.until) if replay.filter.until else began)


def read_candidates(
    redis: Redis, replay: Replay, destination: str, *, between: tuple[str, str], most: int
) -> list[Candidate]:
    """Return the next events of one destination, oldest first, between a cursor and the end id."""
    after, end = between
    wanted = replay.filter
    with redis_errors_as_unavailable():
        if wanted.ids is not None:
            ids = [event_id for event_id in wanted.ids if after < event_id < end][:most]
        else:
            index = f"{keys.BY_STATE}{destination}:{wanted.status}"
            # All scores are 0, so the range is by id. Ids sort by arrival.
            members: Any = redis.zrange(index, f"({after}", f"({end}", bylex=True, offset=0, num=most)
            ids = [name.decode() for name in members]
        pipeline = redis.pipeline(transaction=False)
        for event_id in ids:
            pipeline.hmget(keys.EVENT + event_id, _FIELDS)
        rows: list[Any] = pipeline.execute()
    return [Candidate(event_id, _decode_fields(row)) for event_id, row in zip(ids, rows, strict=True)]


def _decode_fields(row: Sequence[bytes | None]) -> dict[str, str]:
    return {name: value.decode() for name, value in zip(_FIELDS, row, strict=True) if value is not None}


@dataclass(frozen=True, slots=True)
class ReplayPosition:
    """Which cursor a step moves, and how many events it has examined since the last step."""

    replay_id: str
    destination: str
    examined: int


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How to replay one event: the state it must be in, the fields to set, and how many replayed events may be queued."""

    status: str
    fields: Mapping[str, str | bytes]
    most_queued: int
    now: datetime


def resend_event(
    scripts: Scripts, position: ReplayPosition, event_id: str, options: SendOptions
) -> SendResult:
    """Queue one event for a replay, with the lowest priority."""
    # One script sets the fields, queues the event and moves the cursor: a worker that dies cannot send an event twice.
    changes = [part for pair in options.fields.items() for part in pair]
    with redis_errors_as_unavailable():
        result = scripts.run(
            "replays_send",
            position.replay_id,
            position.destination,
            event_id,
            options.status,
            position.examined,
            options.most_queued,
            job_timestamp(options.now),
            job_data(event_id),
            *changes,
        )
    return SendResult(result.decode())


def skip_event(
    scripts: Scripts, position: ReplayPosition, event_id: str, *, problem: Mapping[str, str] | None = None
) -> bool:
    """Move the cursor past an event that is not sent. With a `problem`, it should have been sent.

    False: another worker has passed it already.
    """
    problem_json = [] if problem is None else [orjson.dumps(problem)]
    with redis_errors_as_unavailable():
        return bool(
            scripts.run(
                "replays_skip",
                position.replay_id,
                position.destination,
                event_id,
                position.examined,
                *problem_json,
            )
        )


def settle_replay(scripts: Scripts, replay_id: str, *, waiting_for: str) -> ReplayStage | None:
    """End a replay that has examined all its events, or record what it waits for. None: there is no such replay."""
    with redis_errors_as_unavailable():
        state = scripts.run("replays_settle", replay_id, waiting_for)
    return ReplayStage(state.decode()) if state else None


def cancel_replay(scripts: Scripts, replay_id: str) -> bool:
    """Cancel a replay in one store. Events that it has queued are still sent. False: it had ended. Raises NotFound."""
    with redis_errors_as_unavailable():
        before = scripts.run("replays_cancel", replay_id).decode()
    if not before:
        raise replay_not_found(replay_id)
    return before in {ReplayStage.QUEUED, ReplayStage.RUNNING}


def replay_not_found(replay_id: str) -> NotFound:
    return NotFound(
        "no_such_replay", f"There is no replay {replay_id}: the id is wrong, or it ended 30 days ago."
    )


def acquire_replay_turn(redis: Redis, scripts: Scripts, *, milliseconds: int) -> bool:
    """True if this worker should advance the replays now. One worker gets a turn per `milliseconds`."""
    return _REPLAYS.may_step(redis, scripts, milliseconds=milliseconds)


def list_open_replays(redis: Redis) -> list[ReplayRecord]:
    """Return the replays that have not ended, oldest first."""
    return [_record(*row) for row in _REPLAYS.open_rows(redis)]


def list_replays(redis: Redis) -> list[ReplayRecord]:
    """Return the newest fifty of one store, newest first."""
    return [_record(*row) for row in _REPLAYS.newest_rows(redis)]


def read_replay_record(redis: Redis, replay_id: str) -> ReplayRecord:
    """Return one replay in one store. Raises NotFound."""
    row = _REPLAYS.row(redis, replay_id)
    if row is None:
        raise replay_not_found(replay_id)
    return _record(*row)


def _record(replay_id: str, row: Mapping[bytes, bytes]) -> ReplayRecord:
    fields = {name.decode(): value for name, value in row.items()}
    # `problem:10` comes after `problem:9`.
    problems = sorted(
        (name for name in fields if name.startswith("problem:")), key=lambda name: (len(name), name)
    )
    counts = ("examined", "matched", "replayed", "skipped", "failed")
    started_at, ended_at = fields.get("started_at"), fields.get("ended_at")
    return ReplayRecord(
        id=replay_id,
        replay=parse_replay_request(orjson.loads(fields["request"])).replay,
        stage=ReplayStage(fields["state"].decode()),
        counts={name: int(fields[name]) for name in counts},
        cursors={
            name.removeprefix(_CURSOR): value.decode()
            for name, value in fields.items()
            if name.startswith(_CURSOR)
        },
        problems=tuple(orjson.loads(fields[name]) for name in problems),
        waiting_for=fields.get("waiting_for", b"").decode(),
        created_at=to_datetime(fields["created_at"]),
        started_at=to_datetime(started_at) if started_at else None,
        ended_at=to_datetime(ended_at) if ended_at else None,
    )


def read_replay_backlog(
    scripts: Scripts, redis: Redis, companies: Sequence[str]
) -> tuple[dict[str, int], frozenset[str]]:
    """Return how many replayed events of each company are queued, and which destinations are on hold."""
    with redis_errors_as_unavailable():
        # A replay pauses at a hold, so that its events do not all end up in the hold's list.
        holds: Any = redis.smembers(keys.HOLDS)
        queued = scripts.run("replays_backlog", *companies)
    return dict(zip(companies, queued, strict=True)), frozenset(name.decode() for name in holds)


def start_replay_in_all_stores(stores: Stores, replay_id: str, replay: Replay) -> None:
    """Start a replay in every store with events for it, under the same id; in the main store if none has any."""
    for store in find_replay_stores(stores, replay):
        start_replay(store.scripts, store.redis, replay_id, replay)


def find_replay_stores(stores: Stores, replay: Replay) -> list[Store]:
    """Return the stores with events for a replay."""
    if len(stores) == 1:
        return [stores.main]
    return [store for store in stores if find_replay_destinations(store.redis, replay)] or [stores.main]


def cancel_replay_in_all_stores(stores: Stores, replay_id: str) -> bool:
    """Cancel a replay in every store. False: it had ended. Raises NotFound."""
    results = query_stores(stores, lambda store: cancel_replay(store.scripts, replay_id))
    return any(is_cancelled for _, is_cancelled in results)


def read_replay_in_all_stores(stores: Stores, replay_id: str) -> ReplayRecord:
    """Return a replay with its progress in all stores. Raises NotFound."""
    parts = query_stores(stores, lambda store: read_replay_record(store.redis, replay_id))
    return merge_replay_records([record for _, record in parts])


def list_replays_in_all_stores(stores: Stores) -> list[ReplayRecord]:
    """Return the newest fifty of all stores, newest first."""
    # A replay has the same id in every store that takes part in it.
    parts: dict[str, list[ReplayRecord]] = {}
    for store in stores:
        for record in list_replays(store.redis):
            parts.setdefault(record.id, []).append(record)
    return [
        merge_replay_records(parts[replay_id]) for replay_id in sorted(parts, reverse=True)[:NEWEST_LIMIT]
    ]


def merge_replay_records(parts: Sequence[ReplayRecord]) -> ReplayRecord:
    """Return the parts of one replay as a whole. It has ended when all parts have."""
    first, stages = parts[0], {part.stage for part in parts}
    if len(parts) == 1:
        return first
    ended = [part.ended_at for part in parts if part.ended_at]
    return replace(
        first,
        stage=_stage(stages),
        counts={name: sum(part.counts[name] for part in parts) for name in first.counts},
        cursors={name: cursor for part in parts for name, cursor in part.cursors.items()},
        problems=tuple(problem for part in parts for problem in part.problems),
        waiting_for="; ".join(part.waiting_for for part in parts if part.waiting_for),
        started_at=min((part.started_at for part in parts if part.started_at), default=None),
        ended_at=max(ended) if len(ended) == len(parts) else None,
    )


def _stage(stages: set[ReplayStage]) -> ReplayStage:
    # A part that ended early waits for the others: the replay as a whole is still running.
    if stages & {ReplayStage.QUEUED, ReplayStage.RUNNING}:
        return ReplayStage.QUEUED if stages == {ReplayStage.QUEUED} else ReplayStage.RUNNING
    return ReplayStage.CANCELLED if ReplayStage.CANCELLED in stages else ReplayStage.DONE
