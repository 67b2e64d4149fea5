"""The states of an event, the transitions between them, and why an event or a destination is stuck. See docs/lifecycle.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The state of an event. The value is its name in the store, the API and every page."""

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
"""Every legal transition. The scripts of `relay.store` make them; a property test tries all of them."""

OPEN_STATES = frozenset({State.AGGREGATING, State.QUEUED, State.SENDING, State.RETRYING, State.ON_HOLD})
"""The event is still to be sent to Gong."""

ENDED_STATES = frozenset(State) - OPEN_STATES
"""The event no longer changes by itself. Its record is kept for a while, then pruned."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """What is wrong, in one sentence, and what the operator should do about it."""

    problem: str
    remedy: str

    @property
    def text(self) -> str:
        """Both as one text."""
        return f"{self.problem} {self.remedy}"


class DeadLetterReason(StrEnum):
    """Why an event is a dead letter."""

    REJECTED = "rejected"
    RETRIES_EXHAUSTED = "retries_exhausted"
    WORKER_CRASHED = "worker_crashed"
    BLOCKED = "blocked"
    MAPPING_FAILED = "mapping_failed"
    NO_DESTINATION = "no_destination"


REASONS: Mapping[DeadLetterReason, Guidance] = {
    DeadLetterReason.REJECTED: Guidance(
        "Gong rejected the body.", "Fix what the error describes, then replay the event."
    ),
    DeadLetterReason.RETRIES_EXHAUSTED: Guidance(
        "Gong did not accept the event within the allowed attempts or age.",
        "Replay it once Gong answers again.",
    ),
    DeadLetterReason.WORKER_CRASHED: Guidance(
        "Workers died repeatedly while sending the event.", "Replay it alone and watch the worker."
    ),
    DeadLetterReason.BLOCKED: Guidance(
        "This call was blocked while Gong accepted others of the destination.",
        "Check this event's body, then replay the event.",
    ),
    DeadLetterReason.MAPPING_FAILED: Guidance(
        "The source's mapping produced no call that Gong would accept.",
        "Fix the mapping, then replay the event: it is mapped again.",
    ),
    DeadLetterReason.NO_DESTINATION: Guidance(
        "No destination was found for the event.",
        "Connect its customer, then replay the event: it is routed again.",
    ),
}
"""What every page, the API and the CLI say about each reason."""


class HoldCause(StrEnum):
    """Why a destination is on hold."""

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


CAUSES: Mapping[HoldCause, Guidance] = {
    HoldCause.PAUSED: Guidance("An operator paused it.", "Resume it when you are ready."),
    HoldCause.INVALID_CREDENTIALS: Guidance(
        "Gong does not accept the access key (401).",
        "The key has expired or was deleted. Create a new one in Gong (Admin center > Settings > Ecosystem > API) and put "
        "it into the configuration.",
    ),
    HoldCause.MISSING_SCOPE: Guidance(
        "The credentials lack a scope that the call needs (401).", "Grant the scope in Gong."
    ),
    HoldCause.FORBIDDEN: Guidance(
        "Gong forbids the call (403).",
        "Either the relay's address is not among the key's trusted IPs, or base_url is another region's host, or the account "
        "does not have this API (limited release).",
    ),
    HoldCause.ENDPOINT_NOT_FOUND: Guidance(
        "Gong has no such path at base_url (404).", "Check the destination's base_url and dialect."
    ),
    HoldCause.REDIRECTED: Guidance(
        "Calls are redirected to another host (3xx).",
        "If the host is Gong's, set the destination's base_url to it. If not, a proxy answers in Gong's place.",
    ),
    HoldCause.NOT_GONG: Guidance(
        "The calls get an answer that Gong's API does not give.",
        "A proxy, a firewall or a wrong host may answer in Gong's place: check base_url and the workers' network and proxy. "
        "After a 403, check the key's trusted IPs too.",
    ),
    HoldCause.NOT_CONFIGURED: Guidance(
        "The configuration no longer contains this destination.",
        "Add it again, or discard its events.",
    ),
    HoldCause.REAUTHORIZATION_REQUIRED: Guidance(
        "The customer has to allow the connection in Gong again (401).",
        "Create a link with `gong-relay connect NAME` and have a technical administrator of the customer open it. The events "
        "are sent then.",
    ),
    HoldCause.TOKEN_REFRESH_FAILED: Guidance(
        "The access token has expired, and Gong is not issuing a new one right now.",
        "Wait: the relay asks Gong again every minute, and the events are sent once it succeeds.",
    ),
}
"""What every page, the API and the CLI say about each cause."""
