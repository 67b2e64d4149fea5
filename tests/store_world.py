"""Builders for tests of the store: receipts and events with just what a test cares about."""

from datetime import UTC, datetime
from itertools import count

from relay.core.call import Call, Operation
from relay.core.ids import id_run
from relay.store.accepting import Accepted, NewEvent, Receipt, Retention, accept
from relay.store.delivery import Pacing, Taken, take
from relay.store.scripts import Scripts

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
_numbers = count()


def new_id() -> str:
    return id_run(NOW, next(_numbers).to_bytes(9), 1)[0]


def receipt(raw: bytes = b"{}", **fields: str | bytes) -> Receipt:
    return Receipt(
        **{"id": new_id(), "source": "web", "raw": raw, "content_type": "application/json", "key_id": "k"}
        | fields
    )


def event(
    native: str, *, destination: str = "acme", company: str = "acme", filtered: bool = False
) -> NewEvent:
    event_id = f"web:{native}"
    call = None if filtered else Call(Operation.DIGITAL_INTERACTION, event_id, {"eventId": event_id})
    return NewEvent(
        new_id(), event_id, destination, company, "page_view", 0, call, reason="internal" if filtered else ""
    )


def accept_events(scripts: Scripts, *events: NewEvent, on: Receipt | None = None) -> Accepted:
    return accept(scripts, on or receipt(), events, now=NOW, retention=Retention())


def take_events(scripts: Scripts, want: int = 32, *, window: float = 0.0, lease: float = 30.0) -> list[Taken]:
    _, taken = take(scripts, worker="w", want=want, pacing=Pacing(lease=lease, window=window))
    return taken
