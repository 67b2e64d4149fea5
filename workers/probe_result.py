"""What came of a probe, from Gong's answer to an operator's words."""

from relay.core.outcome import Blocked, Failed, Outcome, RateLimited, outcome_code
from relay.store.holds import ProbeResult


def summarize_probe(outcome: Outcome | None) -> ProbeResult:
    """`outcome` is None where there is no such destination. Gong refuses the empty body once it took the credentials."""
    if outcome is None:
        return ProbeResult("not_configured")
    if not isinstance(outcome, Blocked | RateLimited | Failed):
        return ProbeResult("passed", outcome.status)
    cause = outcome.cause if isinstance(outcome, Blocked) else None
    return ProbeResult(outcome_code(outcome), outcome.status, "; ".join(outcome.errors), cause)
