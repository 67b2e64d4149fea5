"""One call of Gong's API: judged, noted, and answered."""

import time
from typing import Final

from flask import Request, Response

from relay.sandbox import answers, companies, limits, wire
from relay.sandbox.arrival import Arrival, arrived
from relay.sandbox.checks import CHECKS
from relay.sandbox.state import LogLine, Sandbox


def answer_call(sandbox: Sandbox, request: Request, *, prefix: str | None, path: str) -> Response:
    """Judge a call, note it, and send the answer when the set latency has passed."""
    company = companies.find(sandbox.companies, sandbox.settings, host=request.host, prefix=prefix)
    if company is None:
        return wire.response(answers.NOT_FOUND, answers.new_request_id(sandbox.random), {}, request.environ)
    arrival = arrived(sandbox, request, company, path)
    answer = next(answer for check in CHECKS if (answer := check(arrival)) is not None)
    _note(arrival, answer)
    if sandbox.settings.latency_seconds:
        time.sleep(sandbox.settings.latency_seconds)
    return wire.response(answer, arrival.request_id, arrival.strikes, request.environ)


def _note(arrival: Arrival, answer: answers.Answer) -> None:
    """Count and log a call whose answer is known."""
    sandbox, company = arrival.sandbox, arrival.company
    with sandbox.lock:
        if arrival.counted and not answer.accepted and not sandbox.settings.count_rejected:
            limits.give_back(company.budget)
        company.tally["calls"] += 1
        if not answer.accepted:
            company.tally[_TALLIED.get(answer.status, "refused")] += 1
        sandbox.log.append(_log_line(arrival, answer))


_TALLIED: Final = {409: "duplicates", 429: "throttled"}


def _log_line(arrival: Arrival, answer: answers.Answer) -> LogLine:
    return LogLine(
        at=arrival.at,
        company=arrival.company.name,
        method=arrival.request.method,
        path=arrival.path,
        route=arrival.route.name if arrival.route else None,
        status=answer.status,
        event_id=arrival.event_id,
        request_id=arrival.request_id,
        authorization=_redacted(arrival.request.headers.get("Authorization")),
        faults=tuple(arrival.strikes),
        note=arrival.note,
    )


def _redacted(authorization: str | None) -> str | None:
    """That a header was there, and of which scheme; a text without a scheme may be a secret itself."""
    if authorization is None:
        return None
    scheme = authorization.partition(" ")[0]
    return f"{scheme} [redacted]" if scheme.lower() in {"basic", "bearer"} else "[redacted]"
