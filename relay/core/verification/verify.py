"""Verifies that a request comes from its sender: returns the key that signed it, or raises VerificationFailed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.core.verification.key import VerifyingKey, any_signature_matches
from relay.core.verification.parse_signature import ParsedSignature, parse_signature
from relay.core.verification.rejection import RejectionReason, VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.scheme import RETRY_PERIOD_SECONDS_MAX, Algorithm, Scheme

UNVERIFIED = "none"
"""The key id of a request whose source does not verify requests."""


@dataclass(frozen=True, slots=True)
class ReplayGuard:
    """What to remember of a verified request, to recognize a replay of it."""

    id: str
    """Two requests with the same id are the same request."""
    seconds: int
    """How long to remember it."""


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """The key that verified a request, and the request's own id and timestamp."""

    key_id: str
    native_id: str | None = None
    """The sender's own id of this delivery. The signature may not cover it."""
    signed_at: datetime | None = None
    """The signed timestamp, in UTC."""
    replay_guard: ReplayGuard | None = None
    """None if nothing was signed, as with API keys."""


def verify(
    scheme: Scheme, keys: Sequence[VerifyingKey], request: SignedRequest, *, now: datetime
) -> VerifiedRequest:
    """Verify the request with the valid keys. `now` has a UTC offset. Raises only VerificationFailed, for any bytes."""
    if scheme.algorithm is Algorithm.NONE or scheme.signature is None:
        return VerifiedRequest(UNVERIFIED)
    parsed = parse_signature(scheme, scheme.signature, request)
    if parsed.signed_at:
        _check_timestamp(parsed.signed_at, now, scheme.tolerance_seconds)
    valid_keys = [key for key in keys if key.is_valid(now)]
    if not valid_keys:
        raise VerificationFailed(RejectionReason.NO_KEY)
    # Try every key and message, so that the time taken does not reveal which one matched.
    matching_ids = [
        key.id
        for key in valid_keys
        for message in parsed.messages
        if any_signature_matches(scheme.algorithm, key, message, parsed.signatures)
    ]
    if not matching_ids:
        raise VerificationFailed(RejectionReason.MISMATCH)
    return VerifiedRequest(
        matching_ids[0], parsed.id, parsed.signed_at, _replay_guard(scheme, parsed, request)
    )


def _check_timestamp(signed_at: datetime, now: datetime, tolerance_seconds: int) -> None:
    age_seconds = (now - signed_at).total_seconds()
    if age_seconds > tolerance_seconds:
        raise VerificationFailed(RejectionReason.STALE)
    if age_seconds < -tolerance_seconds:
        raise VerificationFailed(RejectionReason.FUTURE)


def _replay_guard(scheme: Scheme, parsed: ParsedSignature, request: SignedRequest) -> ReplayGuard | None:
    if not scheme.signed:
        return None
    # Use what was signed and not the id in the request, because the signature may not cover the id.
    message = parsed.messages[0]
    digest = hashlib.sha256(message if scheme.unique_signature else message + b"\0" + request.body)
    # A replay of a request with a signed timestamp fails once the timestamp is too old. The timestamp may lie in the
    # future by the tolerance, so that takes at most twice the tolerance.
    seconds = 2 * scheme.tolerance_seconds if scheme.timestamp else RETRY_PERIOD_SECONDS_MAX
    return ReplayGuard(digest.hexdigest(), seconds)
