"""Every error as RFC 9457 `application/problem+json`, with a `code` that programs can trust."""

from http import HTTPStatus

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from relay.core.errors import RelayError, TooManyRequests, Unauthorized, Unavailable, ValidationFailed
from relay.log import log_event

CONTENT_TYPE = "application/problem+json"


def json_response(value: object, status: int = 200, content_type: str = "application/json") -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value) + b"\n", status=status, content_type=content_type)


def problem_document(status: int, code: str, title: str, detail: str) -> dict[str, object]:
    """The members that every problem has."""
    return {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": detail}


def register_error_handlers(app: Flask) -> None:
    """Have every error of the application answered here."""
    app.register_error_handler(RelayError, _relay_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)


def _relay_error(error: RelayError) -> Response:
    body = problem_document(error.status, error.code, error.title, error.detail)
    if isinstance(error, ValidationFailed):
        body["detail"] = f"{len(error.problems)} thing(s) to mend; nothing was kept."
        body["errors"] = [found.as_dict() for found in error.problems]
    response = json_response(body, error.status, CONTENT_TYPE)
    if isinstance(error, Unavailable | TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="gong-relay", Basic realm="gong-relay"'
    g.code = error.code
    return response


def _http_error(error: HTTPException) -> Response:
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


def _unforeseen(error: Exception) -> Response:
    log_event("web.crashed", error=type(error).__name__, where=_where(error))
    g.code = "internal_error"
    text = "The relay failed on this request, and has logged why. Nothing was kept; send it again."
    return json_response(problem_document(500, "internal_error", "The relay failed", text), 500, CONTENT_TYPE)


def _where(error: Exception) -> str:
    """File and line only: a message could hold what somebody sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
