"""What a verifier says when it does not accept a request: one of these reasons, and never another exception."""

from enum import StrEnum


class RejectionReason(StrEnum):
    """For metrics and logs only: the sender gets one answer for all of them. Add, never rename."""

    MISSING = "missing"
    """The signature, its time or its id is not there."""
    REPEATED = "repeated"
    """Something is there twice, so that two readers could take two different ones."""
    MALFORMED = "malformed"
    """A value is not written as the scheme writes it."""
    UNREADABLE = "unreadable"
    """The signature stands in the body, and the body cannot be read."""
    STALE = "stale"
    FUTURE = "future"
    MISMATCH = "mismatch"
    """No valid key makes this signature."""
    NO_KEY = "no_key"
    """Every key has expired or is not valid yet."""


class VerificationFailed(Exception):
    """This request is not proven to be the sender's."""

    def __init__(self, reason: RejectionReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
