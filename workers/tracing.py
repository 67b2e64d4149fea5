"""A span around each attempt, in the trace that the event's request began."""

from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

from relay.store.delivery import LeasedEvent
from relay.store.engine import keys
from relay.tracing.spans import SpanRole, annotate, is_enabled, span


def trace_attempt(redis: Redis, taken: LeasedEvent, attempt: Callable[[], None]) -> None:
    """Make the attempt. A first one goes on with the request's trace; a later one has its own, linked to that.

    A trace that stays open until tomorrow's try is of no use to anybody.
    """
    if not is_enabled():
        attempt()
        return
    begun = _begun(redis, taken.id)
    first = taken.try_number == 1
    parent, links = (begun, ()) if first else ("", (begun,))
    with span(f"deliver {taken.operation}", SpanRole.CONSUMER, parent=parent, links=links):
        annotate(
            messaging__system="rq",
            messaging__message__id=taken.id,
            relay__destination=taken.destination,
            relay__company=taken.company,
            relay__operation=taken.operation,
            relay__try=taken.try_number,
        )
        attempt()


def _begun(redis: Redis, event_id: str) -> str:
    """The context that the event was accepted in; "" where it was not traced, or cannot be told now."""
    try:
        found = redis.hget(keys.EVENT + event_id, "trace")
    except RedisError:
        return ""
    return found.decode() if isinstance(found, bytes) else ""
