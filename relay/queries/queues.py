"""Queues for display: each destination's depth, age, budget and hold; the workers; the stores; autoscaling."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.config import Config
from relay.core.destination import Destination, Limits
from relay.core.errors import Problem, Unavailable, ValidationFailed
from relay.core.forecast import CompanyLoad, SourceLoad, forecast_backlog
from relay.core.lifecycle import CAUSES, OPEN_STATES, HoldCause
from relay.core.priority import Priority
from relay.queries.source_usage import find_full_sources
from relay.store.clocks import StoreClock, read_store_clock
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
from relay.store.source_shares import ShareUsage
from relay.store.stores import Store, Stores

_MAX_HEARTBEAT_AGE = timedelta(seconds=30)
"""A worker whose last heartbeat is older counts as gone."""


def queues_page(
    stores: Stores, destinations: Mapping[str, Destination], *, config: Config, now: datetime
) -> dict[str, Any]:
    """Return `{destinations, workers, store, stores, outages, unverified, full_sources}`.

    `destinations` are all configured and connected destinations, by name. `outages` are the base URLs where Gong does not
    respond, `unverified` the sources whose webhooks are not verified, and `full_sources` those that have used their share
    of a store. A further store may be unavailable, and is then listed as such; an unavailable main store raises
    Unavailable.
    """
    # The main store must answer; further stores may be down.
    others = (store for store in stores if store is not stores.main)
    pages = [
        _read_store(stores.main, destinations, config, now),
        *(_try_read_store(store, destinations, config, now) for store in others),
    ]
    rows = [row for page in pages for row in page["destinations"]]
    return {
        "destinations": sorted(rows, key=lambda row: (row["destination"], row["store"])),
        "workers": [worker for page in pages for worker in page["workers"]],
        "store": pages[0]["store"],
        "stores": [{"name": store.name} | page["store"] for store, page in zip(stores, pages, strict=True)],
        "outages": [outage for page in pages for outage in page["outages"]],
        "unverified": sorted(name for name, webhook in config.webhooks.items() if not webhook.verifies),
        "full_sources": [row for page in pages for row in page["full_sources"]],
    }


def _try_read_store(
    store: Store, destinations: Mapping[str, Destination], config: Config, now: datetime
) -> dict[str, Any]:
    """Read a store that may be unavailable."""
    try:
        return _read_store(store, destinations, config, now)
    except Unavailable as error:
        lists: dict[str, Any] = {"destinations": [], "workers": [], "outages": [], "full_sources": []}
        return lists | {"store": {"unavailable": error.code}}


def _read_store(
    store: Store, destinations: Mapping[str, Destination], config: Config, now: datetime
) -> dict[str, Any]:
    full_sources = find_full_sources(store, config.sources)
    return _read_queues(store, destinations, now) | {"full_sources": full_sources}


def _read_queues(store: Store, destinations: Mapping[str, Destination], now: datetime) -> dict[str, Any]:
    """Read one store: its destinations, including removed ones, its workers, and the outages that its workers see."""
    redis = store.redis
    with redis_errors_as_unavailable():
        stored = list_destination_names(redis)
    own = {name: destination for name, destination in destinations.items() if destination.store == store.name}
    # Destinations that were removed from the configuration may still have events here.
    names = sorted({*own, *stored})
    companies = sorted({_company_of(own, name) for name in names})
    usage = {item.company: item for item in read_company_usage(redis, companies)}
    depths = read_depths(redis, names)
    clock = read_store_clock(redis)
    store_now = shift_to_store_time(clock, now)
    rows = [destination_row(depth, own.get(depth.destination), usage, store_now) for depth in depths]
    breakers = read_open_breakers(redis, sorted({destination.base_url for destination in own.values()}))
    return {
        "destinations": [{"store": store.name} | row for row in rows],
        "workers": [{"store": store.name} | worker for worker in _living_workers(redis, clock, now)],
        "store": _render_store(redis, clock),
        "outages": [_render_outage(breaker) for breaker in breakers],
    }


def shift_to_store_time(clock: StoreClock, now: datetime) -> datetime:
    """Return the time to compare a store's times with: after a step of its clock they are all ahead of that or behind it."""
    return now + timedelta(seconds=clock.offset)


