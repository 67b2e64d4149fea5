"""What an attempt meant: six outcomes, and the one judgement that tells them apart."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, assert_never

from relay.core.lifecycle import HoldCause

MAX_RETRY_AFTER_SECONDS = 24 * 3600.0
"""No Retry-After is believed beyond this: it is the length of Gong's own day budget."""

_TOO_LARGE = 413
_TIMEOUT, _TOO_EARLY = 408, 425


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back. Header names are lower case; `body` is at most 64 KiB of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No answer that can be read. `ambiguous` when Gong may have taken the event all the same."""

    code: str
    detail: str
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """Gong accepted the event."""

    status: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AlreadyReported:
    """Gong has had this eventId before: ours, if an earlier attempt ended in doubt."""

    status: int
    request_id: str | None
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The company's limit is spent. `seconds` is None when Gong did not say how long."""

    status: int
    request_id: str | None
    errors: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Failed:
    """It may pass another time. `status` is None when nothing was answered."""

    status: int | None
    request_id: str | None
    code: str
    errors: tuple[str, ...]
    ambiguous: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """This body will never pass."""

    status: int
    request_id: str | None
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing passes for this destination until somebody mends it."""

    status: int
    request_id: str | None
    cause: HoldCause
    errors: tuple[str, ...]


Outcome = Delivered | AlreadyReported | RateLimited | Failed | Rejected | Blocked


def outcome_code(outcome: Outcome) -> str:
    """The outcome's name in records, logs and the API."""
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


def classify_response(answer: HttpResponse | NoResponse, now: datetime) -> Outcome:
    """The meaning of an answer. Total: every status, header and body has one."""
    if isinstance(answer, NoResponse):
        return Failed(None, None, answer.code, (answer.detail,), answer.ambiguous, None)
    told = _read(answer)
    if answer.status < 300:  # noqa: PLR2004 - HTTP's own border
        return _accepted(answer, told)
    if answer.status >= 500 or answer.status in {_TIMEOUT, _TOO_EARLY}:  # noqa: PLR2004
        wait = parse_retry_after(answer.headers.get("retry-after"), now)
        return Failed(answer.status, told.request_id, "gong_error", told.errors, ambiguous=True, seconds=wait)
    return _rejected(answer, told, now)


def _rejected(answer: HttpResponse, told: "_Told", now: datetime) -> Outcome:
    match answer.status:
        case 409:
            return AlreadyReported(409, told.request_id, told.errors)
        case 429:
            wait = parse_retry_after(answer.headers.get("retry-after"), now)
            return RateLimited(429, told.request_id, told.errors, wait)
        case 401:
            scope = any("api:" in text or "scope" in text.lower() for text in told.errors)
            cause = HoldCause.MISSING_SCOPE if scope else HoldCause.INVALID_CREDENTIALS
            return Blocked(401, told.request_id, cause, told.errors)
        case 403:
            return Blocked(403, told.request_id, HoldCause.FORBIDDEN, told.errors)
        case 404:
            return Blocked(404, told.request_id, HoldCause.ENDPOINT_NOT_FOUND, told.errors)
        case status if status < 400:  # noqa: PLR2004
            where = answer.headers.get("location", "")
            return Blocked(status, told.request_id, HoldCause.REDIRECTED, (f"redirect to {where[:300]!r}",))
        case status:
            return Rejected(status, told.request_id, told.errors)


@dataclass(frozen=True, slots=True)
class _Told:
    """What an answer's body and headers say: Gong's envelope, or as much of it as can be read."""

    request_id: str | None
    errors: tuple[str, ...]
    is_envelope: bool


def _read(answer: HttpResponse) -> _Told:
    trace = answer.headers.get("x-traceid")
    envelope = _envelope(answer.body)
    if envelope is None:
        text = " ".join(answer.body[:300].decode("utf-8", "replace").split())
        return _Told(trace, (text,) if text else (), is_envelope=False)
    request_id = envelope.get("requestId")
    errors = envelope.get("errors")
    texts = tuple(str(error)[:500] for error in errors[:50]) if isinstance(errors, list) else ()
    return _Told(request_id if isinstance(request_id, str) else trace, texts, is_envelope=True)


def _envelope(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _accepted(answer: HttpResponse, told: _Told) -> Outcome:
    """A 2xx is Gong's only if Gong said it: a proxy's friendly page must not pass for a delivery."""
    if told.is_envelope or told.request_id or not answer.body.strip():
        return Delivered(answer.status, told.request_id)
    return Failed(answer.status, None, "not_gong", told.errors, ambiguous=True, seconds=None)


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a Retry-After in any form: integer, decimal or HTTP date.

    None when it is missing or makes no sense. Never below 1 second, never above `MAX_RETRY_AFTER_SECONDS`.
    """
    if text is None or not text.strip():
        return None
    seconds = _as_number(text.strip())
    if seconds is None:
        seconds = _until(text.strip(), now)
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(max(seconds, 1.0), MAX_RETRY_AFTER_SECONDS)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max((moment - now).total_seconds(), 0.0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
