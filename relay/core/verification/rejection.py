"""The only exception that verification raises, and its reasons."""

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


class VerificationFailed(Exception):
    """The request does not have a valid signature of its sender."""

    def __init__(self, reason: RejectionReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
