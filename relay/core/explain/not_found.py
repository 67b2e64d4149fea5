"""Explains why no event has a name: it was not received, failed verification, was pruned, or is a repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.core.explain.causes import NO_ACTION, Explanation, ExplanationCause
from relay.core.timestamps import format_timestamp


@dataclass(frozen=True, slots=True)
class RejectedRequests:
    """Recent requests of one source that failed verification."""

    source: str
    count: int
    last_at: datetime | None
    reason: str


def explain_repeated(receipt: str, first: Sequence[str]) -> Explanation:
    """Explain a receipt that contained only repeated events. `first` are the ids of the original events."""
    sentence = (
        f"Receipt {receipt} contained no new event: each of its events had arrived before, and Gong gets each event "
        "only once."
    )
    remedy = f"See the first arrival: {', '.join(first[:5])}." if first else NO_ACTION
    return Explanation(cause=ExplanationCause.REPEATED, in_gong=None, sentence=sentence, remedy=remedy)


def explain_pruned(name: str) -> Explanation:
    """Explain an event whose record was pruned."""
    sentence = (
        f"{name} arrived and ended. Its record has been deleted since: at the end of its retention, by a purge, or because "
        "the store was nearly full."
    )
    remedy = (
        "Ask Gong whether it has that eventId. To keep records longer, raise RELAY_RETENTION_DELIVERED_HOURS or "
        "RELAY_RETENTION_DEAD_HOURS."
    )
    return Explanation(cause=ExplanationCause.PRUNED, in_gong=None, sentence=sentence, remedy=remedy)


def explain_unknown(name: str) -> Explanation:
    """Explain that no event has this id, which the relay or Gong assigned."""
    sentence = (
        f"The relay has no record with the id {name}: the id is wrong, or its record was pruned or purged."
    )
    remedy = "Search by the sender's own id: the relay remembers it for longer than the record."
    return Explanation(cause=ExplanationCause.NOT_RECEIVED, in_gong=None, sentence=sentence, remedy=remedy)


def explain_not_received(name: str, rejected: Sequence[RejectedRequests]) -> Explanation:
    """Explain that no event with this name is known. `rejected` are requests that may have contained it."""
    if not rejected:
        sentence = (
            f"No event with the id {name} has arrived within the time for which the relay remembers ids."
        )
        remedy = (
            "Check the sender: does it post to this relay, and what response did it get? A request that was answered 4xx "
            "was not stored."
        )
        if "@" in name:
            remedy += " To search for a person's events, filter the list of events by email address."
        return Explanation(
            cause=ExplanationCause.NOT_RECEIVED, in_gong=False, sentence=sentence, remedy=remedy
        )
    # A request that fails verification is not parsed, so its events are unknown.
    requests = "; ".join(_describe(entry) for entry in rejected[:3])
    sentence = f"No event with the id {name} was accepted, but requests failed verification: {requests}."
    remedy = (
        "The event may have been in one of them. Compare the source's secret with the sender's, correct it, and have the "
        "sender send again: a request that fails verification is not stored."
    )
    return Explanation(
        cause=ExplanationCause.VERIFICATION_FAILED, in_gong=False, sentence=sentence, remedy=remedy
    )


def _describe(rejected: RejectedRequests) -> str:
    last = f", the last at {format_timestamp(rejected.last_at)}" if rejected.last_at else ""
    return f"{rejected.count} from {rejected.source} ({rejected.reason}{last})"
