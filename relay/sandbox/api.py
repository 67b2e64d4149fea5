"""WSGI middleware that serves the Gong API: checks a call, logs it and sends the response."""

import time
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from relay.sandbox import companies, limits, responses, transport
from relay.sandbox.checks import CHECKS
from relay.sandbox.credentials import redact_authorization
from relay.sandbox.request import ApiRequest, read_request, split_path
from relay.sandbox.responses import GongResponse
from relay.sandbox.state import LogEntry, Sandbox

_COUNTER_BY_STATUS: Final = {409: "duplicates", 429: "rate_limited"}


def wrap_with_api(app: WSGIApplication, sandbox: Sandbox) -> WSGIApplication:
    """Serve every path and method below `/v2/`, and pass all other requests to `app`.

    A benchmark sends some 900 calls per second through one process, and Flask's dispatch alone costs more than all
    checks together.
    """

    def api_or_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        api_path = split_path(environ["PATH_INFO"])
        if api_path is None:
            return app(environ, start_response)
        company, path = api_path
        reply = _answer_call(sandbox, environ, company, path)
        return transport.send_reply(reply, environ, start_response)

    return api_or_app


def _answer_call(
    sandbox: Sandbox, environ: WSGIEnvironment, prefix: str | None, path: str
) -> transport.HttpReply:
    """Check a call, log it, and return the response after the configured latency."""
    host = environ.get("HTTP_HOST", "")
    company = companies.find_company(sandbox.companies, sandbox.settings, host=host, prefix=prefix)
    if company is None:
        request_id = responses.new_request_id(sandbox.random)
        return transport.build_reply(responses.NOT_FOUND, request_id, {}, environ)
    request = read_request(sandbox, environ, company, path)
    response = next(response for check in CHECKS if (response := check(request)) is not None)
    _record_call(request, response)
    # Sleep outside the lock, so that latency does not serialize the calls of other companies.
    if sandbox.settings.latency_seconds:
        time.sleep(sandbox.settings.latency_seconds)
    return transport.build_reply(response, request.request_id, request.faults, environ)


def _record_call(request: ApiRequest, response: GongResponse) -> None:
    """Update the company's counters and the request log."""
    sandbox, company = request.sandbox, request.company
    with sandbox.lock:
        # The rate-limit check has counted the call already, before the outcome was known.
        if request.counts_against_day and not response.accepted and not sandbox.settings.count_rejected:
            limits.refund_call(company.budget)
        company.counters["calls"] += 1
        if not response.accepted:
            company.counters[_COUNTER_BY_STATUS.get(response.status, "rejected")] += 1
        sandbox.log.append(_log_entry(request, response))


def _log_entry(request: ApiRequest, response: GongResponse) -> LogEntry:
    return LogEntry(
        at=request.at,
        company=request.company.name,
        method=request.method,
        path=request.path,
        route=request.route.name if request.route else None,
        status=response.status,
        event_id=request.event_id,
        request_id=request.request_id,
        authorization=redact_authorization(request.authorization),
        faults=tuple(request.faults),
        note=request.note,
    )
