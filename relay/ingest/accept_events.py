"""Accept canonical events: read the items, map them, store them in one step and describe the result of each."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

import orjson

from relay.core.compute import Compute, admit_at_once, compute_here, work_of
from relay.core.config import Config
from relay.core.errors import PROBLEMS_MAX, Problem, ValidationFailed
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.lifecycle import DeadLetterReason
from relay.core.mapping.routing import Router, make_dedupe_key
from relay.core.personal_data import (
    REQUEST_MAX,
    add_people_of_json,
    find_people,
    find_people_in_sentence,
)
from relay.core.redaction import redact_name, redact_sentence
from relay.core.source import Source
from relay.ingest.parse_items import Items, read_items
from relay.ingest.persist import persist
from relay.ingest.prepare import PreparedEvent, RejectedItem, prepare_event
from relay.ingest.responses import (
    IngestResponse,
    batch_response,
    preview_result,
    rejection_result,
    single_event_response,
)
from relay.store.accept import AcceptOptions, NewEvent, Receipt, Retention
from relay.store.destinations import DestinationDirectory
from relay.store.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """One authenticated request. `raw` is its body, unparsed; `key_id` the API key that authenticated it."""

    source: Source
    raw: bytes
    content_type: str
    key_id: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestContext:
    """What accepting a request needs. `now` returns the current time."""

    config: Config
    directory: DestinationDirectory
    stores: Stores
    retention: Retention
    now: Callable[[], datetime]
    max_items: int = 500
    max_unreadable_bytes: int = 262_144
    """A webhook's body that cannot be read is stored as a dead letter up to this size, and refused above it."""
    compute: Compute = compute_here
    """Runs what reads and maps a body."""
    admit: Callable[[str, int], AbstractContextManager[None]] = admit_at_once
    """Called with a source's name and the work of a request. The context lasts until the request is stored."""

    @property
    def accept_options(self) -> AcceptOptions:
        """How to store a request, without what depends on the store."""
        return AcceptOptions(self.retention, compute=self.compute)

    def router(self, source: Source, *, for_rules: bool = False) -> Router:
        """Return the function that finds the destination of each of a source's items."""
        return self.config.router(source, self.directory, for_rules=for_rules)


def ingest_events(ctx: IngestContext, request: IngestRequest) -> IngestResponse:
    """Store every valid item of a request and return the response.

    Raises ValidationFailed if no item is valid (nothing is stored), and whatever `read_items` and `persist` raise.
    """
    now, work = ctx.now(), work_of(request.raw)
    with ctx.admit(request.source.name, work):
        built = ctx.compute(work, lambda: _build(ctx, request, now))
        accepted = persist(ctx.stores, built.receipt, built.events, now=now, options=ctx.accept_options)
        if built.single:
            return single_event_response(accepted, built.events, built.prepared[0])
        return batch_response(accepted, built.events, built.prepared)


@dataclass(frozen=True, slots=True)
class _BuiltRequest:
    """A request, ready to be stored. `single`: its body is one event."""

    receipt: Receipt
    events: Sequence[NewEvent]
    prepared: Sequence[PreparedEvent]
    single: bool


def _build(ctx: IngestContext, request: IngestRequest, now: datetime) -> _BuiltRequest:
    items, outcomes = _prepare_items(ctx, request, now)
    prepared = [outcome for outcome in outcomes if isinstance(outcome, PreparedEvent)]
    rejected = [outcome for outcome in outcomes if isinstance(outcome, RejectedItem)]
    if not prepared:
        raise _all_rejected(rejected, single=items.single)
    receipt_id, events = build_events(request.source, prepared, now=now)
    # A batch may name people in rejected items too, and the receipt stores its whole body: search all of it.
    people = prepared[0].people if items.single else find_people(request.raw, most=REQUEST_MAX)
    people += find_people(request.content_type)
    receipt = Receipt(
        id=receipt_id,
        source=request.source.name,
        raw=request.raw,
        content_type=request.content_type,
        key_id=request.key_id,
        idempotency_key=request.idempotency_key,
        # Stored, so that a repeated request gets the same response, rejected items included.
        rejections=orjson.dumps([_stored_rejection(item) for item in rejected]) if rejected else b"",
        people=people,
        limits=request.source.limits,
    )
    return _BuiltRequest(receipt, events, prepared, items.single)


def _stored_rejection(item: RejectedItem) -> dict[str, Any]:
    """Return the result of a rejected item. A key of the sender's that names a person is masked in it."""
    # A request with nothing but repeated events keeps its results for an hour, and no erasure finds it.
    result = rejection_result(item)
    errors = [{name: _mask_people(text) for name, text in error.items()} for error in result["errors"]]
    return result | {"errors": errors}


