"""Why one event is, or is not, in Gong: the facts of its record and of what surrounds it, explained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from relay.core.call import Operation
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
from relay.store.engine.connection import Client
from relay.store.engine.redis_time import to_datetime
from relay.store.events import read_event
from relay.store.queues import CompanyUsage, read_company_usage, read_depths, read_open_breakers
from relay.store.stores import Store, Stores

Record = Mapping[str, bytes]

_BEFORE_GONG = frozenset({State.QUEUED, State.RETRYING, State.ON_HOLD})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: at which stores, when, and how much of payloads they see.

    Without `config` and `find` (a configuration that cannot be read) there is less to tell, but it is told.
    """

    stores: Stores
    now: datetime
    sight: PayloadVisibility = PayloadVisibility.REDACTED
    config: Config | None = None
    find: Callable[[str], Destination | None] = lambda _name: None

    def redact(self, text: str) -> str:
        """A sentence that may quote a payload, as this one sees it."""
        return text if self.sight is PayloadVisibility.PLAIN else redact_sentence(text)


def explain_event(viewer: Viewer, store: Store, record: Record) -> dict[str, Any]:
    """`{cause, in_gong, sentence, remedy, next_at}` of an event in a store."""
    return render_explanation(explain(collect_facts(viewer, store, record)))


def render_explanation(told: Explanation) -> dict[str, Any]:
    """`in_gong` is null where nobody can know, `next_at` where nothing is awaited or nobody knows when."""
    return {
        "cause": told.cause,
        "in_gong": told.in_gong,
        "sentence": told.sentence,
        "remedy": told.remedy,
        "next_at": format_timestamp(told.next_at) if told.next_at else None,
    }


def collect_facts(viewer: Viewer, store: Store, record: Record) -> EventFacts:
    """Everything that the explanation of an event stands on."""
    state = State(_text(record, "state"))
    reason = _text(record, "reason")
    facts = EventFacts(
        state=state,
        source=_text(record, "source"),
        destination=_text(record, "destination"),
        event_id=viewer.redact(_text(record, "event_id")),
        at=to_datetime(record.get("ended_at") or record["changed_at"]),
        detail=viewer.redact(_text(record, "detail") or _last_said(record)),
        reason=DeadLetterReason(reason) if reason else None,
        ambiguous=record.get("ambiguous") == b"1",
        request_id=_text(record, "request_id"),
        rule=_text(record, "rule"),
        repeats=int(record.get("repeats", b"0")),
        unattributed=_association(record) is Association.OPAQUE,
    )
    if state is State.AGGREGATING:
        return replace(facts, next_at=to_datetime(record["aggregates_until"]))
    if state is State.AGGREGATED:
        return replace(facts, **_carrier(store.redis, record))
    return _surrounded(viewer, store.redis, facts, record) if state in _BEFORE_GONG else facts


def _text(record: Record, name: str) -> str:
    return record.get(name, b"").decode()


def _last_said(record: Record) -> str:
    """What Gong said to the last attempt, of an event that has no detail of its own."""
    number = _text(record, "tries")
    told = orjson.loads(record.get(f"try:{number}", b"{}"))
    return printable_key("; ".join(told.get("errors", ())) or told.get("code", "")) if told else ""


def read_association(record: Record) -> str | None:
    """How surely Gong can tell whom the event is about; None where it has no call."""
    return _association(record)


def _association(record: Record) -> Association | None:
    if "operation" not in record or not record.get("body"):
        return None
    return assess_association(Operation(record["operation"].decode()), orjson.loads(record["body"]))


def _carrier(redis: Client, record: Record) -> dict[str, Any]:
    carrier = _text(record, "carrier")
    found = read_event(redis, carrier)
    return {"carrier": carrier, "carrier_state": State(found["state"].decode()) if found else None}


def _surrounded(viewer: Viewer, redis: Client, facts: EventFacts, record: Record) -> EventFacts:
    """With what keeps the event from being sent just now: a hold first, then what its company must wait for."""
    hold = read_depths(redis, [facts.destination])[0].hold
    if hold is not None:
        return replace(facts, hold=HoldCause(hold.cause), next_at=hold.probe_at)
    if facts.state is State.ON_HOLD:
        return facts
    destination = viewer.find(facts.destination)
    limits = destination.limits if destination else Limits()
    [spent] = read_company_usage(redis, [_text(record, "company")])
    obstacle = _obstacle(viewer, redis, destination, spent) or _spent_day(
        spent, limits, viewer.now, high=_text(record, "priority") == Priority.HIGH
    )
    if facts.state is State.RETRYING:
        return replace(facts, obstacle=obstacle, next_at=to_datetime(record["due_at"]))
    clears = forecast_backlog(_standing(spent, spent.queued), limits, viewer.now).clears_at
    return replace(facts, obstacle=obstacle, next_at=clears)


def _obstacle(
    viewer: Viewer, redis: Client, destination: Destination | None, spent: CompanyUsage
) -> Obstacle | None:
    if spent.frozen_until is not None and spent.frozen_until > viewer.now:
        return Obstacle(ExplanationCause.RATE_LIMITED, spent.frozen_until)
    down = read_open_breakers(redis, [destination.base_url]) if destination else []
    return (
        Obstacle(ExplanationCause.GONG_DOWN, down[0].open_until, viewer.redact(down[0].error))
        if down
        else None
    )


def _spent_day(spent: CompanyUsage, limits: Limits, now: datetime, *, high: bool) -> Obstacle | None:
    """What is left of a day is kept for events of priority high, up to their share."""
    kept = 0 if high else max(limits.high_priority_reserve - spent.high, 0)
    if spent.last_day + kept < limits.daily_budget:
        return None
    return Obstacle(
        ExplanationCause.DAILY_LIMIT_REACHED,
        forecast_backlog(_standing(spent, 1, high=high), limits, now).clears_at,
    )


def _standing(spent: CompanyUsage, backlog: int, *, high: bool = False) -> CompanyLoad:
    return CompanyLoad(
        backlog=backlog,
        buckets=spent.buckets,
        high=spent.high,
        only_high=high,
        frozen_until=spent.frozen_until,
    )
