"""Builders for tests of the store: receipts and events with just what a test cares about."""

from datetime import UTC, datetime
from itertools import count

from redis import Redis

from relay.core.call import Call, Operation
from relay.core.destination import BasicCredentials, Destination, Limits
from relay.core.ids import generate_ids
from relay.core.priority import Priority
from relay.store.accept import AcceptOptions, AcceptResult, NewEvent, Receipt, Retention, accept
from relay.store.delivery import (
    LeasedEvent,
    Pacing,
    SweepOptions,
    SweepResult,
    lease_events,
    publish_limits,
    sweep,
)
from relay.store.engine import keys
from relay.store.engine.compression import unpack
from relay.store.engine.scripts import Scripts

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
_numbers = count()


def new_id() -> str:
    return generate_ids(NOW, next(_numbers).to_bytes(9), 1)[0]


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
    priority: Priority = Priority.NORMAL,
) -> NewEvent:
    event_id = f"web:{native}"
    call = None if filtered else Call(Operation.DIGITAL_INTERACTION, event_id, {"eventId": event_id})
    return NewEvent(
        id=new_id(),
        event_id=event_id,
        destination=destination,
        company=company,
        type="page_view",
        item=0,
        call=call,
        reason="internal" if filtered else "",
        priority=priority,
    )


def accept_events(scripts: Scripts, *events: NewEvent, on: Receipt | None = None) -> AcceptResult:
    return accept(scripts, on or receipt(), events, now=NOW, options=AcceptOptions(Retention()))


def take_events(
    scripts: Scripts, want: int = 32, *, window: float = 0.0, lease: float = 30.0
) -> list[LeasedEvent]:
    """Lease events. Without a window, a company's rate limit delays nothing."""
    pacing = Pacing(lease=lease, window=window, slack=0.0)
    _, leased = lease_events(scripts, worker="w", want=want, pacing=pacing)
    return leased


def publish(
    scripts: Scripts, company: str = "acme", *, base_url: str = "https://api.gong.io", **limits: float
) -> None:
    """Publish a company's limits to the store, as a worker does when it starts."""
    credentials = BasicCredentials("k", "s")
    destination = Destination(
        name=company, company=company, credentials=credentials, base_url=base_url, limits=Limits(**limits)
    )
    publish_limits(scripts, {company: destination})


def sweep_now(scripts: Scripts, redis: Redis, **options: float) -> SweepResult:
    """Sweep now, even if another sweep has just run."""
    redis.delete(keys.SWEEP_LOCK)
    return sweep(scripts, SweepOptions(**options), Pacing(window=0.0, slack=0.0))


def field_of(redis: Redis, event_id: str, name: str) -> str:
    value = redis.hget(keys.EVENT + event_id, name)
    return value.decode() if value else ""


def text_of_the_store(redis: Redis) -> str:
    """All keys and values in the store, decompressed, in lower case."""
    parts: list[bytes] = []
    for key in redis.keys("*"):
        parts += [key, *_values(redis, key)]
    return "\n".join(value.decode("utf-8", "replace") for value in parts).lower()


def _values(redis: Redis, key: bytes) -> list[bytes]:
    match redis.type(key):
        case b"string":
            return [redis.get(key)]
        case b"hash":
            fields = redis.hgetall(key)
            raw = fields.get(b"raw", b"")
            beginning = raw or (redis.hget(keys.RECEIPT.encode() + fields.get(b"receipt", b""), "raw") or b"")
            packed = {name: unpack(fields[name], beginning) for name in (b"raw", b"body") if name in fields}
            return [part for pair in (fields | packed).items() for part in pair]
        case b"list":
            return redis.lrange(key, 0, -1)
        case b"set":
            return [*redis.smembers(key)]
        case b"zset":
            return redis.zrange(key, 0, -1)
        case b"none":  # it has just expired
            return []
        case b"stream":
            return [part for _, fields in redis.xrange(key) for pair in fields.items() for part in pair]
    raise AssertionError(f"{key!r} has a type that this helper does not read")
