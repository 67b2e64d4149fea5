"""Counts requests to the ingest endpoints: their duration, and the code of each one that is rejected."""

import time
from collections.abc import Callable
from threading import Thread

from flask import Flask, Response, g, request

from relay.store.request_stats import Rejection, RequestStats
from relay.web.context import WebContext, context_of

ENDPOINT_GROUPS = {"events_ingest": "events", "webhooks": "webhooks", "gong_compat": "gong"}
"""The metric label of each ingest endpoint, by its blueprint."""

_ACCEPTED_CODES = frozenset({"already_reported"})
"""Gong's clients get an error for these, but the request was accepted and is counted as such."""

_MIN_ERROR_STATUS = 400


def run_inline(work: Callable[[], None]) -> None:
    """Run before the connection's next request."""
    work()


def run_in_thread(work: Callable[[], None]) -> None:
    """Run in a thread, so that a store that hangs does not block the connection."""
    Thread(target=work, daemon=True).start()


def register(app: Flask, run: Callable[[Callable[[], None]], None]) -> None:
    """Count the requests of this application. `run` calls the function that writes the counts to the store."""
    ctx = context_of(app)
    stats = RequestStats(ctx.redis, time.monotonic)

    def count_request(response: Response) -> Response:
        group = ENDPOINT_GROUPS.get(request.blueprint or "")
        if group is not None:
            stats.time(group, time.monotonic() - g.started)
            rejection = _read_rejection(ctx, response)
            if rejection is not None:
                stats.count(rejection)
        if stats.due():
            # On close: by then the sender has the response, so a slow store does not delay it.
            response.call_on_close(lambda: run(stats.flush_if_due))
        return response

    app.after_request(count_request)


def _read_rejection(ctx: WebContext, response: Response) -> Rejection | None:
    """Return why the request was rejected, or None if it was accepted. The source of an unknown sender is ""."""
    source, code = g.get("source"), g.get("code")
    if code is None or code in _ACCEPTED_CODES or response.status_code < _MIN_ERROR_STATUS:
        return None
    return Rejection(source or "", code, g.get("reason") or "", ctx.now())
