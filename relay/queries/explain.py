"""Explain why an event is or is not in Gong, from its record and the state of its destination and company."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from relay.core.call import Operation
from relay.core.compute import Compute, compute_here
from relay.core.config import Config
from relay.core.destination import Destination, Limits
from relay.core.explain.causes import EventFacts, Explanation, ExplanationCause, Obstacle
from relay.core.explain.explanation import explain
from relay.core.forecast import CompanyLoad, forecast_backlog
from relay.core.gong.problems import printable_key
from relay.core.gong.validate import Association, assess_association
from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.core.priority import Priority
from relay.core.redaction import PayloadVisibility, redact_sentence
from relay.core.timestamps import format_timestamp
from relay.queries.queues import source_loads
from relay.store.engine.connection import Client
from relay.store.engine.redis_time import to_datetime
from relay.store.events import read_event
from relay.store.queues import CompanyUsage, read_company_usage, read_depths, read_open_breakers
from relay.store.stores import Store, Stores

Record = Mapping[str, bytes]

_WAITING_STATES = frozenset({State.QUEUED, State.RETRYING, State.ON_HOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The stores and the time of a query, and how much of the payloads its caller may see."""

    stores: Stores
    now: datetime
    visibility: PayloadVisibility = PayloadVisibility.REDACTED
    config: Config | None = None
    """None if the configuration cannot be read; explanations then have less detail."""
    find: Callable[[str], Destination | None] = lambda _name: None
    """Looks up a destination by name."""
    compute: Compute = compute_here
    """Runs what reads, maps or redacts a payload."""

    def redact(self, text: str) -> str:
        """Redact text that may quote a payload, unless the viewer may see payloads."""
        return text if self.visibility is PayloadVisibility.PLAIN else redact_sentence(text)


def explain_event(viewer: Viewer, store: Store, record: Record) -> dict[str, Any]:
    """Return `{cause, in_gong, sentence, remedy, next_at}` of an event."""
    return render_explanation(explain(collect_facts(viewer, store, record)))


