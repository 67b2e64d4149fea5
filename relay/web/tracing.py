"""A span around every request, beside the line that the log has of it."""

from contextlib import ExitStack

from flask import Flask, Response, g, request
from flask.globals import app_ctx

from relay.tracing.spans import SpanRole, annotate, is_enabled, span

_QUIET = frozenset({"/livez", "/readyz", "/version", "/metrics"})


def register(app: Flask) -> None:
    """Trace the requests of this application. To be called first, so that all else is within the span."""
    if is_enabled():
        app.before_request(_begin)
        app.after_request(_tell)
        app.teardown_request(_end)


def _begin() -> None:
    """A stranger's context does not become ours: it would decide what our collector keeps. It is linked to."""
    if request.path in _QUIET:
        return
    rule = request.url_rule.rule if request.url_rule else "none"
    theirs = request.headers.get("traceparent", "")
    g.traced = ExitStack()
    g.traced.enter_context(
        span(f"{request.method} {rule}", SpanRole.SERVER, links=[theirs] if theirs else [])
    )
    annotate(http__request__method=request.method, http__route=rule)


def _tell(response: Response) -> Response:
    told = app_ctx.g
    annotate(
        http__response__status_code=response.status_code,
        relay__source=told.get("source"),
        relay__events=told.get("events"),
        relay__code=told.get("code"),
    )
    return response


def _end(_: BaseException | None) -> None:
    if "traced" in g:
        g.pop("traced").close()
