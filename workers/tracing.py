"""Tracing of attempts: each attempt is a span, connected to the trace of the request that brought its event."""

from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

from relay.store.delivery import LeasedEvent
from relay.store.engine import keys
from relay.tracing.spans import SpanRole, annotate, is_enabled, span


def trace_attempt(redis: Redis, event: LeasedEvent, attempt: Callable[[], None]) -> None:
    """Call `attempt` inside a span. The first attempt continues the request's trace; a later one links to it."""
    if not is_enabled():
        attempt()
        return
    context = _read_request_context(redis, event.id)
    # A retry may come hours later, and a trace that stays open for hours is hard to read.
    is_first = event.try_number == 1
    parent, links = (context, ()) if is_first else ("", (context,))
    with span(f"deliver {event.operation}", SpanRole.CONSUMER, parent=parent, links=links):
        annotate(
            messaging__system="rq",
            messaging__message__id=event.id,
            relay__destination=event.destination,
            relay__company=event.company,
            relay__operation=event.operation,
            relay__try=event.try_number,
        )
        attempt()


def _read_request_context(redis: Redis, event_id: str) -> str:
    """Return the trace context in which the event was accepted; "" if there is none or Redis does not answer."""
    try:
        context = redis.hget(keys.EVENT + event_id, "trace")
    except RedisError:
        return ""
    return context.decode() if isinstance(context, bytes) else ""
