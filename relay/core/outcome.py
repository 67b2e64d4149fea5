"""What a response of Gong means: one of six outcomes. What happens to the event then is in `workers.settlement`.

200 or 201 with a requestId                      Delivered
409 of Gong                                      AlreadyReported
429                                              RateLimited
5xx, 408, 425, timeout, broken connection        Failed
any other 1xx or 2xx                             Failed
400, 405, 413, 415 of Gong                       Rejected
401, 403, 404 of Gong, a redirect                Blocked
any other 3xx or 4xx                             Blocked

Proxies, firewalls and wrong hosts answer too. So an answer decides about an event only if it is Gong's: every answer of
Gong is a JSON object with a requestId, and every error has a list of errors beside it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from relay.core.lifecycle import HoldCause
from relay.core.retry_after import parse_retry_after

_TIMEOUT, _TOO_EARLY = 408, 425
_ACCEPTED = frozenset({200, 201})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REQUEST_ID = re.compile(r"(?=[^A-Za-z]{0,99}[A-Za-z])[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
"""Letters, digits and separators, with at least one letter: neither an e-mail address nor a phone number."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response. Header names are in lower case; `body` contains its first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoResponse:
    """A call without a readable response. `ambiguous` if Gong may have received the request all the same."""

    code: str
    detail: str
    ambiguous: bool
    reused: bool = False
    """The connection had been kept open from an earlier call. Its peer may close it at any time."""


ATTEMPT_ERRORS: Mapping[str, str] = {
    "gong_error": "Gong answered 5xx, 408 or 425.",
    "not_gong": "The response reports success, but is not one that Gong gives: a 200 without a requestId, such as a proxy's "
    "page, or another status below 300. Gong may have received the event.",
    "no_connection": "The host could not be resolved or reached. Gong has not received the event.",
    "connection_lost": "The connection broke. Gong may have received the event.",
    "timeout": "There was no complete response in time. Gong may have received the event.",
}
"""The codes of failed attempts, with the text of docs/errors.md for each."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Gong accepted the event."""

    status: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AlreadyReported:
    """Gong already has this eventId: from an earlier attempt of ours, or from another system."""

    status: int
    request_id: str | None
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The company's rate limit or daily limit is used up. `retry_after` is in seconds, None if Gong gave none."""

    status: int
    request_id: str | None
    errors: tuple[str, ...]
    retry_after: float | None
    from_gong: bool = True
    """False if a proxy limits the calls: that says nothing about the company's limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The call failed, and a later attempt may succeed."""

    status: int | None
    """None without a response."""
    request_id: str | None
    code: str
    """`gong_error`, `not_gong`, or the code of a `NoResponse`."""
    errors: tuple[str, ...]
    ambiguous: bool
    """True if Gong may have accepted the event all the same."""
    retry_after: float | None
    """Seconds, None if Gong gave none."""
    reused: bool = False
    """The connection that broke had been kept open from an earlier call."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Gong will never accept this body."""

    status: int
    request_id: str | None
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Gong accepts no call of this destination until an operator fixes the cause. `status` is 0 if no call was made."""

    status: int
    request_id: str | None
    cause: HoldCause
    errors: tuple[str, ...]


Outcome = Delivered | AlreadyReported | RateLimited | Failed | Rejected | Blocked


def outcome_code(outcome: Outcome) -> str:
    """Return the outcome's name in records, logs and the API."""
    match outcome:
        case Delivered():
            return "delivered"
        case AlreadyReported():
            return "already_reported"
        case RateLimited():
            return "rate_limited"
        case Failed():
            return "failed"
        case Rejected():
            return "rejected"
        case Blocked():
            return "blocked"
        case _:
            assert_never(outcome)


