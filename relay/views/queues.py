"""The queues as an operator sees them: every destination's depth, age, budget and hold; the workers; the store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.config import Config
from relay.core.destination import Destination, Limits
from relay.core.lifecycle import CAUSES, OPEN, Cause
from relay.store.connection import Client, translated
from relay.store.durability import read_durability, used_share
from relay.store.events import destinations
from relay.store.queues import Depth, Hold, Spent, read_depths, read_spent, read_workers

_SILENCE = timedelta(seconds=30)
"""A worker that has not been heard of for this long is not shown."""


def queues_page(redis: Client, config: Config, *, now: datetime) -> dict[str, Any]:
    """`{destinations, workers, store, unverified}`: what is queued where, what may still be sent, and who sends it.

    `unverified` are the sources whose webhook takes anybody's requests.
    """
    with translated():
        seen = destinations(redis)
    names = sorted({*config.destinations, *seen})
    companies = sorted({_destination(config, name)[1] for name in names})
    spent = {told.company: told for told in read_spent(redis, companies)}
    rows = [_row(depth, config, spent, now) for depth in read_depths(redis, names)]
    workers = [worker for worker in read_workers(redis) if _alive(worker, now)]
    unverified = sorted(name for name, hook in config.hooks.items() if not hook.verifies)
    return {"destinations": rows, "workers": workers, "store": store_page(redis), "unverified": unverified}


def _alive(worker: dict[str, str], now: datetime) -> bool:
    """A worker says every ten seconds that it lives; one that was killed stays registered for a while."""
    return now - datetime.fromisoformat(worker["last_seen_at"]) < _SILENCE


def store_page(redis: Client) -> dict[str, Any]:
    """How surely the store keeps what it takes, and how full it is."""
    durability = read_durability(redis)
    with translated():
        used = used_share(redis)
    return {
        "durability": "relaxed" if durability.relaxed else "full",
        "relaxed": list(durability.relaxed),
        "appendonly": durability.appendonly,
        "appendfsync": durability.appendfsync,
        "memory_used": None if used is None else round(used, 3),
    }


def _destination(config: Config, name: str) -> tuple[Destination | None, str]:
    known = config.destinations.get(name)
    return known, known.company if known else name


def _row(depth: Depth, config: Config, spent: dict[str, Spent], now: datetime) -> dict[str, Any]:
    known, company = _destination(config, depth.destination)
    limits = known.limits if known else Limits()
    row: dict[str, Any] = {
        "destination": depth.destination,
        "company": company,
        "configured": known is not None,
        "states": {state.value: count for state, count in depth.states.items()},
        "open": sum(depth.states[state] for state in OPEN),
        "oldest_seconds": round((now - depth.oldest).total_seconds(), 1) if depth.oldest else None,
        "ever": dict(sorted(depth.counts.items())),
        "budget": _budget(spent[company], limits),
        "hold": _hold(depth.hold) if depth.hold else None,
    }
    row["clears_in_seconds"] = _clears_in(row)
    return row


def _budget(spent: Spent, limits: Limits) -> dict[str, Any]:
    return {
        "per_second": limits.per_second,
        "used_last_second": spent.last_second,
        "per_day": limits.day_budget,
        "used_last_day": spent.last_day,
        "left_today": max(limits.day_budget - spent.last_day, 0),
        "frozen_until": _text(spent.frozen_until) if spent.frozen_until else None,
    }


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "cause": hold.cause,
        "detail": hold.detail,
        "remedy": CAUSES[Cause(hold.cause)],
        "since": _text(hold.since),
        "probe_at": _text(hold.probe_at) if hold.probe_at else None,
    }


def _clears_in(row: dict[str, Any]) -> float | None:
    """Seconds until what is queued is sent at the full rate; None when today's budget does not reach, or on hold."""
    queued = row["states"]["queued"]
    if row["hold"] or queued > row["budget"]["left_today"]:
        return None
    return float(round(queued / row["budget"]["per_second"], 1))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