def read_living_workers(redis: Client, now: datetime) -> list[dict[str, Any]]:
    """Return the workers that sent a heartbeat lately, with the times of their clocks corrected."""
    return _living_workers(redis, read_store_clock(redis), now)


def _living_workers(redis: Client, clock: StoreClock, now: datetime) -> list[dict[str, Any]]:
    workers: list[dict[str, Any]] = [
        worker | _correct_times(worker, clock.workers.get(worker["name"], 0.0))
        for worker in read_workers(redis)
    ]
    # Workers send one every ten seconds. A killed worker stays registered for a while.
    return [
        worker
        for worker in workers
        if now - datetime.fromisoformat(worker["last_seen_at"]) < _MAX_HEARTBEAT_AGE
    ]


def _correct_times(worker: Mapping[str, str], ahead: float) -> dict[str, Any]:
    """Return the times of a worker whose clock is ahead by this many seconds."""
    if not ahead:
        return {"clock_ahead_seconds": 0.0}
    times = {name: worker[name] for name in ("started_at", "last_seen_at") if name in worker}
    corrected = {
        name: datetime.fromisoformat(time) - timedelta(seconds=ahead) for name, time in times.items()
    }
    return {name: _format(time) for name, time in corrected.items()} | {"clock_ahead_seconds": ahead}


def stores_page(stores: Stores) -> list[dict[str, Any]]:
    """Return the durability and memory of each store, or the error code of an unavailable one."""
    return [{"name": store.name} | _try_store_page(store.redis) for store in stores]


def _try_store_page(redis: Client) -> dict[str, Any]:
    try:
        return store_page(redis)
    except Unavailable as error:
        return {"unavailable": error.code}


def store_page(redis: Client) -> dict[str, Any]:
    """Return the store's durability, the used share of its memory, and how its time differs from its clock."""
    return _render_store(redis, read_store_clock(redis))


def _render_store(redis: Client, clock: StoreClock) -> dict[str, Any]:
    durability = read_durability(redis)
    with redis_errors_as_unavailable():
        used = read_memory_share(redis)
    return {
        "durability": "relaxed" if durability.relaxed else "full",
        "relaxed": list(durability.relaxed),
        "appendonly": durability.appendonly,
        "appendfsync": durability.appendfsync,
        "memory_used": None if used is None else round(used, 3),
        "clock_offset_seconds": round(clock.offset, 1),
        "clock_set_at": _format(clock.stepped_at) if clock.stepped_at else None,
    }


def _company_of(destinations: Mapping[str, Destination], name: str) -> str:
    return destinations[name].company if name in destinations else name


def destination_row(
    depth: DestinationDepth,
    destination: Destination | None,
    usage: Mapping[str, CompanyUsage],
    now: datetime,
) -> dict[str, Any]:
    """Return the row of a destination. `destination` is None if it was removed; `usage` is by company."""
    company = destination.company if destination else depth.destination
    limits = destination.limits if destination else Limits()
    row: dict[str, Any] = {
        "destination": depth.destination,
        "company": company,
        "configured": destination is not None,
        "states": {state.value: count for state, count in depth.states.items()},
        "open": sum(depth.states[state] for state in OPEN_STATES),
        "oldest_seconds": round((now - depth.oldest).total_seconds(), 1) if depth.oldest else None,
        "totals": dict(sorted(depth.counts.items())),
        "priorities": dict(usage[company].priorities),
        "budget": _render_budget(usage[company], limits),
        "hold": _render_hold(depth.hold) if depth.hold else None,
    }
    return row | _render_forecast(row, usage[company], limits, now)


