"""The events that this Gong has accepted, and the event ids by which it recognizes duplicates."""

import json
from collections import deque
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any

from relay.sandbox.routes import ROUTES_BY_NAME
from relay.sandbox.settings import DedupeScope

DedupeKey = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedEvent:
    """One event that this Gong accepted."""

    received_at: float
    company: str
    route: str
    credential: str
    """The access key or the client id that the call authenticated with."""

    request_id: str
    event_id: str | None
    digest: str
    """SHA-256 of the raw body. It shows whether a duplicate has the same body."""

    raw: bytes
    """The body as it was sent. Keeping parsed bodies would mean ten times as many objects and long garbage
    collections, which delay every call."""

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    def as_dict(self) -> dict[str, Any]:
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "raw"}
        return values | {"body": self.body}


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The newest events, and every event id since the last reset."""

    events: deque[AcceptedEvent]
    scope: DedupeScope
    by_dedupe_key: dict[DedupeKey, AcceptedEvent] = field(default_factory=dict)
    received: int = 0
    """Events since the last reset, including those that are no longer kept."""

    resets: int = 0


def find_duplicate(ledger: Ledger, event: AcceptedEvent, *, ttl_seconds: float) -> AcceptedEvent | None:
    """Return the event that was accepted under the same id before, unless it is older than `ttl_seconds`.

    A `ttl_seconds` of 0 keeps ids without limit.
    """
    key = _dedupe_key(event, ledger.scope)
    earlier = ledger.by_dedupe_key.get(key) if key else None
    if earlier is not None and ttl_seconds and event.received_at - earlier.received_at >= ttl_seconds:
        return None
    return earlier


def add_event(ledger: Ledger, event: AcceptedEvent) -> None:
    if key := _dedupe_key(event, ledger.scope):
        ledger.by_dedupe_key[key] = event
    ledger.events.append(event)
    ledger.received += 1


def clear_ledger(ledger: Ledger) -> None:
    ledger.events.clear()
    ledger.by_dedupe_key.clear()
    ledger.received = 0
    ledger.resets += 1


def change_scope(ledger: Ledger, scope: DedupeScope) -> None:
    """Deduplicate by another scope from now on, and apply it to the ids that are already stored."""
    if scope is ledger.scope:
        return
    # Two events may get the same key in a wider scope; the later one then replaces the earlier one.
    events, ledger.scope = list(ledger.by_dedupe_key.values()), scope
    ledger.by_dedupe_key = {key: event for event in events if (key := _dedupe_key(event, scope))}


def newest_events(ledger: Ledger, company: str | None, limit: int) -> list[tuple[int, AcceptedEvent]]:
    """Return up to `limit` events, newest first, each with its number since the last reset."""
    numbered = zip(range(ledger.received, 0, -1), reversed(ledger.events), strict=False)
    matching = ((number, event) for number, event in numbered if company in {None, event.company})
    return list(islice(matching, limit))


def _dedupe_key(event: AcceptedEvent, scope: DedupeScope) -> DedupeKey | None:
    """Return the key that identifies duplicates. An event without an id has none and is never a duplicate."""
    if event.event_id is None:
        return None
    scopes = {
        DedupeScope.COMPANY: (),
        DedupeScope.CREDENTIAL: (event.credential,),
        DedupeScope.SOURCE: _sender(event),
        DedupeScope.ENDPOINT: (event.route,),
    }
    return event.company, *scopes[scope], event.event_id


def _sender(event: AcceptedEvent) -> tuple[str, str]:
    # The engagement API identifies a sender by its reportingSystem, the interactions API by its credential.
    family = ROUTES_BY_NAME[event.route].family
    return family, str(event.body.get("reportingSystem")) if family == "engagement" else event.credential
