"""Converts every error to an RFC 9457 problem document, `application/problem+json`."""

from http import HTTPStatus

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from relay.core.errors import (
    PROBLEMS_MAX,
    RelayError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    ValidationFailed,
)
from relay.log import log_crash
from relay.web.problem_document import CONTENT_TYPE, problem_document


def json_response(value: object, status: int = 200, content_type: str = "application/json") -> Response:
    """Serialize a value as the body of a response."""
    return Response(orjson.dumps(value) + b"\n", status=status, content_type=content_type)


def register_error_handlers(app: Flask) -> None:
    """Convert all errors of the application."""
    app.register_error_handler(RelayError, _convert_relay_error)
    app.register_error_handler(HTTPException, _convert_http_error)
    app.register_error_handler(Exception, _convert_crash)


def _convert_relay_error(error: RelayError) -> Response:
    body = problem_document(error.status, error.code, error.title, error.detail)
    if isinstance(error, ValidationFailed):
        body["detail"] = f"{_count_problems(error)}. Nothing was stored."
        body["errors"] = [problem.as_dict() for problem in error.problems[:PROBLEMS_MAX]]
    response = json_response(body, error.status, CONTENT_TYPE)
    if isinstance(error, Unavailable | TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="gong-relay", Basic realm="gong-relay"'
    g.code = error.code
    return response


def _count_problems(error: ValidationFailed) -> str:
    if error.total == 1:
        return "1 validation error"
    listed = min(len(error.problems), PROBLEMS_MAX)
    rest = f", of which the first {listed} are listed" if error.total > listed else ""
    return f"{error.total} validation errors{rest}"


def _convert_http_error(error: HTTPException) -> Response:
    # Raised by Flask and werkzeug themselves, mostly for unknown paths and methods.
    status = error.code or 500
    code = HTTPStatus(status).name.lower()
    response = json_response(
        problem_document(status, code, error.name, error.description or ""), status, CONTENT_TYPE
    )
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    g.code = code
    return response


def _convert_crash(error: Exception) -> Response:
    log_crash("web.crashed", error)
    g.code = "internal_error"
    # The error may have come after the events were stored, so the text does not say that nothing was.
    text = "Internal error; see the relay's log. It is safe to send the request again."
    return json_response(problem_document(500, "internal_error", RelayError.title, text), 500, CONTENT_TYPE)
