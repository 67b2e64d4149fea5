"""The background job that runs replays, in steps of half a second, and the preview of what a replay would do."""

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
from relay.store.events import data_deleted_error, read_event
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

_TURN_MILLISECONDS = 900
_STEP = timedelta(milliseconds=500)
"""Duration of a step. It is shorter than a turn, so that the store has time for other work in between."""
_PAGE_SIZE = 100
_MAX_QUEUED = 100
"""Replayed events of one company in its queue. An event that is not queued yet can still be cancelled."""

_MAX_MATCHED, _MAX_EXAMINED, _MAX_SAMPLED, _MAX_EXAMPLES = 10_000, 100_000, 200, 5
"""Where a preview stops counting, scanning, mapping, and collecting examples."""
_MAX_DETAIL, _MAX_NAMES = 500, 3

_STOPS = frozenset({SendResult.FULL, SendResult.ON_HOLD, SendResult.PAST})
"""Results after which no further event of the destination is sent in this step."""

_NOT_MAPPED = (
    "This event was never mapped, so it has no body to resend. Leave out `remap`, or set it to true."
)


def step(context: ReplayContext) -> list[str]:
    """Run one step of every open replay, unless another worker is doing so. Returns the ids of those that ended."""
    if not acquire_replay_turn(context.redis, context.scripts, milliseconds=_TURN_MILLISECONDS):
        return []
    until = context.now() + _STEP
    ended = []
    for record in list_open_replays(context.redis):
        waits_for = _run_replay(context, record, until)
        stage = settle_replay(context.scripts, record.id, waiting_for=waits_for)
        if stage not in {ReplayStage.QUEUED, ReplayStage.RUNNING}:
            ended.append(record.id)
    return ended


def _run_replay(context: ReplayContext, record: ReplayRecord, until: datetime) -> str:
    """Queue events of one replay, for each destination that has room. Returns what the replay waits for."""
    cursors = {name: cursor for name, cursor in record.cursors.items() if cursor != END_CURSOR}
    companies = {name: _company_of(context, name) for name in cursors}
    queued, holds = read_replay_backlog(context.scripts, context.redis, sorted(set(companies.values())))
    results: dict[str, SendResult] = {}
    for name, cursor in cursors.items():
        if name in holds:
            results[name] = SendResult.ON_HOLD
        elif queued[companies[name]] >= _MAX_QUEUED:
            results[name] = SendResult.FULL
        elif context.now() < until:
            results[name] = _replay_destination(context, record, name, cursor, until)
    return _describe_waits(results)


def _company_of(context: ReplayContext, name: str) -> str:
    destination = context.ingest().directory.find(name)
    return destination.company if destination else name


def _describe_waits(results: Mapping[str, SendResult]) -> str:
    """Return what the replay waits for, to follow "waits for"; empty if nothing."""
    held = sorted(name for name, result in results.items() if result is SendResult.ON_HOLD)
    full = sorted(name for name, result in results.items() if result is SendResult.FULL)
    parts = []
    if held:
        parts.append(f"the hold of {_list_names(held)} to end")
    if full:
        parts.append(f"the queue of {_list_names(full)}, which already has {_MAX_QUEUED} replayed events")
    return "; ".join(parts)


def _list_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _replay_destination(
    context: ReplayContext, record: ReplayRecord, name: str, cursor: str, until: datetime
) -> SendResult:
    """Replay page after page of one destination, until its queue is full, no event is left, or the step ends."""
    end = end_id(record.replay, record.created_at)
    while context.now() < until:
        page = read_candidates(context.redis, record.replay, name, between=(cursor, end), most=_PAGE_SIZE)
        if not page:
            skip_event(context.scripts, ReplayPosition(record.id, name, 0), END_CURSOR)
            return SendResult.SENT
        result = _replay_page(context, record, name, page)
        if result in _STOPS:
            return result
        cursor = page[-1].id
    return SendResult.SENT


def _replay_page(
    context: ReplayContext, record: ReplayRecord, name: str, page: Sequence[Candidate]
) -> SendResult:
    examined = 0
    for candidate in page:
        examined += 1
        if not _is_selected(candidate, record.replay, name):
            continue
        result = _replay_event(context, record.replay, ReplayPosition(record.id, name, examined), candidate)
        if result in _STOPS:
            return result
        # The position moved past everything examined so far, together with the event.
        examined = 0
    if examined and not skip_event(context.scripts, ReplayPosition(record.id, name, examined), page[-1].id):
        return SendResult.PAST
    return SendResult.SENT


def _is_selected(candidate: Candidate, replay: Replay, destination: str) -> bool:
    # A filter by ids yields the same ids for every destination, and an event may have changed since it was listed.
    return candidate.fields.get("destination") == destination and matches_filter(
        candidate.fields, replay.filter
    )


