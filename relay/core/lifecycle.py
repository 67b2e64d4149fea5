"""The states an event passes through, and every move between them. The picture is docs/lifecycle.md."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where an event is. The value is its name in the store, the API and every page."""

    GATHERING = "gathering"
    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    DEAD = "dead"
    FILTERED = "filtered"
    COLLAPSED = "collapsed"
    DISCARDED = "discarded"
    ERASED = "erased"


MOVES: Mapping[State, frozenset[State]] = {
    State.GATHERING: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.QUEUED: frozenset({State.SENDING, State.HELD, State.DISCARDED, State.ERASED}),
    State.SENDING: frozenset(
        {State.DELIVERED, State.DUPLICATE, State.WAITING, State.QUEUED, State.HELD, State.DEAD}
    ),
    State.WAITING: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.HELD: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.DEAD: frozenset({State.QUEUED, State.DISCARDED, State.ERASED}),
    State.DISCARDED: frozenset({State.QUEUED, State.ERASED}),
    State.FILTERED: frozenset({State.QUEUED, State.ERASED}),
    State.COLLAPSED: frozenset({State.ERASED}),
    State.DELIVERED: frozenset({State.ERASED}),
    State.DUPLICATE: frozenset({State.ERASED}),
    State.ERASED: frozenset(),
}
"""Every legal move. The scripts of `relay.store` make them; a property test walks them."""

OPEN = frozenset({State.GATHERING, State.QUEUED, State.SENDING, State.WAITING, State.HELD})
"""Still on its way to Gong."""

ENDED = frozenset(State) - OPEN
"""Will not move again by itself. Kept for a while so that it can be explained, then pruned."""


class Reason(StrEnum):
    """Why an event is a dead letter."""

    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    CRASHED = "crashed"
    LOCKED_OUT = "locked_out"
    UNMAPPABLE = "unmappable"
    UNROUTABLE = "unroutable"


REASONS: Mapping[Reason, str] = {
    Reason.REFUSED: "Gong refused the body. Mend what it names, then replay.",
    Reason.EXHAUSTED: "Gong did not take it within the allowed attempts or age. Replay once Gong answers.",
    Reason.CRASHED: "Its worker died again and again while sending it. Replay it alone and watch the worker.",
    Reason.LOCKED_OUT: "Gong answered it as if locked out while other calls passed. Look at this body.",
    Reason.UNMAPPABLE: "The source's mapping makes no call of it. Mend the mapping, then replay: it is mapped anew.",
    Reason.UNROUTABLE: "What it says of its customer leads to no destination. Connect one, then replay: it is routed anew.",
}
"""What an operator is told, and what to do."""


class Cause(StrEnum):
    """Why a destination is on hold."""

    PAUSED = "paused"
    NEEDS_CREDENTIALS = "needs_credentials"
    MISSING_SCOPE = "missing_scope"
    FORBIDDEN = "forbidden"
    WRONG_ADDRESS = "wrong_address"
    REDIRECTED = "redirected"
    NOT_CONFIGURED = "not_configured"
    NEEDS_REAUTH = "needs_reauth"
    RENEWAL_FAILING = "renewal_failing"


CAUSES: Mapping[Cause, str] = {
    Cause.PAUSED: "Paused by an operator. Resume it when ready.",
    Cause.NEEDS_CREDENTIALS: "Gong does not accept the access key: it has expired or was deleted. "
    "Make a new one in Gong (Admin center > Settings > Ecosystem > API) and put it into the configuration.",
    Cause.MISSING_SCOPE: "The credentials lack a scope that this call needs. Grant it in Gong.",
    Cause.FORBIDDEN: "Gong forbids the call: an address that is not among the trusted IPs, another region's "
    "host, or an API that this account does not have (limited release).",
    Cause.WRONG_ADDRESS: "Nothing answers at that path. Check the destination's base_url and dialect.",
    Cause.REDIRECTED: "Gong points to another host. Set the destination's base_url to the one it names.",
    Cause.NOT_CONFIGURED: "The configuration no longer holds this destination. Add it again, or discard its events.",
    Cause.NEEDS_REAUTH: "Its customer has to allow it in Gong, anew: make a link with `gong-relay connect NAME` and "
    "have a technical administrator of theirs open it. The events follow by themselves.",
    Cause.RENEWAL_FAILING: "Its access token has run out, and Gong does not make a new one just now. The relay asks "
    "again every minute; the events follow by themselves.",
}
"""What an operator is told, and what to do."""
