"""Everything that can be wrong with what we are given, in one tree.

* RelayError                  a caller can act on it; `code` is stable
  x BadRequest      400       the bytes cannot be read (cut short, not JSON, nested too deep)
  x Unauthorized    401       no key, or a key we do not know
  x Forbidden       403       a good key without the right to do this
  x NotFound        404       no such event, source or destination
  x Conflict        409       the state of the thing forbids it
  x LengthRequired  411       a body whose end cannot be known
  x TooLarge        413       more bytes or more items than we take
  x UnsupportedType 415       a content type or coding we do not read
  x Invalid         422       readable, but wrong: holds every `Problem` with its path
  x TooMany         429       too often: try again later
  x Unavailable     503       the store cannot take it now: try again, nothing was kept

What Gong answers is never an exception: it is an outcome (`relay.core.outcome`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place: `path` as in `content.labels[0]`, `code` for programs, `message` for people."""

    path: str
    code: str
    message: str

    def under(self, prefix: str) -> "Problem":
        """The same problem, seen from one level up."""
        return Problem(join_path(prefix, self.path), self.code, self.message)

    def as_dict(self) -> dict[str, str]:
        return {"path": self.path, "code": self.code, "message": self.message}


def join_path(prefix: str, path: str) -> str:
    """Join two paths: `("items[0]", "person.email")` is `items[0].person.email`."""
    if not prefix or not path:
        return prefix or path
    return prefix + path if path.startswith("[") else f"{prefix}.{path}"


class RelayError(Exception):
    """Something a caller can act on."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "The relay failed"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BadRequest(RelayError):
    status = HTTPStatus.BAD_REQUEST
    title = "The request cannot be read"


class Unauthorized(RelayError):
    status = HTTPStatus.UNAUTHORIZED
    title = "A valid key is needed"


class Forbidden(RelayError):
    status = HTTPStatus.FORBIDDEN
    title = "This key may not do that"


class NotFound(RelayError):
    status = HTTPStatus.NOT_FOUND
    title = "There is no such thing"


class Conflict(RelayError):
    status = HTTPStatus.CONFLICT
    title = "Its present state forbids that"


class LengthRequired(RelayError):
    status = HTTPStatus.LENGTH_REQUIRED
    title = "The length of the body is needed"


class TooLarge(RelayError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "The request is too large"


class UnsupportedType(RelayError):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "The relay does not read this type"


class ValidationFailed(RelayError):
    """Readable, but wrong. Never raised with an empty list."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "The request is not valid"

    def __init__(self, problems: Sequence[Problem], code: str = "invalid") -> None:
        lines = "; ".join(f"{problem.path or '(body)'}: {problem.message}" for problem in problems)
        super().__init__(code, lines)
        self.problems = tuple(problems)


class TooManyRequests(RelayError):
    """Too often from there. `retry_after` is in seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "That was too often"

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Unavailable(RelayError):
    """The store cannot take it now. `retry_after` is in seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The relay cannot take this now"

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after
