"""The only exception that verification raises, and its reasons."""

from collections.abc import Mapping
from enum import StrEnum


class RejectionReason(StrEnum):
    """Why a request is not verified. For logs and metrics only: the sender gets the same response for all. Add, never rename."""

    MISSING = "missing"
    """The signature, its timestamp or its id is missing."""
    REPEATED = "repeated"
    """A value is present twice, so two parsers could read different values."""
    MALFORMED = "malformed"
    """A value does not have the format of the scheme."""
    UNREADABLE = "unreadable"
    """The signature is in the body, and the body cannot be parsed."""
    STALE = "stale"
    """The signed timestamp is too old."""
    FUTURE = "future"
    """The signed timestamp is too far in the future."""
    MISMATCH = "mismatch"
    """No valid key made this signature."""
    NO_KEY = "no_key"
    """Every key has expired or is not valid yet."""


REJECTION_MEANINGS: Mapping[RejectionReason, str] = {
    RejectionReason.MISSING: "The signature, its timestamp or its id is missing. Check that the sender signs its requests and that the source has this sender's scheme. Strangers who try the address cause this, too.",
    RejectionReason.REPEATED: "A header, parameter or field is present twice. Check whether something between the sender and the relay adds one.",
    RejectionReason.MALFORMED: "A value does not have the format of the scheme. Compare it with the sender's documentation; the source may need another scheme.",
    RejectionReason.UNREADABLE: "The signature is in the body, and the body is not valid JSON or not a valid form.",
    RejectionReason.STALE: "The signed timestamp is too old: a late retry, a recorded request, or a wrong clock. Check the relay's clock.",
    RejectionReason.FUTURE: "The signed timestamp is too far in the future. Check the relay's clock, then the sender's.",
    RejectionReason.MISMATCH: "No valid key made this signature: the secret differs, the body was changed, or, if the URL is signed, `RELAY_PUBLIC_URL` is not the address that the sender posts to.",
    RejectionReason.NO_KEY: "Every secret of the source has expired or is not valid yet. Configure the new one.",
}
"""The text of docs/errors.md for each code."""


class VerificationFailed(Exception):
    """The request does not have a valid signature of its sender."""

    def __init__(self, reason: RejectionReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