def _replay_event(
    context: ReplayContext, replay: Replay, position: ReplayPosition, candidate: Candidate
) -> SendResult:
    try:
        remapped = _remap_if_needed(context, replay, candidate)
    except Unavailable:
        raise
    except RelayError as error:
        problem = {"id": candidate.id} | _problem_of(error)
        skipped = skip_event(context.scripts, position, candidate.id, problem=problem)
        return SendResult.SKIPPED if skipped else SendResult.PAST
    fields = remapped.fields() if remapped else {}
    options = SendOptions(replay.filter.status, fields, _MAX_QUEUED, context.now())
    return resend_event(context.scripts, position, candidate.id, options)


def _remap_if_needed(context: ReplayContext, replay: Replay, candidate: Candidate) -> RemappedEvent | None:
    """Map the event again; None if its stored body is sent. Raises RelayError if mapping produces no call."""
    if "data_deleted_at" in candidate.fields:
        raise data_deleted_error()
    has_body = "operation" in candidate.fields
    if replay.remap is False and not has_body:
        raise Conflict("mapping_still_fails", _NOT_MAPPED)
    if replay.remap is not True and has_body:
        return None
    record = read_event(context.redis, candidate.id)
    if record is None:
        raise NotFound("no_such_event", "The event is no longer stored.")
    return remap_event(context, record)


def _problem_of(error: RelayError) -> dict[str, str]:
    return {"code": error.code, "detail": error.detail[:_MAX_DETAIL]}


@dataclass
class _Counts:
    """The counts of a preview."""

    matched: int = 0
    examined: int = 0
    would_map: int = 0
    would_fail: int = 0


def preview_in_store(context: ReplayContext, replay: Replay) -> dict[str, Any]:
    """Return what a replay would do: `{matched, truncated, examples, would_map, would_fail, sampled}`. Changes nothing.

    `truncated` is true if counting stopped early. `would_map` and `would_fail` count among the first `sampled` events,
    which were mapped to find out.
    """
    counts = _Counts()
    examples: list[dict[str, Any]] = []
    for candidate in islice(_selected_events(context, replay, counts), _MAX_MATCHED):
        counts.matched += 1
        if counts.matched <= _MAX_SAMPLED:
            example = _preview_event(context, replay, candidate)
            counts.would_map += "call" in example
            counts.would_fail += "problem" in example
            if len(examples) < _MAX_EXAMPLES:
                examples.append(example)
    return {
        "matched": counts.matched,
        "truncated": counts.matched >= _MAX_MATCHED or counts.examined >= _MAX_EXAMINED,
        "examples": examples,
        "would_map": counts.would_map,
        "would_fail": counts.would_fail,
        "sampled": min(counts.matched, _MAX_SAMPLED),
    }


def preview_in_all_stores(
    stores: Stores, replay: Replay, ingest: Callable[[], IngestContext], now: Callable[[], datetime]
) -> dict[str, Any]:
    """Return what a replay would do in all stores together, in the form of `preview_in_store`."""
    previews = [
        preview_in_store(make_replay_context(store, ingest, now), replay)
        for store in find_replay_stores(stores, replay)
    ]
    total = {
        name: sum(preview[name] for preview in previews)
        for name in ("matched", "would_map", "would_fail", "sampled")
    }
    examples = [example for preview in previews for example in preview["examples"]]
    truncated = any(preview["truncated"] for preview in previews)
    return previews[0] | total | {"truncated": truncated, "examples": examples[:_MAX_EXAMPLES]}


def _selected_events(context: ReplayContext, replay: Replay, counts: _Counts) -> Iterator[Candidate]:
    end = end_id(replay, context.now())
    for name in find_replay_destinations(context.redis, replay):
        cursor = first_cursor(replay)
        while counts.examined < _MAX_EXAMINED:
            # A preview writes nothing between events, so its pages can be larger than the job's.
            page = read_candidates(context.redis, replay, name, between=(cursor, end), most=5 * _PAGE_SIZE)
            if not page:
                break
            counts.examined += len(page)
            yield from (candidate for candidate in page if _is_selected(candidate, replay, name))
            cursor = page[-1].id


def _preview_event(context: ReplayContext, replay: Replay, candidate: Candidate) -> dict[str, Any]:
    """Return one event with its mapped `call` or the `problem`; neither if its stored body is sent."""
    names = ("source", "destination", "event_id", "masked_id", "reason", "detail")
    example: dict[str, Any] = {"id": candidate.id}
    example |= {name: candidate.fields[name] for name in names if candidate.fields.get(name)}
    try:
        remapped = _remap_if_needed(context, replay, candidate)
    except Unavailable:
        raise
    except RelayError as error:
        return example | {"problem": _problem_of(error)}
    return example | {"call": _render_call(remapped)} if remapped else example


def _render_call(remapped: RemappedEvent) -> dict[str, Any]:
    call = remapped.call
    return {
        "destination": remapped.destination.name,
        "method": call.operation.method,
        "path": call.operation.path,
        "event_id": call.event_id,
        "masked_id": remapped.masked_id,
        "body": orjson.loads(orjson.dumps(call.body)),
    }
