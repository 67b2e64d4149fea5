"""The queues as an operator sees them: every destination's depth, age, budget and hold; the workers; the store."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.destination import Destination, Limits
from relay.core.errors import Problem, Unavailable, ValidationFailed
from relay.core.forecast import CompanyLoad, forecast_backlog
from relay.core.lifecycle import CAUSES, OPEN_STATES, HoldCause
from relay.core.priority import Priority
from relay.core.webhook import Webhook
from relay.store.engine.connection import Client, redis_errors_as_unavailable
from relay.store.engine.durability import read_durability, read_memory_share
from relay.store.events import list_destination_names
from relay.store.queues import (
    CompanyUsage,
    DestinationDepth,
    Hold,
    OpenBreaker,
    read_company_usage,
    read_depths,
    read_open_breakers,
    read_send_capacity,
    read_workers,
)
from relay.store.stores import Store, Stores

_SILENCE = timedelta(seconds=30)
"""A worker that has not been heard of for this long is not shown."""


def queues_page(
    stores: Stores, known: Mapping[str, Destination], *, hooks: Mapping[str, Webhook], now: datetime
) -> dict[str, Any]:
    """`{destinations, workers, store, stores, outages, unverified}`: what is queued where, what may be sent, who sends it.

    `known` are the destinations that there are, by name. `outages` are the base URLs where Gong does not answer,
    `unverified` the sources whose webhook takes anybody's requests. Of a store that is away it tells just that; but the
    main one must answer.
    """
    others = (store for store in stores if store is not stores.main)
    pages = [_queues(stores.main, known, now), *(_aside(store, known, now) for store in others)]
    rows = [row for page in pages for row in page["destinations"]]
    return {
        "destinations": sorted(rows, key=lambda row: (row["destination"], row["store"])),
        "workers": [worker for page in pages for worker in page["workers"]],
        "store": pages[0]["store"],
        "stores": [{"name": store.name} | page["store"] for store, page in zip(stores, pages, strict=True)],
        "outages": [down for page in pages for down in page["outages"]],
        "unverified": sorted(name for name, hook in hooks.items() if not hook.verifies),
    }


def _aside(store: Store, known: Mapping[str, Destination], now: datetime) -> dict[str, Any]:
    """A store beside the main one, which may be away."""
    try:
        return _queues(store, known, now)
    except Unavailable as error:
        return {"destinations": [], "workers": [], "store": {"unavailable": error.code}, "outages": []}


def _queues(store: Store, known: Mapping[str, Destination], now: datetime) -> dict[str, Any]:
    """One store's destinations, those that were in it before among them; its workers; where Gong is down for it."""
    redis = store.redis
    with redis_errors_as_unavailable():
        seen = list_destination_names(redis)
    own = {name: each for name, each in known.items() if each.store == store.name}
    names = sorted({*own, *seen})
    companies = sorted({_company(own, name) for name in names})
    spent = {told.company: told for told in read_company_usage(redis, companies)}
    depths = read_depths(redis, names)
    rows = [destination_row(each, own.get(each.destination), spent, now) for each in depths]
    down = read_open_breakers(redis, sorted({each.base_url for each in own.values()}))
    return {
        "destinations": [{"store": store.name} | row for row in rows],
        "workers": [
            {"store": store.name} | worker for worker in read_workers(redis) if is_alive(worker, now)
        ],
        "store": store_page(redis),
        "outages": [_down(one) for one in down],
    }


def stores_page(stores: Stores) -> list[dict[str, Any]]:
    """Each store: how surely it keeps what it takes, or by which code it is away."""
    return [{"name": store.name} | _page_or_away(store.redis) for store in stores]


def _page_or_away(redis: Client) -> dict[str, Any]:
    try:
        return store_page(redis)
    except Unavailable as error:
        return {"unavailable": error.code}


def is_alive(worker: dict[str, str], now: datetime) -> bool:
    """A worker says every ten seconds that it lives; one that was killed stays registered for a while."""
    return now - datetime.fromisoformat(worker["last_seen_at"]) < _SILENCE


