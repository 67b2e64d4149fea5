"""A trace span around every request."""

from contextlib import ExitStack

from flask import Flask, Response, g, request
from flask.globals import app_ctx

from relay.tracing.spans import SpanRole, annotate, is_enabled, span

_UNTRACED_PATHS = frozenset({"/livez", "/readyz", "/version", "/metrics"})


def register(app: Flask) -> None:
    """Trace the requests of this application. Call it first, so that the other handlers run within the span."""
    if is_enabled():
        app.before_request(_start_span)
        app.after_request(_annotate_response)
        app.teardown_request(_end_span)


def _start_span() -> None:
    if request.path in _UNTRACED_PATHS:
        return
    route = request.url_rule.rule if request.url_rule else "none"
    # The sender's trace is linked and not continued: its sampling flag would decide which of our spans are kept.
    traceparent = request.headers.get("traceparent", "")
    g.span = ExitStack()
    g.span.enter_context(
        span(f"{request.method} {route}", SpanRole.SERVER, links=[traceparent] if traceparent else [])
    )
    annotate(http__request__method=request.method, http__route=route)


def _annotate_response(response: Response) -> Response:
    request_data = app_ctx.g
    annotate(
        http__response__status_code=response.status_code,
        relay__source=request_data.get("source"),
        relay__events=request_data.get("events"),
        relay__code=request_data.get("code"),
    )
    return response


def _end_span(_: BaseException | None) -> None:
    if "span" in g:
        g.pop("span").close()
