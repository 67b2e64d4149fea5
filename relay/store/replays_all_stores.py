"""Replays over all stores: each store that has events for one does its own part of it, under the same id."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from relay.core.replay import Replay, ReplayStage
from relay.store.all_stores import query_stores
from relay.store.engine.background_job import NEWEST_LIMIT
from relay.store.replays import (
    ReplayRecord,
    cancel_replay,
    find_replay_destinations,
    list_replays,
    read_replay_record,
    start_replay,
)
from relay.store.stores import Store, Stores


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