def classify_response(response: HttpResponse | NoResponse, now: datetime) -> Outcome:
    """Return the outcome that a response means. Every status, header and body has one; nothing is raised."""
    if isinstance(response, NoResponse):
        return Failed(
            status=None,
            request_id=None,
            code=response.code,
            errors=(response.detail,),
            ambiguous=response.ambiguous,
            retry_after=None,
            reused=response.reused,
        )
    details = _parse_details(response)
    if response.status < 300:  # noqa: PLR2004 - the first status that is not a success
        return _classify_success(response, details)
    if response.status >= 500 or response.status in {_TIMEOUT, _TOO_EARLY}:  # noqa: PLR2004 - server errors
        return Failed(
            status=response.status,
            request_id=details.request_id,
            code="gong_error",
            errors=details.errors,
            ambiguous=True,  # Gong may have stored the event before it failed
            retry_after=_parse_retry_after(response, now),
        )
    if response.status == 429:  # noqa: PLR2004 - Too Many Requests
        wait = _parse_retry_after(response, now)
        return RateLimited(429, details.request_id, details.errors, wait, details.is_envelope)
    if response.status in _REDIRECTS and response.headers.get("location"):
        errors = (f"redirect to {response.headers['location'][:300]!r}",)
        return Blocked(response.status, details.request_id, HoldCause.REDIRECTED, errors)
    return _classify_refusal(response, details)


def _classify_success(response: HttpResponse, details: "_ResponseDetails") -> Outcome:
    if response.status in _ACCEPTED and details.has_id:
        return Delivered(response.status, details.request_id)
    return Failed(
        status=response.status,
        request_id=details.request_id,
        code="not_gong",
        errors=_describe_foreign(response, details),
        ambiguous=True,  # behind the proxy that answered, Gong may have received the event
        retry_after=None,
    )


def _classify_refusal(response: HttpResponse, details: "_ResponseDetails") -> Outcome:
    """Return the outcome of a 4xx, or of a 3xx that is no redirect."""
    match response.status if details.is_envelope else None:
        case 409:
            return AlreadyReported(409, details.request_id, details.errors)
        case 401:
            # Gong has one status for a bad key and for a missing scope; only the text says which.
            scope = any("api:" in text or "scope" in text.lower() for text in details.errors)
            cause = HoldCause.MISSING_SCOPE if scope else HoldCause.INVALID_CREDENTIALS
            return Blocked(401, details.request_id, cause, details.errors)
        case 403:
            return Blocked(403, details.request_id, HoldCause.FORBIDDEN, details.errors)
        case 404:
            return Blocked(404, details.request_id, HoldCause.ENDPOINT_NOT_FOUND, details.errors)
        case (400 | 405 | 413 | 415) as status:
            return Rejected(status, details.request_id, details.errors)
        case _:
            # The events are not at fault, so they wait until Gong itself answers again.
            errors = _describe_foreign(response, details)
            return Blocked(response.status, details.request_id, HoldCause.NOT_GONG, errors)


def _describe_foreign(response: HttpResponse, details: "_ResponseDetails") -> tuple[str, ...]:
    media_type = response.headers.get("content-type", "").split(";")[0].strip()[:60] or "no content type"
    return (f"not an answer of Gong's API: HTTP {response.status}, {media_type}", *details.errors)


def _parse_retry_after(response: HttpResponse, now: datetime) -> float | None:
    return parse_retry_after(response.headers.get("retry-after"), now, date=response.headers.get("date"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _ResponseDetails:
    """Gong's request id and error messages, as far as they can be read."""

    request_id: str | None
    has_id: bool = False
    """The body has a requestId, in whatever form."""
    errors: tuple[str, ...]
    is_envelope: bool = False
    """The body is a JSON object with a requestId and a list of errors."""


def _parse_details(response: HttpResponse) -> _ResponseDetails:
    trace = _parse_request_id(response.headers.get("x-traceid"))
    value = _parse_object(response.body)
    errors, request_id = value.get("errors"), value.get("requestId")
    has_id = isinstance(request_id, str) and bool(request_id.strip())
    if isinstance(errors, list):
        texts = tuple(str(error)[:500] for error in errors[:50])
    else:
        text = " ".join(response.body[:300].decode("utf-8", "replace").split())
        texts = (text,) if text else ()
    return _ResponseDetails(
        request_id=_parse_request_id(request_id) or trace,
        has_id=has_id,
        errors=texts,
        is_envelope=has_id and isinstance(errors, list),
    )


def _parse_request_id(value: Any) -> str | None:
    """Return Gong's request id; None for a value in another form, which a gateway may have put there."""
    # It is logged, is part of a key of the store, and is kept when the event is erased.
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
