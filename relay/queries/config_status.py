"""Whether the configuration file is the one that serves, as an operator sees it, or what is wrong with it."""

from typing import Any

from relay.config.reload import RejectedConfig
from relay.core.timestamps import format_timestamp


def configuration_page(refused: RejectedConfig | None) -> dict[str, Any]:
    """`{status, since, problems}`: `current`, or `rejected` while an older one serves. No secret is in it."""
    if refused is None:
        return {"status": "current", "since": None, "problems": []}
    problems = [problem.as_dict() for problem in refused.problems]
    return {"status": "rejected", "since": format_timestamp(refused.since), "problems": problems}
