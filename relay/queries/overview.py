"""The overview: traffic, backlog, budgets, holds, alerts, workers, stores and the state of the configuration file."""

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
    destinations: Mapping[str, Destination],
    *,
    config: Config,
    now: datetime,
    window: str = "1h",
) -> dict[str, Any]:
    """Return the page that `GET /v1/overview` describes.

    `series` covers all events, `alerts` are the open ones, `depth` is the backlog, and `companies` have their budgets.
    """
    queues = queues_page(stores, destinations, config=config, now=now)
    rows = queues["destinations"]
    return {
        "at": format_timestamp(now),
        "series": series_page(stores, now=now, window=window),
        "alerts": read_open_alerts(stores, config.alerts, now=now),
        "depth": _sum_depth(rows),
        "companies": _group_by_company(rows),
        "holds": [_render_hold(row) for row in rows if row["hold"]],
        "workers": queues["workers"],
        "store": queues["store"],
        "stores": queues["stores"],
        "outages": queues["outages"],
        "unverified": queues["unverified"],
        "full_sources": queues["full_sources"],
    }


def _sum_depth(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the number of events by state, the number of open ones, and the age of the oldest."""
    states: Counter[str] = Counter()
    for row in rows:
        states.update(row["states"])
    ages = [row["oldest_seconds"] for row in rows if row["oldest_seconds"] is not None]
    return {
        "states": dict(states),
        "open": sum(states[state] for state in OPEN_STATES),
        "oldest_seconds": max(ages, default=None),
    }


def _group_by_company(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per company, because its destinations share a budget. The most used budgets come first."""
    companies: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        company = companies.setdefault((row["store"], row["company"]), _render_company(row))
        company["destinations"].append(row["destination"])
        company["open"] += row["open"]
    return sorted(companies.values(), key=lambda company: (-company["used_share"], company["company"]))


def _render_company(row: Mapping[str, Any]) -> dict[str, Any]:
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


def _render_hold(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a destination on hold: the cause, the remedy and the number of waiting events."""
    hold: dict[str, Any] = row["hold"]
    return {
        "destination": row["destination"],
        "company": row["company"],
        "waiting_events": row["open"],
        **hold,
    }


def configuration_page(rejected: RejectedConfig | None) -> dict[str, Any]:
    """Return `{status, since, problems}`, without secrets. `rejected`: an older configuration is still in use."""
    if rejected is None:
        return {"status": "current", "since": None, "problems": []}
    problems = [problem.as_dict() for problem in rejected.problems]
    return {"status": "rejected", "since": format_timestamp(rejected.since), "problems": problems}
