"""At the end of every request at a endpoint: how long it took, and whether it was turned away and why, is counted."""

import time
from collections.abc import Callable
from threading import Thread

from flask import Flask, Response, g, request

from relay.store.request_stats import Rejection, RequestStats
from relay.web.context import WebContext, context_of

ENDPOINT_GROUPS = {"events_ingest": "events", "webhooks": "webhooks", "gong_compat": "gong"}
"""What each endpoint is called where requests are counted, by its blueprint."""

_TAKEN = frozenset({"already_reported"})
"""Answered with an error, as Gong does, though the request was taken: it is counted there."""

_LEAST_ERROR = 400


def run_inline(work: Callable[[], None]) -> None:
    """Before the connection's next request, which waits for it."""
    work()


def run_in_thread(work: Callable[[], None]) -> None:
    """While the connection goes on: a store that is frozen then holds up nobody."""
    Thread(target=work, daemon=True).start()


def register(app: Flask, run: Callable[[Callable[[], None]], None]) -> None:
    """Have every request at a endpoint of this application counted. `run` runs what tells the store of it."""
    known = context_of(app)
    turnstile = RequestStats(known.redis, time.monotonic)

    def count(response: Response) -> Response:
        endpoint = ENDPOINT_GROUPS.get(request.blueprint or "")
        if endpoint is not None:
            turnstile.time(endpoint, time.monotonic() - g.started)
            turned = _turned_away(known, response)
            if turned is not None:
                turnstile.count(turned)
        if turnstile.due():
            response.call_on_close(lambda: run(turnstile.flush_if_due))  # the sender has its answer by then
        return response

    app.after_request(count)


def _turned_away(known: WebContext, response: Response) -> Rejection | None:
    """What is told of a request at a endpoint. None: it was taken. A stranger's source is ""."""
    source, code = g.get("source"), g.get("code")
    if code is None or code in _TAKEN or response.status_code < _LEAST_ERROR:
        return None
    return Rejection(source or "", code, g.get("reason") or "", known.now())
