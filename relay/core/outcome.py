"""What a response of Gong means: one of six outcomes. What happens to the event then is in `workers.settlement`.

2xx                                              Delivered
409                                              AlreadyReported
429                                              RateLimited
5xx, 408, 425, timeout, broken connection        Failed
400, 405, 413, 415 and every other 4xx           Rejected
401, 403, 404, 3xx                               Blocked
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, assert_never

from relay.core.lifecycle import HoldCause

MAX_RETRY_AFTER_SECONDS = 24 * 3600.0
"""Upper limit for Retry-After: the length of Gong's daily budget."""

_TIMEOUT, _TOO_EARLY = 408, 425
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


ATTEMPT_ERRORS: Mapping[str, str] = {
    "gong_error": "Gong answered 5xx, 408 or 425.",
    "not_gong": "The 2xx response is not Gong's, but for example a proxy's page.",
    "no_connection": "The host could not be resolved or reached. Gong has not received the event.",
    "connection_lost": "The connection broke. Gong may have received the event.",
    "timeout": "There was no complete response in time. Gong may have received the event.",
}
"""The codes of failed attempts that have no readable response, with the text of docs/errors.md for each."""


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
            retry_after=parse_retry_after(response.headers.get("retry-after"), now),
        )
    return _classify_refusal(response, details, now)


def _classify_refusal(response: HttpResponse, details: "_ResponseDetails", now: datetime) -> Outcome:
    """Return the outcome of a 3xx or 4xx."""
    match response.status:
        case 409:
            return AlreadyReported(409, details.request_id, details.errors)
        case 429:
            retry_after = parse_retry_after(response.headers.get("retry-after"), now)
            return RateLimited(429, details.request_id, details.errors, retry_after)
        case 401:
            # Gong has one status for a bad key and for a missing scope; only the text says which.
            scope = any("api:" in text or "scope" in text.lower() for text in details.errors)
            cause = HoldCause.MISSING_SCOPE if scope else HoldCause.INVALID_CREDENTIALS
            return Blocked(401, details.request_id, cause, details.errors)
        case 403:
            return Blocked(403, details.request_id, HoldCause.FORBIDDEN, details.errors)
        case 404:
            return Blocked(404, details.request_id, HoldCause.ENDPOINT_NOT_FOUND, details.errors)
        case status if status < 400:  # noqa: PLR2004 - the first client error
            location = response.headers.get("location", "")
            errors = (f"redirect to {location[:300]!r}",)
            return Blocked(status, details.request_id, HoldCause.REDIRECTED, errors)
        case status:
            return Rejected(status, details.request_id, details.errors)


@dataclass(frozen=True, slots=True)
class _ResponseDetails:
    """Gong's request id and error messages, as far as they can be read. `is_envelope`: the body is a JSON object."""

    request_id: str | None
    errors: tuple[str, ...]
    is_envelope: bool


def _parse_details(response: HttpResponse) -> _ResponseDetails:
    trace = _parse_request_id(response.headers.get("x-traceid"))
    envelope = _parse_envelope(response.body)
    if envelope is None:
        text = " ".join(response.body[:300].decode("utf-8", "replace").split())
        return _ResponseDetails(trace, (text,) if text else (), is_envelope=False)
    request_id = _parse_request_id(envelope.get("requestId")) or trace
    errors = envelope.get("errors")
    texts = tuple(str(error)[:500] for error in errors[:50]) if isinstance(errors, list) else ()
    return _ResponseDetails(request_id, texts, is_envelope=True)


def _parse_request_id(value: Any) -> str | None:
    """Return Gong's request id; None for a value in another form, which a gateway may have put there."""
    # It is logged, is part of a key of the store, and is kept when the event is erased.
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None


def _parse_envelope(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _classify_success(response: HttpResponse, details: _ResponseDetails) -> Outcome:
    # A proxy's HTML page with status 200 must not pass for a delivery: the response has to look like Gong's.
    if details.is_envelope or details.request_id or not response.body.strip():
        return Delivered(response.status, details.request_id)
    return Failed(
        status=response.status,
        request_id=None,
        code="not_gong",
        errors=details.errors,
        ambiguous=True,
        retry_after=None,
    )


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header: an integer, a decimal or an HTTP date.

    None if the header is missing or unreadable. The result is from 1 second to `MAX_RETRY_AFTER_SECONDS`.
    """
    if text is None or not text.strip():
        return None
    seconds = _parse_number(text.strip())
    if seconds is None:
        seconds = _seconds_until(text.strip(), now)
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(max(seconds, 1.0), MAX_RETRY_AFTER_SECONDS)


def _parse_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max((date - now).total_seconds(), 0.0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
