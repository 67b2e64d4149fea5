"""Everything at a glance: what flows and how fast, what waits and why, what may still be sent, and who is at work."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from relay.config.reload import RejectedConfig
from relay.core.config import Config
from relay.core.destination import Destination
from relay.core.lifecycle import OPEN_STATES
from relay.core.timestamps import format_timestamp
from relay.queries.alerts import read_open_alerts
from relay.queries.queues import queues_page
from relay.queries.time_series import series_page
from relay.store.stores import Stores


def overview_page(
    stores: Stores,
    known: Mapping[str, Destination],
    *,
    config: Config,
    now: datetime,
    window: str = "1h",
) -> dict[str, Any]:
    """`{at, series, alerts, depth, companies, holds, workers, store, stores, outages, unverified}`: see `GET /v1/overview`.

    `alerts` are those that are open, `series` is what `series_page` tells of everything, `depth` what waits, `companies` what each may still send.
    """
    queues = queues_page(stores, known, hooks=config.webhooks, now=now)
    rows = queues["destinations"]
    return {
        "at": format_timestamp(now),
        "series": series_page(stores, now=now, window=window),
        "alerts": read_open_alerts(stores, config.alerts, now=now),
        "depth": _depth(rows),
        "companies": _companies(rows),
        "holds": [_hold(row) for row in rows if row["hold"]],
        "workers": queues["workers"],
        "store": queues["store"],
        "stores": queues["stores"],
        "outages": queues["outages"],
        "unverified": queues["unverified"],
    }


def _depth(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many events are in each state, how many are on their way, and how long the oldest of these has been."""
    states: Counter[str] = Counter()
    for row in rows:
        states.update(row["states"])
    ages = [row["oldest_seconds"] for row in rows if row["oldest_seconds"] is not None]
    return {
        "states": dict(states),
        "open": sum(states[state] for state in OPEN_STATES),
        "oldest_seconds": max(ages, default=None),
    }


def _companies(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One for each company, whose destinations share a budget. Those with the least left come first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        told = found.setdefault((row["store"], row["company"]), _company(row))
        told["destinations"].append(row["destination"])
        told["open"] += row["open"]
    return sorted(found.values(), key=lambda told: (-told["used_share"], told["company"]))


def _company(row: Mapping[str, Any]) -> dict[str, Any]:
    budget = row["budget"]
    return {
        "company": row["company"],
        "store": row["store"],
        "destinations": [],
        "open": 0,
        "per_second": budget["per_second"],
        "per_day": budget["per_day"],
        "used_last_day": budget["used_last_day"],
        "remaining": budget["remaining"],
        "used_share": round(min(budget["used_last_day"] / max(budget["per_day"], 1), 1), 4),
        "rate_limited_until": budget["rate_limited_until"],
        "budget_exhausted_at": row["budget_exhausted_at"],
        "clears_at": row["clears_at"],
    }


def _hold(row: Mapping[str, Any]) -> dict[str, Any]:
    """A destination that takes no calls: why in words, what to do, and how many events wait for it."""
    hold: dict[str, Any] = row["hold"]
    return {
        "destination": row["destination"],
        "company": row["company"],
        "waiting_events": row["open"],
        **hold,
    }


def configuration_page(refused: RejectedConfig | None) -> dict[str, Any]:
    """`{status, since, problems}`: `current`, or `rejected` while an older one serves. No secret is in it."""
    if refused is None:
        return {"status": "current", "since": None, "problems": []}
    problems = [problem.as_dict() for problem in refused.problems]
    return {"status": "rejected", "since": format_timestamp(refused.since), "problems": problems}
