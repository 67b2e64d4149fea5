"""What this Gong has accepted, newest last, and which events it has seen before."""

import json
from collections import deque
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any

from relay.sandbox.routes import BY_NAME
from relay.sandbox.settings import DedupeScope

DedupeKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """One event that Gong took. `digest` is of the raw body, so that a changed repetition shows."""

    received_at: float
    company: str
    route: str
    credential: str
    request_id: str
    event_id: str | None
    digest: str
    raw: bytes
    """The body as it came. Ten times the objects, kept for long, would hold up every call while Python counts them."""

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    def as_dict(self) -> dict[str, Any]:
        told = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "raw"}
        return told | {"body": self.body}


@dataclass(slots=True)
class Ledger:
    """Every event id ever seen, and the newest events whole. `received` counts all of them since the last reset."""

    events: deque[Accepted]
    scope: DedupeScope
    seen: dict[DedupeKey, Accepted] = field(default_factory=dict)
    received: int = 0
    resets: int = 0


def earlier(ledger: Ledger, event: Accepted, *, ttl_seconds: float) -> Accepted | None:
    """The event that was accepted under the same id before, unless that is long enough ago to be forgotten."""
    key = _dedupe_key(event, ledger.scope)
    known = ledger.seen.get(key) if key else None
    if known is not None and ttl_seconds and event.received_at - known.received_at >= ttl_seconds:
        return None
    return known


def keep(ledger: Ledger, event: Accepted) -> None:
    if key := _dedupe_key(event, ledger.scope):
        ledger.seen[key] = event
    ledger.events.append(event)
    ledger.received += 1


def forget(ledger: Ledger) -> None:
    ledger.events.clear()
    ledger.seen.clear()
    ledger.received = 0
    ledger.resets += 1


def rescope(ledger: Ledger, scope: DedupeScope) -> None:
    """Deduplicate by this scope from now on, over all that is known."""
    if scope is ledger.scope:
        return
    known, ledger.scope = list(ledger.seen.values()), scope
    ledger.seen = {key: event for event in known if (key := _dedupe_key(event, scope))}


def newest(ledger: Ledger, company: str | None, limit: int) -> list[tuple[int, Accepted]]:
    """Up to `limit` events, newest first, each with its number since the last reset."""
    numbered = zip(range(ledger.received, 0, -1), reversed(ledger.events), strict=False)
    return list(
        islice(((number, event) for number, event in numbered if company in {None, event.company}), limit)
    )


def _dedupe_key(event: Accepted, scope: DedupeScope) -> DedupeKey | None:
    """What the event is deduplicated by; None for an event without an id, which is never a repetition."""
    if event.event_id is None:
        return None
    scopes = {
        DedupeScope.COMPANY: (),
        DedupeScope.CREDENTIAL: (event.credential,),
        DedupeScope.SOURCE: _sender(event),
        DedupeScope.ENDPOINT: (event.route,),
    }
    return event.company, *scopes[scope], event.event_id


def _sender(event: Accepted) -> tuple[str, str]:
    """The engagement API tells its senders apart by the system they report, the other by who calls."""
    family = BY_NAME[event.route].family
    return family, str(event.body.get("reportingSystem")) if family == "legacy" else event.credential
