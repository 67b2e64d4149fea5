"""Whether a request is proven to be its sender's: bytes in, the accepting key out, or one `VerificationFailed`."""

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
"""The key id of a request that had to prove nothing."""


@dataclass(frozen=True, slots=True)
class ReplayGuard:
    """What to remember of an accepted request, and for how long: another one with this id repeats it."""

    id: str
    seconds: int


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """The key that proved the request, and what the proof says beside.

    `native_id` is the sender's own id of this delivery, `signed_at` is in UTC. There is no `replay_guard` where nothing
    was signed, as with API keys.
    """

    key_id: str
    native_id: str | None = None
    signed_at: datetime | None = None
    replay_guard: ReplayGuard | None = None


def verify(
    scheme: Scheme, keys: Sequence[VerifyingKey], request: SignedRequest, *, now: datetime
) -> VerifiedRequest:
    """The first key that accepts the request; `now` has an offset. Raises Rejected, and nothing else, for any bytes."""
    if scheme.algorithm is Algorithm.NONE or scheme.signature is None:
        return VerifiedRequest(UNVERIFIED)
    claim = parse_signature(scheme, scheme.signature, request)
    if claim.signed_at:
        _refuse_far(claim.signed_at, now, scheme.tolerance_seconds)
    valid = [key for key in keys if key.is_valid(now)]
    if not valid:
        raise VerificationFailed(RejectionReason.NO_KEY)
    # Every key is asked, so that the time taken does not tell which one it was.
    accepting = [
        key.id
        for key in valid
        for message in claim.messages
        if any_signature_matches(scheme.algorithm, key, message, claim.signatures)
    ]
    if not accepting:
        raise VerificationFailed(RejectionReason.MISMATCH)
    return VerifiedRequest(accepting[0], claim.id, claim.signed_at, _replay(scheme, claim, request))


def _refuse_far(signed_at: datetime, now: datetime, tolerance_seconds: int) -> None:
    age_seconds = (now - signed_at).total_seconds()
    if age_seconds > tolerance_seconds:
        raise VerificationFailed(RejectionReason.STALE)
    if age_seconds < -tolerance_seconds:
        raise VerificationFailed(RejectionReason.FUTURE)


def _replay(scheme: Scheme, claim: ParsedSignature, request: SignedRequest) -> ReplayGuard | None:
    """By what was signed, not by an id that the request names: that one may stand where no signature covers it."""
    if not scheme.signed:
        return None
    message = claim.messages[0]
    digest = hashlib.sha256(message if scheme.unique_signature else message + b"\0" + request.body)
    # A signed time ends a replay by itself once it is too old, counted from its furthest future.
    seconds = 2 * scheme.tolerance_seconds if scheme.timestamp else RETRY_PERIOD_SECONDS_MAX
    return ReplayGuard(digest.hexdigest(), seconds)
