"""The states an event passes through, and every move between them. The picture is docs/lifecycle.md."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where an event is. The value is its name in the store, the API and every page."""

    AGGREGATING = "aggregating"
    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    ON_HOLD = "on_hold"
    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    DEAD = "dead"
    FILTERED = "filtered"
    AGGREGATED = "aggregated"
    DISCARDED = "discarded"
    ERASED = "erased"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.AGGREGATING: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.QUEUED: frozenset({State.SENDING, State.ON_HOLD, State.DISCARDED, State.ERASED}),
    State.SENDING: frozenset(
        {State.DELIVERED, State.DUPLICATE, State.RETRYING, State.QUEUED, State.ON_HOLD, State.DEAD}
    ),
    State.RETRYING: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.ON_HOLD: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.DEAD: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.DISCARDED: frozenset({State.QUEUED, State.ERASED}),
    State.FILTERED: frozenset({State.QUEUED, State.ERASED}),
    State.AGGREGATED: frozenset({State.ERASED}),
    State.DELIVERED: frozenset({State.ERASED}),
    State.DUPLICATE: frozenset({State.ERASED}),
    State.ERASED: frozenset(),
}
"""Every legal move. The scripts of `relay.store` make them; a property test walks them."""

OPEN_STATES = frozenset({State.AGGREGATING, State.QUEUED, State.SENDING, State.RETRYING, State.ON_HOLD})
"""Still on its way to Gong."""

ENDED_STATES = frozenset(State) - OPEN_STATES
"""Will not move again by itself. Kept for a while so that it can be explained, then pruned."""


class DeadLetterReason(StrEnum):
    """Why an event is a dead letter."""

    REJECTED = "rejected"
    RETRIES_EXHAUSTED = "retries_exhausted"
    WORKER_CRASHED = "worker_crashed"
    BLOCKED = "blocked"
    MAPPING_FAILED = "mapping_failed"
    NO_DESTINATION = "no_destination"


REASONS: Mapping[DeadLetterReason, str] = {
    DeadLetterReason.REJECTED: "Gong refused the body. Mend what it names, then replay.",
    DeadLetterReason.RETRIES_EXHAUSTED: "Gong did not take it within the allowed attempts or age. Replay once Gong answers.",
    DeadLetterReason.WORKER_CRASHED: "Its worker died again and again while sending it. Replay it alone and watch the worker.",
    DeadLetterReason.BLOCKED: "Gong answered it as if locked out while other calls passed. Look at this body.",
    DeadLetterReason.MAPPING_FAILED: "The source's mapping makes no call of it. Mend the mapping, then replay: it is mapped anew.",
    DeadLetterReason.NO_DESTINATION: "What it says of its customer leads to no destination. Connect one, then replay: it is routed anew.",
}
"""What an operator is told, and what to do."""


class HoldCause(StrEnum):
    """Why a destination is on hold."""

    PAUSED = "paused"
    INVALID_CREDENTIALS = "invalid_credentials"
    MISSING_SCOPE = "missing_scope"
    FORBIDDEN = "forbidden"
    ENDPOINT_NOT_FOUND = "endpoint_not_found"
    REDIRECTED = "redirected"
    NOT_CONFIGURED = "not_configured"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    TOKEN_REFRESH_FAILED = "token_refresh_failed"  # noqa: S105 - a word, not a password


CAUSES: Mapping[HoldCause, str] = {
    HoldCause.PAUSED: "Paused by an operator. Resume it when ready.",
    HoldCause.INVALID_CREDENTIALS: "Gong does not accept the access key: it has expired or was deleted. "
    "Make a new one in Gong (Admin center > Settings > Ecosystem > API) and put it into the configuration.",
    HoldCause.MISSING_SCOPE: "The credentials lack a scope that this call needs. Grant it in Gong.",
    HoldCause.FORBIDDEN: "Gong forbids the call: an address that is not among the trusted IPs, another region's "
    "host, or an API that this account does not have (limited release).",
    HoldCause.ENDPOINT_NOT_FOUND: "Nothing answers at that path. Check the destination's base_url and dialect.",
    HoldCause.REDIRECTED: "Gong points to another host. Set the destination's base_url to the one it names.",
    HoldCause.NOT_CONFIGURED: "The configuration no longer holds this destination. Add it again, or discard its events.",
    HoldCause.REAUTHORIZATION_REQUIRED: "Its customer has to allow it in Gong, anew: make a link with `gong-relay connect NAME` and "
    "have a technical administrator of theirs open it. The events follow by themselves.",
    HoldCause.TOKEN_REFRESH_FAILED: "Its access token has run out, and Gong does not make a new one just now. The relay asks "
    "again every minute; the events follow by themselves.",
}
"""What an operator is told, and what to do."""
