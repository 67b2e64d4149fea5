"""One call of Gong's API: judged, noted, and answered."""

import time
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from relay.sandbox import answers, companies, limits
from relay.sandbox import transport as wire
from relay.sandbox.checks import CHECKS
from relay.sandbox.credentials import redacted
from relay.sandbox.request import Arrival, arrived, place_of
from relay.sandbox.state import LogLine, Sandbox


def in_front_of(app: WSGIApplication, sandbox: Sandbox) -> WSGIApplication:
    """The application with the API before it: every path and method below `/v2/`, known or not.

    A bench sends some 900 calls a second through one process, and Flask's dispatch alone costs more than all checks.
    """

    def entrance(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        place = place_of(environ["PATH_INFO"])
        if place is None:
            return app(environ, start_response)
        return wire.send(_answer_call(sandbox, environ, *place), environ, start_response)

    return entrance


def _answer_call(sandbox: Sandbox, environ: WSGIEnvironment, prefix: str | None, path: str) -> wire.Reply:
    """Judge a call, note it, and give the answer when the set latency has passed."""
    host = environ.get("HTTP_HOST", "")
    company = companies.find(sandbox.companies, sandbox.settings, host=host, prefix=prefix)
    if company is None:
        return wire.reply(answers.NOT_FOUND, answers.new_request_id(sandbox.random), {}, environ)
    arrival = arrived(sandbox, environ, company, path)
    answer = next(answer for check in CHECKS if (answer := check(arrival)) is not None)
    _note(arrival, answer)
    if sandbox.settings.latency_seconds:
        time.sleep(sandbox.settings.latency_seconds)
    return wire.reply(answer, arrival.request_id, arrival.strikes, environ)


def _note(arrival: Arrival, answer: answers.Answer) -> None:
    """Count and log a call whose answer is known."""
    sandbox, company = arrival.sandbox, arrival.company
    with sandbox.lock:
        if arrival.counted and not answer.accepted and not sandbox.settings.count_rejected:
            limits.give_back(company.budget)
        company.tally["calls"] += 1
        if not answer.accepted:
            company.tally[_TALLIED.get(answer.status, "rejected")] += 1
        sandbox.log.append(_log_line(arrival, answer))


_TALLIED: Final = {409: "duplicates", 429: "rate_limited"}


def _log_line(arrival: Arrival, answer: answers.Answer) -> LogLine:
    return LogLine(
        at=arrival.at,
        company=arrival.company.name,
        method=arrival.method,
        path=arrival.path,
        route=arrival.route.name if arrival.route else None,
        status=answer.status,
        event_id=arrival.event_id,
        request_id=arrival.request_id,
        authorization=redacted(arrival.authorization),
        faults=tuple(arrival.strikes),
        note=arrival.note,
    )
