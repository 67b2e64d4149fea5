"""The responses of the server itself, to requests that never reach the application."""

import orjson

from relay.core.errors import RelayError, Unavailable
from relay.log import log_event
from relay.web.problem_document import CONTENT_TYPE, problem_document


def rejection_response(error: RelayError) -> bytes:
    """Return a complete response that closes the connection, with a problem document as its body."""
    document = problem_document(error.status, error.code, error.title, error.detail)
    body = orjson.dumps(document) + b"\n"
    lines = [
        f"HTTP/1.1 {error.status.value} {error.status.phrase}",
        "Connection: close",
        f"Content-Type: {CONTENT_TYPE}",
        "Cache-Control: no-store",
        f"Content-Length: {len(body)}",
    ]
    if isinstance(error, Unavailable):
        lines.append(f"Retry-After: {error.retry_after}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def log_rejection(error: RelayError) -> None:
    """Log why a request was rejected. The details of the server's errors are fixed texts, without a byte of the request."""
    status = error.status.value
    log_event("server.bad_request", level="warning", status=status, code=error.code, reason=error.detail)