def store_page(redis: Client) -> dict[str, Any]:
    """How surely the store keeps what it takes, and how full it is."""
    durability = read_durability(redis)
    with redis_errors_as_unavailable():
        used = read_memory_share(redis)
    return {
        "durability": "relaxed" if durability.relaxed else "full",
        "relaxed": list(durability.relaxed),
        "appendonly": durability.appendonly,
        "appendfsync": durability.appendfsync,
        "memory_used": None if used is None else round(used, 3),
    }


def _company(known: Mapping[str, Destination], name: str) -> str:
    return known[name].company if name in known else name


def destination_row(
    depth: DestinationDepth, known: Destination | None, spent: Mapping[str, CompanyUsage], now: datetime
) -> dict[str, Any]:
    company = known.company if known else depth.destination
    limits = known.limits if known else Limits()
    row: dict[str, Any] = {
        "destination": depth.destination,
        "company": company,
        "configured": known is not None,
        "states": {state.value: count for state, count in depth.states.items()},
        "open": sum(depth.states[state] for state in OPEN_STATES),
        "oldest_seconds": round((now - depth.oldest).total_seconds(), 1) if depth.oldest else None,
        "totals": dict(sorted(depth.counts.items())),
        "priorities": dict(spent[company].priorities),
        "budget": _budget(spent[company], limits),
        "hold": _hold(depth.hold) if depth.hold else None,
    }
    return row | _forecast(row, spent[company], limits, now)


def _budget(spent: CompanyUsage, limits: Limits) -> dict[str, Any]:
    """What may still be sent. `reserved_for_high_priority` is what ordinary events may not have of `remaining`.

    `others` is what other integrations of the company have spent of its day, as far as Gong's answers have told.
    """
    left = max(limits.day_budget - spent.last_day, 0)
    return {
        "per_second": limits.per_second,
        "used_last_second": spent.last_second,
        "per_day": limits.day_budget,
        "used_last_day": spent.last_day,
        "remaining": left,
        "reserved_for_high_priority": min(max(limits.high_priority_reserve - spent.high, 0), left),
        "rate_limited_until": _text(spent.frozen_until) if spent.frozen_until else None,
        "other_integrations": {
            "estimated_calls": spent.other_calls,
            "observed_at": _text(spent.other_calls_at),
        }
        if spent.other_calls_at
        else None,
        "extra_spacing_seconds": round(spent.extra_spacing, 3),
    }


def _forecast(row: Mapping[str, Any], spent: CompanyUsage, limits: Limits, now: datetime) -> dict[str, Any]:
    """When the company's backlog is gone, and when its day's budget ends before that. None on hold: nobody knows."""
    if row["hold"]:
        return {"clears_in_seconds": None, "clears_at": None, "budget_exhausted_at": None}
    only_high = spent.priorities.get(Priority.HIGH, 0) == spent.queued
    standing = CompanyLoad(
        backlog=spent.queued,
        buckets=spent.buckets,
        high=spent.high,
        only_high=only_high,
        frozen_until=spent.frozen_until,
    )
    told = forecast_backlog(standing, limits, now)
    seconds = round((told.clears_at - now).total_seconds(), 1) if told.clears_at else None
    return {
        "clears_in_seconds": seconds,
        "clears_at": _text(told.clears_at) if told.clears_at else None,
        "budget_exhausted_at": _text(told.budget_exhausted_at) if told.budget_exhausted_at else None,
    }


def _down(down: OpenBreaker) -> dict[str, Any]:
    return {
        "base_url": down.base_url,
        "since": _text(down.since),
        "next_trial_at": _text(down.open_until),
        "error": down.said,
        "remedy": "Nothing is sent there and no attempt is spent until one call passes. Nothing needs to be done.",
    }


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "cause": hold.cause,
        "detail": hold.detail,
        "remedy": CAUSES[HoldCause(hold.cause)].text,
        "since": _text(hold.since),
        "probe_at": _text(hold.probe_at) if hold.probe_at else None,
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def autoscaling_page(stores: Stores, name: str) -> dict[str, Any]:
    """`{store, companies, calls_per_second}`: what one store's workers may send now. Invalid for a store that is not there."""
    known = {store.name: store for store in stores}
    if name not in known:
        raise ValidationFailed(
            [Problem("store", "unknown", f"There is no store {name}. Known: {', '.join(known)}.")]
        )
    runnable = read_send_capacity(known[name].redis)
    return {
        "store": name,
        "companies": runnable.companies,
        "calls_per_second": runnable.calls_per_second,
    }
