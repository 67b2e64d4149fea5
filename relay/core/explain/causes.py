"""Explanations: the vocabulary of causes, and the facts that an explanation is made from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.core.lifecycle import DeadLetterReason, HoldCause, State


class ExplanationCause(StrEnum):
    """Why an event is, or is not, in Gong. Published: add values, but never rename one."""

    DELIVERED = "delivered"
    ALREADY_REPORTED = "already_reported"
    AGGREGATED = "aggregated"
    AGGREGATING = "aggregating"
    QUEUED = "queued"
    DAILY_LIMIT_REACHED = "daily_limit_reached"
    SOURCE_SHARE_USED = "source_share_used"
    RATE_LIMITED = "rate_limited"
    RETRY_AFTER = "retry_after"
    GONG_DOWN = "gong_down"
    SENDING = "sending"
    RETRYING = "retrying"
    PAUSED = "paused"
    INVALID_CREDENTIALS = "invalid_credentials"
    MISSING_SCOPE = "missing_scope"
    FORBIDDEN = "forbidden"
    ENDPOINT_NOT_FOUND = "endpoint_not_found"
    REDIRECTED = "redirected"
    NOT_GONG = "not_gong"
    NOT_CONFIGURED = "not_configured"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    TOKEN_REFRESH_FAILED = "token_refresh_failed"  # noqa: S105 - a code, not a password
    REJECTED = "rejected"
    RETRIES_EXHAUSTED = "retries_exhausted"
    WORKER_CRASHED = "worker_crashed"
    BLOCKED = "blocked"
    MAPPING_FAILED = "mapping_failed"
    NO_DESTINATION = "no_destination"
    NO_RULE_MATCHED = "no_rule_matched"
    INTERNAL_PERSON = "internal_person"
    FILTERED = "filtered"
    DISCARDED = "discarded"
    ERASED = "erased"
    REPEATED = "repeated"
    VERIFICATION_FAILED = "verification_failed"
    PRUNED = "pruned"
    NOT_RECEIVED = "not_received"


NO_ACTION = "No action is needed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an event is, or is not, in Gong."""

    cause: ExplanationCause
    in_gong: bool | None
    """None if that cannot be known."""
    sentence: str
    remedy: str = NO_ACTION
    next_at: datetime | None = None
    """When the relay will do something with the event next, if that is known."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a company's calls are stopped: until when, and Gong's error text."""

    cause: ExplanationCause
    until: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What the store holds about an event and its surroundings. All text is already redacted."""

    state: State
    source: str
    destination: str
    event_id: str
    at: datetime
    """When the event entered its state."""
    detail: str = ""
    reason: DeadLetterReason | None = None
    hold: HoldCause | None = None
    obstacle: Obstacle | None = None
    next_at: datetime | None = None
    """When a retry is due, a session ends, a queued event is expected to be sent, or a hold is probed."""
    ambiguous: bool = False
    """An attempt ended without a response, so Gong may have the event."""
    request_id: str = ""
    rule: str = ""
    carrier: str = ""
    """The event that stands for this event's session."""
    carrier_state: State | None = None
    repeats: int = 0
    """How many more times the event arrived."""
    data_deleted: bool = False
    """An operator discarded the event with its data, so it cannot be replayed."""
    unattributed: bool = False
    """Nothing in the event says which person, record or company it belongs to."""
