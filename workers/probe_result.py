"""What came of a probe, from Gong's answer to an operator's words."""

from relay.core.outcome import Blocked, Failed, Outcome, RateLimited, outcome_code
from relay.store.operator_actions import Probed


def probed(outcome: Outcome | None) -> Probed:
    """`outcome` is None where there is no such destination. Gong refuses the empty body once it took the credentials."""
    if outcome is None:
        return Probed("not_configured")
    if not isinstance(outcome, Blocked | RateLimited | Failed):
        return Probed("passed", outcome.status)
    cause = outcome.cause if isinstance(outcome, Blocked) else None
    return Probed(outcome_code(outcome), outcome.status, "; ".join(outcome.errors), cause)
