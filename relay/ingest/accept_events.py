"""Taking a request in: items, calls, one atomic step in the store, and the answer that says what became of each."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

import orjson

from relay.core.config import Config
from relay.core.errors import Problem, ValidationFailed
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.lifecycle import DeadLetterReason
from relay.core.mapping.routing import Router, make_dedupe_key
from relay.core.personal_data import REQUEST_MAX, add_people_of_json, find_people
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
from relay.store.accept import NewEvent, Receipt, Retention
from relay.store.destinations import DestinationDirectory
from relay.store.stores import Stores


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """One authenticated request, as it came."""

    source: Source
    raw: bytes
    content_type: str
    key_id: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What taking in needs. `now` tells the time."""

    config: Config
    directory: DestinationDirectory
    stores: Stores
    retention: Retention
    now: Callable[[], datetime]
    max_items: int = 500

    def router(self, source: Source, *, for_rules: bool = False) -> Router:
        """What finds the destination of each of a source's items."""
        return self.config.router(source, self.directory, for_rules=for_rules)


def ingest_events(intake: IngestContext, arrival: IngestRequest) -> IngestResponse:
    """Keep every item that can be sent, all of one store in one step, and answer for each.

    Raises Invalid when none can be sent (nothing is kept), and what `read_items` and `persist` raise.
    """
    now = intake.now()
    items, outcomes = _outcomes(intake, arrival, now)
    prepared = [outcome for outcome in outcomes if isinstance(outcome, PreparedEvent)]
    rejected = [outcome for outcome in outcomes if isinstance(outcome, RejectedItem)]
    if not prepared:
        raise ValidationFailed(_all_problems(rejected, single=items.single))
    receipt_id, events = build_events(arrival.source, prepared, now=now)
    people = prepared[0].people if items.single else find_people(arrival.raw, most=REQUEST_MAX)
    receipt = Receipt(
        id=receipt_id,
        source=arrival.source.name,
        raw=arrival.raw,
        content_type=arrival.content_type,
        key_id=arrival.key_id,
        idempotency_key=arrival.idempotency_key,
        rejections=orjson.dumps([rejection_result(outcome) for outcome in rejected]) if rejected else b"",
        people=people,
    )
    accepted = persist(intake.stores, receipt, events, now=now, retention=intake.retention)
    if items.single:
        return single_event_response(accepted, events, prepared[0])
    return batch_response(accepted, events, prepared)


def dry_run(intake: IngestContext, arrival: IngestRequest) -> IngestResponse:
    """What would be sent to Gong, and every warning; nothing is kept."""
    items, outcomes = _outcomes(intake, arrival, intake.now())
    rejected = [outcome for outcome in outcomes if isinstance(outcome, RejectedItem)]
    if len(rejected) == len(outcomes):
        raise ValidationFailed(_all_problems(rejected, single=items.single))
    results = [preview_result(outcome) for outcome in outcomes]
    body = results[0] if items.single else {"results": results}
    return IngestResponse(200, {"dry_run": True} | body, repeated=False, events=0)


def _outcomes(
    intake: IngestContext, arrival: IngestRequest, now: datetime
) -> tuple[Items, list[PreparedEvent | RejectedItem]]:
    items = read_items(arrival.raw, arrival.content_type, max_items=intake.max_items)
    source, router = arrival.source, intake.router(arrival.source)
    prepared = (
        prepare_event(at, value, source=source, router=router, now=now)
        for at, value in enumerate(items.values)
    )
    return items, list(prepared)


def _all_problems(rejected: Sequence[RejectedItem], *, single: bool) -> list[Problem]:
    return [
        problem if single else problem.under(f"[{outcome.index}]")
        for outcome in rejected
        for problem in outcome.problems
    ]


def build_events(
    source: Source, prepared: Sequence[PreparedEvent], *, now: datetime
) -> tuple[str, list[NewEvent]]:
    """A fresh id for the receipt, and its events with theirs."""
    total = sum(max(len(item.calls), 1) for item in prepared)
    receipt_id, *ids = generate_ids(now, os.urandom(ENTROPY_BYTES), total + 1)
    numbered = iter(ids)
    return receipt_id, [event for item in prepared for event in _of_item(source, item, numbered)]


def _of_item(source: Source, item: PreparedEvent, ids: Iterator[str]) -> Iterator[NewEvent]:
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
        yield _dead(event, item.no_destination, part) if item.no_destination and call else event


def _dead(event: NewEvent, why: Problem, part: int) -> NewEvent:
    """Without its call, which is made anew when it is replayed: it may differ for the destination it goes to then."""
    problems, dead_as = orjson.dumps([why.as_dict()]), DeadLetterReason.NO_DESTINATION
    return replace(
        event, call=None, reason=why.message, problems=problems, dead_letter_reason=dead_as, part=part
    )
