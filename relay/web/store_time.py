"""The time that the stores have for a request. After it the response is 503, and says when to try again."""

from collections.abc import Callable

from flask import Flask, Request, has_request_context, request

from relay.core.compute import Compute, Result
from relay.store.engine.deadline import limit_store_time
from relay.web.server.native_threads import MIN_BYTES

_SENDERS = frozenset({"events_ingest", "webhooks", "gong_compat", "health"})
"""Blueprints that senders and load balancers call. They get a response within two seconds."""

_SENDERS_SECONDS = 1.8
_OPERATORS_SECONDS = 30.0
"""For pages and lists, which need many commands."""


def register(app: Flask) -> None:
    """Limit the store's time for each request of this application."""
    app.before_request(lambda: begin_store_time(request))
    # What runs after the response, such as counting requests, has its own time.
    app.teardown_request(lambda _: limit_store_time(None))


def begin_store_time(request: Request) -> None:
    """Start the request's time, or start it again."""
    limit_store_time(_SENDERS_SECONDS if request.blueprint in _SENDERS else _OPERATORS_SECONDS)


def exclude_from_store_time(compute: Compute) -> Compute:
    """Return a `Compute` after which the request's time starts again: the time that it took is not the store's."""

    def run(size: int, function: Callable[[], Result], /) -> Result:
        result = compute(size, function)
        if size >= MIN_BYTES and has_request_context():
            begin_store_time(request)
        return result

    return run