def render_explanation(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation. `in_gong` is null if it is unknown; `next_at` if nothing is due or its time is unknown."""
    return {
        "cause": explanation.cause,
        "in_gong": explanation.in_gong,
        "sentence": explanation.sentence,
        "remedy": explanation.remedy,
        "next_at": format_timestamp(explanation.next_at) if explanation.next_at else None,
    }


def collect_facts(viewer: Viewer, store: Store, record: Record) -> EventFacts:
    """Collect everything that the explanation of an event needs."""
    state = State(_text(record, "state"))
    reason = _text(record, "reason")
    facts = EventFacts(
        state=state,
        source=_text(record, "source"),
        destination=_text(record, "destination"),
        event_id=_render_event_id(viewer, record),
        at=to_datetime(record.get("ended_at") or record["changed_at"]),
        detail=viewer.redact(_text(record, "detail") or _last_error(record)),
        reason=DeadLetterReason(reason) if reason else None,
        ambiguous=record.get("ambiguous") == b"1",
        request_id=_text(record, "request_id"),
        rule=_text(record, "rule"),
        repeats=int(record.get("repeats", b"0")),
        data_deleted="data_deleted_at" in record,
        unattributed=_assess_association(record) is Association.OPAQUE,
    )
    if state is State.AGGREGATING:
        return replace(facts, next_at=to_datetime(record["aggregates_until"]))
    if state is State.AGGREGATED:
        return replace(facts, **_read_carrier(store.redis, record))
    if state in _WAITING_STATES:
        return _add_obstacles(viewer, store.redis, facts, record)
    return facts


def _render_event_id(viewer: Viewer, record: Record) -> str:
    if viewer.visibility is PayloadVisibility.PLAIN:
        return _text(record, "event_id")
    return _text(record, "masked_id") or viewer.redact(_text(record, "event_id"))


def _text(record: Record, name: str) -> str:
    return record.get(name, b"").decode()


def _last_error(record: Record) -> str:
    """Return the errors of the last attempt, for an event without a detail."""
    number = _text(record, "tries")
    attempt = orjson.loads(record.get(f"try:{number}", b"{}"))
    return printable_key("; ".join(attempt.get("errors", ())) or attempt.get("code", "")) if attempt else ""


def read_association(record: Record) -> str | None:
    """Return how reliably Gong can attribute the event to a person; None if it has no call."""
    return _assess_association(record)


def _assess_association(record: Record) -> Association | None:
    if "operation" not in record or not record.get("body"):
        return None
    return assess_association(Operation(record["operation"].decode()), orjson.loads(record["body"]))


def _read_carrier(redis: Client, record: Record) -> dict[str, Any]:
    carrier = _text(record, "carrier")
    event = read_event(redis, carrier)
    return {"carrier": carrier, "carrier_state": State(event["state"].decode()) if event else None}


def _add_obstacles(viewer: Viewer, redis: Client, facts: EventFacts, record: Record) -> EventFacts:
    """Add what keeps the event from being sent now: a hold, else what its company waits for."""
    hold = read_depths(redis, [facts.destination])[0].hold
    if hold is not None:
        return replace(facts, hold=HoldCause(hold.cause), next_at=hold.probe_at)
    if facts.state is State.ON_HOLD:
        return facts
    destination = viewer.find(facts.destination)
    limits = destination.limits if destination else Limits()
    [usage] = read_company_usage(redis, [_text(record, "company")])
    obstacle = _find_outage(viewer, redis, destination, usage) or _find_used_budget(
        _find_daily_limit(usage, limits, viewer.now, high=_text(record, "priority") == Priority.HIGH),
        _find_source_share(usage, limits, viewer.now, facts.source),
    )
    if facts.state is State.RETRYING:
        return replace(facts, obstacle=obstacle, next_at=to_datetime(record["due_at"]))
    load = replace(_build_load(usage, usage.queued), sources=source_loads(usage, limits))
    clears_at = forecast_backlog(load, limits, viewer.now).clears_at
    return replace(facts, obstacle=obstacle, next_at=clears_at)


def _find_outage(
    viewer: Viewer, redis: Client, destination: Destination | None, usage: CompanyUsage
) -> Obstacle | None:
    if usage.frozen_until is not None and usage.frozen_until > viewer.now:
        return Obstacle(ExplanationCause.RATE_LIMITED, usage.frozen_until)
    if usage.retry_after_until is not None and usage.retry_after_until > viewer.now:
        return Obstacle(ExplanationCause.RETRY_AFTER, usage.retry_after_until)
    breakers = read_open_breakers(redis, [destination.base_url]) if destination else []
    if not breakers:
        return None
    [breaker] = breakers
    return Obstacle(ExplanationCause.GONG_DOWN, breaker.open_until, viewer.redact(breaker.error))


def _find_daily_limit(usage: CompanyUsage, limits: Limits, now: datetime, *, high: bool) -> Obstacle | None:
    """Return the daily limit as an obstacle if this event may use no more of it."""
    # The rest of the budget, up to their share, is reserved for events of priority high.
    reserved = 0 if high else max(limits.high_priority_reserve - usage.high, 0)
    if usage.last_day + reserved < limits.daily_budget:
        return None
    return Obstacle(
        ExplanationCause.DAILY_LIMIT_REACHED,
        forecast_backlog(_build_load(usage, 1, high=high), limits, now).clears_at,
    )


def _find_source_share(usage: CompanyUsage, limits: Limits, now: datetime, source: str) -> Obstacle | None:
    """Return the share of the event's source as an obstacle if it is used up."""
    for limited in usage.sources:
        if limited.source == source and limited.is_used_up(limits):
            room = replace(limits, per_day=limited.budget(limits), daily_share=1.0)
            load = CompanyLoad(backlog=1, buckets=limited.buckets, only_high=True)
            return Obstacle(ExplanationCause.SOURCE_SHARE_USED, forecast_backlog(load, room, now).clears_at)
    return None


def _find_used_budget(daily_limit: Obstacle | None, share: Obstacle | None) -> Obstacle | None:
    """Return the one that delays the event longer."""
    if daily_limit is None or share is None:
        return daily_limit or share
    if daily_limit.until is None or (share.until is not None and share.until <= daily_limit.until):
        return daily_limit
    return share


def _build_load(usage: CompanyUsage, backlog: int, *, high: bool = False) -> CompanyLoad:
    return CompanyLoad(
        backlog=backlog,
        buckets=usage.buckets,
        high=usage.high,
        only_high=high,
        frozen_until=usage.stopped_until,
    )
