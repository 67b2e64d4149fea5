"""A destination's last probe as an operator sees it: what Gong said to its credentials, and what to do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from relay.core.lifecycle import CAUSES
from relay.core.timestamps import format_timestamp
from relay.store.engine.connection import Client
from relay.store.holds import ProbeResult, read_probe_result

PASSED = "passed"

_REMEDIES: Mapping[str, str | None] = {
    PASSED: None,
    "rate_limited": "The company's limits at Gong are spent just now. Probe again when they have room.",
    "failed": "Gong did not answer as Gong does. The credentials may be right: probe again in a minute, and if it "
    "goes on so, look at the worker's way to Gong.",
    "not_configured": "The worker's configuration does not hold this destination. Give web and workers the same "
    "file, and restart the workers.",
}
"""For an outcome that has no cause."""


def probe_page(redis: Client, name: str) -> dict[str, Any] | None:
    """`{at, outcome, status, detail, remedy}` of the last probe within a week; None where there was none."""
    found = read_probe_result(redis, name)
    return found and render_probe(*found)


def render_probe(at: datetime, probed: ProbeResult) -> dict[str, Any]:
    """The same of a probe at hand. `remedy` is null when it passed, `status` when Gong gave no answer."""
    return {
        "at": format_timestamp(at),
        "outcome": probed.outcome,
        "status": probed.status,
        "detail": probed.detail,
        "remedy": CAUSES[probed.cause].text if probed.cause else _REMEDIES.get(probed.outcome),
    }
