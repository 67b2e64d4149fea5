"""Why there is no event of a name: it never arrived, was refused as not its sender's, was pruned, or came before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.core.explain.causes import Explanation, ExplanationCause
from relay.core.timestamps import format_timestamp


@dataclass(frozen=True, slots=True)
class RejectedRequests:
    """Requests of one source that were turned away of late as not proven to be its sender's."""

    source: str
    count: int
    last_at: datetime | None
    reason: str


def explain_repeated(receipt: str, first: Sequence[str]) -> Explanation:
    """A receipt that held nothing but repetitions. `first` are the events that were there already."""
    sentence = f"Receipt {receipt} held nothing new: each of its events had come before, and Gong is told of it once."
    remedy = f"Look at the first one: {', '.join(first[:5])}." if first else "Nothing needs to be done."
    return Explanation(ExplanationCause.REPEATED, None, sentence, remedy)


def explain_pruned(name: str) -> Explanation:
    """An event that was here, and whose record has been kept as long as records are."""
    sentence = (
        f"{name} came, and has ended; its record has been kept as long as records are kept, and was pruned."
    )
    remedy = (
        "Ask Gong whether it has that eventId. To keep records longer, raise RELAY_RETENTION_DELIVERED_HOURS or "
        "RELAY_RETENTION_DEAD_HOURS."
    )
    return Explanation(ExplanationCause.PRUNED, None, sentence, remedy)


def explain_not_received(name: str, turned: Sequence[RejectedRequests]) -> Explanation:
    """Nothing of that name is known. What was turned away has no names, so it may have been among that."""
    if not turned:
        sentence = f"Nothing named {name} has arrived here, or not within the time that names are remembered."
        remedy = (
            "Look at the sender: does it post to this relay, and what was it answered? A request that was refused with "
            "4xx was not kept."
        )
        return Explanation(ExplanationCause.NOT_RECEIVED, in_gong=False, sentence=sentence, remedy=remedy)
    told = "; ".join(_told(each) for each in turned[:3])
    sentence = (
        f"Nothing named {name} was taken here, but requests were turned away as not their sender's: {told}."
    )
    remedy = (
        "It may have been among them. Compare the secret of the source with the sender's, mend it, and have the sender "
        "send again: what was turned away was not kept."
    )
    return Explanation(ExplanationCause.VERIFICATION_FAILED, in_gong=False, sentence=sentence, remedy=remedy)


def _told(turned: RejectedRequests) -> str:
    last = f", the last at {format_timestamp(turned.last_at)}" if turned.last_at else ""
    return f"{turned.count} of {turned.source} ({turned.reason}{last})"
