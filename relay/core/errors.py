"""Errors that a caller of the relay can act on, in one tree.

* RelayError                  the base class; `code` is stable
  x BadRequest      400       the bytes cannot be read (cut short, not JSON, nested too deep)
  x Unauthorized    401       no key, or an unknown key
  x Forbidden       403       a valid key without the right to do this
  x NotFound        404       no such event, source or destination
  x RequestTimeout  408       the head or the body did not arrive in time
  x Conflict        409       the current state forbids it
  x LengthRequired  411       a body without a known length
  x TooLarge        413       more bytes or more items than are accepted
  x UnsupportedType 415       an unsupported content type or encoding
  x Invalid         422       readable, but not valid: holds every `Problem` with its path
  x TooMany         429       too many requests: try again later
  x HeadTooLarge    431       a head with too many bytes or fields
  x UnsupportedCoding 501     a transfer coding besides chunked
  x Unavailable     503       the relay or its store cannot accept it now: try again later

A response of Gong is never an exception: it is an outcome (`relay.core.outcome`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

PROBLEMS_MAX = 100
"""Problems listed by one response. A hostile body must not cause a response larger than itself."""
QUOTE_MAX = 100
"""Characters of a sender's text that a message repeats, such as a key or a path."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One validation problem: `path` as in `content.labels[0]`, `code` for programs, `message` for people."""

    path: str
    code: str
    message: str

    def under(self, prefix: str) -> "Problem":
        """Return the same problem with a path that starts one level higher."""
        return Problem(join_path(prefix, self.path), self.code, self.message)

    def as_dict(self) -> dict[str, str]:
        return {"path": self.path, "code": self.code, "message": self.message}


def join_path(prefix: str, path: str) -> str:
    """Join two paths: `("items[0]", "person.email")` gives `items[0].person.email`."""
    if not prefix or not path:
        return prefix or path
    return prefix + path if path.startswith("[") else f"{prefix}.{path}"


def shorten(text: str) -> str:
    """Return the beginning of a sender's text, for a message that repeats it."""
    return text if len(text) <= QUOTE_MAX else f"{text[:QUOTE_MAX]}…"


class RelayError(Exception):
    """An error that the caller can act on."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "Internal error"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BadRequest(RelayError):
    status = HTTPStatus.BAD_REQUEST
    title = "Bad request"


class Unauthorized(RelayError):
    status = HTTPStatus.UNAUTHORIZED
    title = "Unauthorized"


class Forbidden(RelayError):
    status = HTTPStatus.FORBIDDEN
    title = "Forbidden"


class NotFound(RelayError):
    status = HTTPStatus.NOT_FOUND
    title = "Not found"


class RequestTimeout(RelayError):
    status = HTTPStatus.REQUEST_TIMEOUT
    title = "Request timeout"


class Conflict(RelayError):
    status = HTTPStatus.CONFLICT
    title = "Conflict"


class LengthRequired(RelayError):
    status = HTTPStatus.LENGTH_REQUIRED
    title = "Length required"


class TooLarge(RelayError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "Request too large"


class UnsupportedType(RelayError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "Unsupported media type"


class ValidationFailed(RelayError):
    """The input can be read, but is not valid. `problems` is never empty; `total` counts those left out of it too."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Validation failed"

    def __init__(self, problems: Sequence[Problem], code: str = "invalid", *, total: int = 0) -> None:
        first = problems[:PROBLEMS_MAX]
        super().__init__(code, "; ".join(f"{item.path or '(body)'}: {item.message}" for item in first))
        self.problems = tuple(problems)
        self.total = total or len(problems)


class TooManyRequests(RelayError):
    """Too many requests from one client. `retry_after` is in seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class HeadTooLarge(RelayError):
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    title = "Request head too large"


class UnsupportedCoding(RelayError):
    status = HTTPStatus.NOT_IMPLEMENTED
    title = "Transfer coding not supported"


class Unavailable(RelayError):
    """The relay or its store cannot accept the request now. `retry_after` is in seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Service unavailable"

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after
