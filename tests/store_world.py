"""Builders for tests of the store: receipts and events with just what a test cares about."""

from datetime import UTC, datetime
from itertools import count

from redis import Redis

from relay.core.call import Call, Operation
from relay.core.destination import BasicCredentials, Destination, Limits
from relay.core.ids import id_run
from relay.core.lane import Lane
from relay.store import keys
from relay.store.accepting import Accepted, NewEvent, Receipt, Retention, accept
from relay.store.delivery import Pacing, Sweeping, Swept, Taken, publish_limits, sweep, take
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
    native: str,
    *,
    destination: str = "acme",
    company: str = "acme",
    filtered: bool = False,
    lane: Lane = Lane.NORMAL,
) -> NewEvent:
    event_id = f"web:{native}"
    call = None if filtered else Call(Operation.DIGITAL_INTERACTION, event_id, {"eventId": event_id})
    return NewEvent(
        new_id(),
        event_id,
        destination,
        company,
        "page_view",
        0,
        call,
        reason="internal" if filtered else "",
        lane=lane,
    )


def accept_events(scripts: Scripts, *events: NewEvent, on: Receipt | None = None) -> Accepted:
    return accept(scripts, on or receipt(), events, now=NOW, retention=Retention())


def take_events(scripts: Scripts, want: int = 32, *, window: float = 0.0, lease: float = 30.0) -> list[Taken]:
    """Without a window a company's pace holds nothing back."""
    pacing = Pacing(lease=lease, window=window, slack=0.0)
    _, taken = take(scripts, worker="w", want=want, pacing=pacing)
    return taken


def publish(
    scripts: Scripts, company: str = "acme", *, base_url: str = "https://api.gong.io", **limits: float
) -> None:
    """Tell the store what a company may send, as a worker does when it starts."""
    credentials = BasicCredentials("k", "s")
    destination = Destination(company, company, credentials, base_url, Limits(**limits))
    publish_limits(scripts, {company: destination})


def sweep_now(scripts: Scripts, redis: Redis, **options: float) -> Swept:
    """A sweep, whoever swept a moment ago."""
    redis.delete(keys.SWEEP)
    return sweep(scripts, Sweeping(**options), Pacing(window=0.0, slack=0.0))


def field_of(redis: Redis, event_id: str, name: str) -> str:
    value = redis.hget(keys.EVENT + event_id, name)
    return value.decode() if value else ""