def _mask_people(text: str) -> str:
    return redact_sentence(redact_name(text)) if find_people_in_sentence(text) else text


def dry_run(ctx: IngestContext, request: IngestRequest) -> IngestResponse:
    """Return the calls and warnings that a request would produce, without storing anything."""
    now, work = ctx.now(), work_of(request.raw)
    with ctx.admit(request.source.name, work):
        body = ctx.compute(work, lambda: _preview(ctx, request, now))
    return IngestResponse(status=200, body={"dry_run": True} | body, repeated=False, events=0)


def _preview(ctx: IngestContext, request: IngestRequest, now: datetime) -> dict[str, Any]:
    items, outcomes = _prepare_items(ctx, request, now)
    rejected = [outcome for outcome in outcomes if isinstance(outcome, RejectedItem)]
    if len(rejected) == len(outcomes):
        raise _all_rejected(rejected, single=items.single)
    results = [preview_result(outcome) for outcome in outcomes]
    return results[0] if items.single else {"results": results}


def _prepare_items(
    ctx: IngestContext, request: IngestRequest, now: datetime
) -> tuple[Items, list[PreparedEvent | RejectedItem]]:
    items = read_items(request.raw, request.content_type, max_items=ctx.max_items)
    source, router = request.source, ctx.router(request.source)
    prepared = (
        prepare_event(index, value, source=source, router=router, now=now)
        for index, value in enumerate(items.values)
    )
    return items, list(_limit_problems(prepared))


def _limit_problems(
    outcomes: Iterable[PreparedEvent | RejectedItem],
) -> Iterator[PreparedEvent | RejectedItem]:
    """Yield the outcomes with PROBLEMS_MAX problems in total, besides the first of each rejected item."""
    left = PROBLEMS_MAX
    for outcome in outcomes:
        if isinstance(outcome, RejectedItem):
            item = outcome.list_at_most(left)
            left -= len(item.problems)
            yield item
        else:
            yield outcome


def _all_rejected(rejected: Sequence[RejectedItem], *, single: bool) -> ValidationFailed:
    # The paths of a single event begin at the event itself; those of a batch begin with the item's index.
    problems = (
        problem if single else problem.under(f"[{item.index}]")
        for item in rejected
        for problem in item.problems
    )
    total = sum(len(item.problems) + item.omitted for item in rejected)
    return ValidationFailed(list(islice(problems, PROBLEMS_MAX)), total=total)


def build_events(
    source: Source, prepared: Sequence[PreparedEvent], *, now: datetime
) -> tuple[str, list[NewEvent]]:
    """Return a new receipt id and the events of all items, each with a new id."""
    # A filtered item has no call but is still stored as one event.
    total = sum(max(len(item.calls), 1) for item in prepared)
    receipt_id, *ids = generate_ids(now, os.urandom(ENTROPY_BYTES), total + 1)
    unused_ids = iter(ids)
    return receipt_id, [event for item in prepared for event in _build_item_events(source, item, unused_ids)]


def _build_item_events(source: Source, item: PreparedEvent, ids: Iterator[str]) -> Iterator[NewEvent]:
    warnings = orjson.dumps([warning.as_dict() for warning in item.warnings]) if item.warnings else b""
    for part, (call, session) in enumerate(zip_longest(item.calls or (None,), item.sessions)):
        event_id = call.event_id if call else item.event_id
        event = NewEvent(
            id=next(ids),
            event_id=event_id,
            destination=item.destination.name,
            company=item.destination.company,
            type=item.type,
            item=item.index,
            call=call,
            warnings=warnings,
            reason=item.filtered or "",
            dedupe_name=item.dedupe_name or make_dedupe_key(source.name, item.account, event_id),
            priority=item.priority,
            session=session,
            store=item.destination.store,
            people=add_people_of_json(item.people, call.body) if call else item.people,
            happened_at=item.happened_at,
        )
        yield _mark_dead(event, item.no_destination, part) if item.no_destination and call else event


def _mark_dead(event: NewEvent, problem: Problem, part: int) -> NewEvent:
    """Return the event as a dead letter without a destination."""
    # The call is dropped: a replay maps the item again, because the call can differ for the destination it then gets.
    return replace(
        event,
        call=None,
        reason=problem.message,
        problems=orjson.dumps([problem.as_dict()]),
        dead_letter_reason=DeadLetterReason.NO_DESTINATION,
        part=part,
    )
