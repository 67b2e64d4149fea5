"""A replay, step by step: each event that fits is mapped anew where that is asked for, and queued below all live ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson

from relay.actions.remap import RemappedEvent, ReplayContext, make_replay_context, remap_event
from relay.core.errors import Conflict, NotFound, RelayError, Unavailable
from relay.core.replay import Replay, ReplayStage, matches_filter
from relay.ingest.accept_events import IngestContext
from relay.store.events import read_event
from relay.store.replays import (
    END_CURSOR,
    Candidate,
    ReplayPosition,
    ReplayRecord,
    SendOptions,
    SendResult,
    acquire_replay_turn,
    end_id,
    find_replay_destinations,
    find_replay_stores,
    first_cursor,
    list_open_replays,
    read_candidates,
    read_replay_backlog,
    resend_event,
    settle_replay,
    skip_event,
)
from relay.store.stores import Stores

_STEP_MILLISECONDS = 900
_STEP = timedelta(milliseconds=500)
"""How long one step goes on: it leaves the store room for everybody else."""
_PAGE = 100
_MOST_QUEUED = 100
"""Replayed events of one company that may be queued: what is not queued yet can still be cancelled."""

_MOST_COUNTED, _MOST_EXAMINED, _MOST_TRIED, _EXAMPLES = 10_000, 100_000, 200, 5
_LONGEST_TOLD, _NAMED = 500, 3
_NOT_MAPPED = "It was never mapped, so there is no body to send as it was. Leave remap out, or send true."


def step(replaying: ReplayContext) -> list[str]:
    """Bring every open replay forward, if no other worker does so just now. Returns the ids of those that ended."""
    if not acquire_replay_turn(replaying.redis, milliseconds=_STEP_MILLISECONDS):
        return []
    until = replaying.now() + _STEP
    ended = []
    for record in list_open_replays(replaying.redis):
        waits = _forward(replaying, record, until)
        stage = settle_replay(replaying.scripts, record.id, waits=waits)
        if stage not in {ReplayStage.QUEUED, ReplayStage.RUNNING}:
            ended.append(record.id)
    return ended


def _forward(replaying: ReplayContext, record: ReplayRecord, until: datetime) -> str:
    """One replay, at each destination that takes more. Returns what it waits for."""
    cursors = {name: at for name, at in record.cursors.items() if at != END_CURSOR}
    companies = {name: _company(replaying, name) for name in cursors}
    queued, holds = read_replay_backlog(replaying.scripts, replaying.redis, sorted(set(companies.values())))
    waiting: dict[str, SendResult] = {}
    for name, cursor in cursors.items():
        if name in holds:
            waiting[name] = SendResult.ON_HOLD
        elif queued[companies[name]] >= _MOST_QUEUED:
            waiting[name] = SendResult.FULL
        elif replaying.now() < until:
            waiting[name] = _at_destination(replaying, record, name, cursor, until)
    return _told(waiting)


def _company(replaying: ReplayContext, destination: str) -> str:
    found = replaying.ingest().directory.find(destination)
    return found.company if found else destination


def _told(waiting: Mapping[str, SendResult]) -> str:
    """What keeps it, in words."""
    held = sorted(name for name, sent in waiting.items() if sent is SendResult.ON_HOLD)
    full = sorted(name for name, sent in waiting.items() if sent is SendResult.FULL)
    parts = []
    if held:
        parts.append(f"the hold of {_names(held)} to end")
    if full:
        parts.append(f"the queue of {_names(full)}: {_MOST_QUEUED} replayed events are waiting to be sent")
    return "; ".join(parts)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _at_destination(
    replaying: ReplayContext, record: ReplayRecord, name: str, cursor: str, until: datetime
) -> SendResult:
    """Page after page of one destination, until its queue is full, its events are at an end, or time is up."""
    edge = end_id(record.replay, record.created_at)
    while replaying.now() < until:
        page = read_candidates(replaying.redis, record.replay, name, between=(cursor, edge), most=_PAGE)
        if not page:
            skip_event(replaying.scripts, ReplayPosition(record.id, name, 0), END_CURSOR)
            return SendResult.SENT
        sent = _page(replaying, record, name, page)
        if sent in {SendResult.FULL, SendResult.ON_HOLD, SendResult.PAST}:
            return sent
        cursor = page[-1].id
    return SendResult.SENT


def _page(replaying: ReplayContext, record: ReplayRecord, name: str, page: Sequence[Candidate]) -> SendResult:
    examined = 0
    for candidate in page:
        examined += 1
        if not _chosen(candidate, record.replay, name):
            continue
        sent = _one(replaying, record.replay, ReplayPosition(record.id, name, examined), candidate)
        if sent in {SendResult.FULL, SendResult.ON_HOLD, SendResult.PAST}:
            return sent
        examined = 0
    if examined and not skip_event(replaying.scripts, ReplayPosition(record.id, name, examined), page[-1].id):
        return SendResult.PAST
    return SendResult.SENT


def _chosen(candidate: Candidate, replay: Replay, destination: str) -> bool:
    return candidate.fields.get("destination") == destination and matches_filter(
        candidate.fields, replay.filter
    )


def _one(replaying: ReplayContext, replay: Replay, place: ReplayPosition, candidate: Candidate) -> SendResult:
    try:
        anew = _anew(replaying, replay, candidate)
    except Unavailable:
        raise
    except RelayError as error:
        problem = {"id": candidate.id} | _said(error)
        passed = skip_event(replaying.scripts, place, candidate.id, problem=problem)
        return SendResult.SKIPPED if passed else SendResult.PAST
    fields = anew.fields() if anew else {}
    sending = SendOptions(replay.filter.status, fields, _MOST_QUEUED, replaying.now())
    return resend_event(replaying.scripts, place, candidate.id, sending)


def _anew(replaying: ReplayContext, replay: Replay, candidate: Candidate) -> RemappedEvent | None:
    """What is made of an event today; None where its body stays as it was. Raises RelayError when no call can be made."""
    has_body = "operation" in candidate.fields
    if replay.remap is False and not has_body:
        raise Conflict("mapping_still_fails", _NOT_MAPPED)
    if replay.remap is not True and has_body:
        return None
    record = read_event(replaying.redis, candidate.id)
    if record is None:
        raise NotFound("no_such_event", "Its record was pruned just now.")
    return remap_event(replaying, record)


def _said(error: RelayError) -> dict[str, str]:
    return {"code": error.code, "detail": error.detail[:_LONGEST_TOLD]}


@dataclass
class _Seen:
    """What a dry run has counted."""

    matched: int = 0
    examined: int = 0
    would_map: int = 0
    would_fail: int = 0


def preview_in_store(replaying: ReplayContext, replay: Replay) -> dict[str, Any]:
    """What a replay would do: `{matched, truncated, examples, would_map, would_fail, sampled}`. Changes nothing.

    `truncated`: there may be more, the count was stopped. The first `sampled` events were mapped to find out.
    """
    seen = _Seen()
    examples: list[dict[str, Any]] = []
    for candidate in islice(_matching(replaying, replay, seen), _MOST_COUNTED):
        seen.matched += 1
        if seen.matched <= _MOST_TRIED:
            told = _example(replaying, replay, candidate)
            seen.would_map += "call" in told
            seen.would_fail += "problem" in told
            if len(examples) < _EXAMPLES:
                examples.append(told)
    return {
        "matched": seen.matched,
        "truncated": seen.matched >= _MOST_COUNTED or seen.examined >= _MOST_EXAMINED,
        "examples": examples,
        "would_map": seen.would_map,
        "would_fail": seen.would_fail,
        "sampled": min(seen.matched, _MOST_TRIED),
    }


def preview_in_all_stores(
    stores: Stores, replay: Replay, intake: Callable[[], IngestContext], now: Callable[[], datetime]
) -> dict[str, Any]:
    """What a replay would do in all stores together."""
    told = [
        preview_in_store(make_replay_context(store, intake, now), replay)
        for store in find_replay_stores(stores, replay)
    ]
    summed = {
        name: sum(each[name] for each in told) for name in ("matched", "would_map", "would_fail", "sampled")
    }
    examples = [example for each in told for example in each["examples"]][:_EXAMPLES]
    return told[0] | summed | {"truncated": any(each["truncated"] for each in told), "examples": examples}


def _matching(replaying: ReplayContext, replay: Replay, seen: _Seen) -> Iterator[Candidate]:
    edge = end_id(replay, replaying.now())
    for name in find_replay_destinations(replaying.redis, replay):
        cursor = first_cursor(replay)
        while seen.examined < _MOST_EXAMINED:
            page = read_candidates(replaying.redis, replay, name, between=(cursor, edge), most=5 * _PAGE)
            if not page:
                break
            seen.examined += len(page)
            yield from (candidate for candidate in page if _chosen(candidate, replay, name))
            cursor = page[-1].id


def _example(replaying: ReplayContext, replay: Replay, candidate: Candidate) -> dict[str, Any]:
    """One event that would be sent again: as it stands, and the call that it would make or what is in its way."""
    shown = ("source", "destination", "event_id", "reason", "detail")
    told: dict[str, Any] = {"id": candidate.id}
    told |= {name: candidate.fields[name] for name in shown if candidate.fields.get(name)}
    try:
        anew = _anew(replaying, replay, candidate)
    except Unavailable:
        raise
    except RelayError as error:
        return told | {"problem": _said(error)}
    return told | {"call": _call(anew)} if anew else told


def _call(anew: RemappedEvent) -> dict[str, Any]:
    call = anew.call
    return {
        "destination": anew.destination.name,
        "method": call.operation.method,
        "path": call.operation.path,
        "event_id": call.event_id,
        "body": orjson.loads(orjson.dumps(call.body)),
    }
