"""What can be said of why an event is, or is not, in Gong: the vocabulary of causes, and the facts they are told from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relay.core.lifecycle import DeadLetterReason, HoldCause, State


class ExplanationCause(StrEnum):
    """Everything that can be in the way of an event, or that has become of it. Add, never rename."""

    DELIVERED = "delivered"
    ALREADY_REPORTED = "already_reported"
    AGGREGATED = "aggregated"
    AGGREGATING = "aggregating"
    QUEUED = "queued"
    DAILY_LIMIT_REACHED = "daily_limit_reached"
    RATE_LIMITED = "rate_limited"
    GONG_DOWN = "gong_down"
    SENDING = "sending"
    RETRYING = "retrying"
    PAUSED = "paused"
    INVALID_CREDENTIALS = "invalid_credentials"
    MISSING_SCOPE = "missing_scope"
    FORBIDDEN = "forbidden"
    ENDPOINT_NOT_FOUND = "endpoint_not_found"
    REDIRECTED = "redirected"
    NOT_CONFIGURED = "not_configured"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    TOKEN_REFRESH_FAILED = "token_refresh_failed"  # noqa: S105 - a word, not a password
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


NO_ACTION = "Nothing needs to be done."


@dataclass(frozen=True, slots=True)
class Explanation:
    """`in_gong` None: nobody can know. `next_at` is when the next thing happens to it, where that is known."""

    cause: ExplanationCause
    in_gong: bool | None
    sentence: str
    remedy: str = NO_ACTION
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a company's events from being sent: until when, and what Gong said."""

    cause: ExplanationCause
    until: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What an event's record and its surroundings say. Texts are as they may be shown.

    `at` is when it came into its state. `ambiguous`: an attempt ended without an answer, so that Gong may have it.
    `next_at` is when a waiting event is tried again, a aggregating one queued, a queued one sent by the forecast, a hold
    probed. `carrier` is the event that stands for its session, `carrier_state` that one's state.
    """

    state: State
    source: str
    destination: str
    event_id: str
    at: datetime
    detail: str = ""
    reason: DeadLetterReason | None = None
    hold: HoldCause | None = None
    obstacle: Obstacle | None = None
    next_at: datetime | None = None
    ambiguous: bool = False
    request_id: str = ""
    rule: str = ""
    carrier: str = ""
    carrier_state: State | None = None
    repeats: int = 0
    unattributed: bool = False