def _render_budget(usage: CompanyUsage, limits: Limits) -> dict[str, Any]:
    """Return the calls that a company may still make.

    `reserved_for_high_priority` is the part of `remaining` that other events may not use. `other_integrations` estimates
    the calls of the company's other integrations from Gong's 429 responses. `sources` are those that may not use the whole
    budget.
    """
    other_integrations = None
    if usage.other_calls_at:
        other_integrations = {
            "estimated_calls": usage.other_calls,
            "observed_at": _format(usage.other_calls_at),
        }
    left = max(limits.daily_budget - usage.last_day, 0)
    return {
        "per_second": limits.per_second,
        "used_last_second": usage.last_second,
        "per_day": limits.daily_budget,
        "used_last_day": usage.last_day,
        "remaining": left,
        "reserved_for_high_priority": min(max(limits.high_priority_reserve - usage.high, 0), left),
        "rate_limited_until": _format(usage.frozen_until) if usage.frozen_until else None,
        "retry_after_until": _format(usage.retry_after_until) if usage.retry_after_until else None,
        "other_integrations": other_integrations,
        "extra_spacing_seconds": round(usage.extra_spacing, 3),
        "sources": [_render_source_budget(source, limits) for source in usage.sources],
    }


def _render_forecast(
    row: Mapping[str, Any], usage: CompanyUsage, limits: Limits, now: datetime
) -> dict[str, Any]:
    """Return when the company's backlog will be sent, and when its budget runs out if that comes first."""
    # Nothing predicts when a hold ends.
    if row["hold"]:
        return {"clears_in_seconds": None, "clears_at": None, "budget_exhausted_at": None}
    only_high = usage.priorities.get(Priority.HIGH, 0) == usage.queued
    load = CompanyLoad(
        backlog=usage.queued,
        buckets=usage.buckets,
        high=usage.high,
        only_high=only_high,
        frozen_until=usage.stopped_until,
        sources=source_loads(usage, limits),
    )
    forecast = forecast_backlog(load, limits, now)
    seconds = round((forecast.clears_at - now).total_seconds(), 1) if forecast.clears_at else None
    return {
        "clears_in_seconds": seconds,
        "clears_at": _format(forecast.clears_at) if forecast.clears_at else None,
        "budget_exhausted_at": _format(forecast.budget_exhausted_at)
        if forecast.budget_exhausted_at
        else None,
    }


def source_loads(usage: CompanyUsage, limits: Limits) -> tuple[SourceLoad, ...]:
    """Return what each source that may not use the whole day has to send to a company."""
    return tuple(
        SourceLoad(backlog=source.queued, budget=source.budget(limits), buckets=source.buckets)
        for source in usage.sources
    )


def _render_source_budget(usage: ShareUsage, limits: Limits) -> dict[str, Any]:
    budget = usage.budget(limits)
    return {
        "source": usage.source,
        "per_day": budget,
        "used_last_day": usage.last_day,
        "remaining": max(budget - usage.last_day, 0),
        "queued": usage.queued,
    }


def _render_outage(breaker: OpenBreaker) -> dict[str, Any]:
    return {
        "base_url": breaker.base_url,
        "since": _format(breaker.since),
        "next_trial_at": _format(breaker.open_until),
        "error": breaker.error,
        "remedy": "No action is needed. The relay makes trial calls from time to time and resumes when one succeeds; waiting "
        "events lose no attempts.",
    }


def _render_hold(hold: Hold) -> dict[str, Any]:
    return {
        "cause": hold.cause,
        "detail": hold.detail,
        "remedy": CAUSES[HoldCause(hold.cause)].text,
        "since": _format(hold.since),
        "probe_at": _format(hold.probe_at) if hold.probe_at else None,
    }


def _format(timestamp: datetime) -> str:
    return timestamp.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def autoscaling_page(stores: Stores, name: str) -> dict[str, Any]:
    """Return `{store, companies, calls_per_second}`: what a store's workers could send now.

    Raises ValidationFailed for an unknown store.
    """
    stores_by_name = {store.name: store for store in stores}
    if name not in stores_by_name:
        raise ValidationFailed(
            [
                Problem(
                    "store",
                    "unknown",
                    f"There is no store {name}. Known stores: {', '.join(stores_by_name)}.",
                )
            ]
        )
    capacity = read_send_capacity(stores_by_name[name].redis)
    return {
        "store": name,
        "companies": capacity.companies,
        "calls_per_second": capacity.calls_per_second,
    }
