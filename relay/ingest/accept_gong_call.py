"""Accept a call that a client made for Gong: check its body and store its event in one step."""

from dataclasses import dataclass, replace
from datetime import datetime

from relay.core.call import Operation
from relay.core.compute import work_of
from relay.core.destination import Destination
from relay.core.errors import Forbidden
from relay.core.gong_compat.dispatch import MappedRequest, map_request
from relay.core.gong_compat.parse import CATALOG_OPERATIONS, find_operation
from relay.core.gong_compat.sender_ids import add_source_prefix, check_sender_id
from relay.core.personal_data import find_people
from relay.ingest.accept_events import IngestContext, IngestRequest, build_events
from relay.ingest.parse_items import read_json_value
from relay.ingest.persist import persist
from relay.ingest.prepare import PreparedEvent, assign_sessions
from relay.store.accept import AcceptResult, EventIdInUse, Receipt

_ROUTED = (
    "This source chooses the destination by a value in each event, and bodies of Gong's API have no such value. "
    "Send the events to /v1/events, or use the key of a source that has one destination."
)


@dataclass(frozen=True, slots=True)
class GongCallResult:
    """The result of a call.

    `event_id` is Gong's eventId. `repeated`: the source sent this eventId before, and nothing new was stored.
    """

    operation: Operation
    event_id: str
    repeated: bool
    events: int


def ingest_gong_call(ctx: IngestContext, request: IngestRequest, *, path: str) -> GongCallResult:
    """Store the event of a call to one of Gong's paths.

    Raises ValidationFailed with everything that Gong would reject, or for an id that begins with another source's prefix
    (nothing is stored in either case), Forbidden for a source that routes by a value, and whatever `read_json_value` and
    `persist` raise.
    """
    if request.source.name in ctx.config.routes:
        raise Forbidden("source_uses_routing", _ROUTED)
    work = work_of(request.raw)
    with ctx.admit(request.source.name, work):
        return _ingest(ctx, request, path, work)


def _ingest(ctx: IngestContext, request: IngestRequest, path: str, work: int) -> GongCallResult:
    source, now = request.source, ctx.now()
    destination = ctx.config.destinations[source.destination]
    call = ctx.compute(work, lambda: _read_call(request, path, destination, now=now))
    gong_request = call.mapped
    check_sender_id(gong_request, source, destination, ctx.config)
    try:
        accepted, events = _store(ctx, request, call, destination, now=now)
    except EventIdInUse:
        gong_request = add_source_prefix(gong_request)
        call = replace(call, mapped=gong_request)
        accepted, events = _store(ctx, request, call, destination, now=now)
    # Gong answers 409 only to a body that has an id, and the catalog dialect has no 409 at all. In all other cases a
    # repeated call gets the first response again.
    reports_duplicates = gong_request.has_sender_id and call.operation not in CATALOG_OPERATIONS
    repeated = reports_duplicates and all(verdict.duplicate for verdict in accepted.verdicts)
    return GongCallResult(call.operation, accepted.verdicts[0].id, repeated, events)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that was read: its operation, what it becomes, and the people in its body."""

    operation: Operation
    mapped: MappedRequest
    people: tuple[str, ...]


def _read_call(request: IngestRequest, path: str, destination: Destination, *, now: datetime) -> _Call:
    value = read_json_value(request.raw, request.content_type)
    operation = find_operation(path, value)
    mapped = map_request(operation, value, route=(request.source, destination), now=now)
    return _Call(operation, mapped, find_people(request.raw, request.content_type))


def _store(
    ctx: IngestContext,
    request: IngestRequest,
    call: _Call,
    destination: Destination,
    *,
    now: datetime,
) -> tuple[AcceptResult, int]:
    """Store the request and its events. Returns the result and the number of events. Raises whatever `persist` raises."""
    source, people, gong_request = request.source, call.people, call.mapped
    mapped = gong_request.mapped
    item = PreparedEvent(
        index=0,
        type=gong_request.type,
        event_id=gong_request.event_id,
        calls=mapped.calls,
        warnings=mapped.warnings,
        filtered=mapped.filter_reason,
        destination=destination,
        dedupe_name=gong_request.dedupe_name,
        priority=source.priority(gong_request.type),
        sessions=assign_sessions(source, gong_request.type, mapped.calls),
        happened_at=mapped.calls[0].happened_at if mapped.calls else None,
        people=people,
    )
    receipt_id, events = build_events(source, [item], now=now)
    receipt = Receipt(
        id=receipt_id,
        source=source.name,
        raw=request.raw,
        content_type=request.content_type,
        key_id=request.key_id,
        people=people,
        limits=source.limits,
    )
    return persist(ctx.stores, receipt, events, now=now, options=ctx.accept_options), len(events)
