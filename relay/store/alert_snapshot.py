"""A snapshot of one store for the alert checks, in a bounded number of round trips for any number of events."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.core.alerts.conditions import HeldDestination, StoreSnapshot
from relay.core.alerts.rate import RateWindow, update_rate_window
from relay.core.alerts.thresholds import Rate, Thresholds
from relay.core.destination import Destination
from relay.core.lifecycle import State
from relay.store.alerts import AlertState
from relay.store.clocks import read_store_clock
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.durability import read_durability, read_memory_share
from relay.store.engine.redis_time import read_store_time, to_datetime
from relay.store.events import list_destination_names
from relay.store.queues import (
    CompanyUsage,
    DestinationDepth,
    read_company_usage,
    read_depths,
    read_open_breakers,
)
from relay.store.stores import Store

_DEFAULT_RATE = Rate(1, 60.0)


@dataclass(frozen=True, slots=True)
class _StoreLoad:
    depths: Sequence[DestinationDepth]
    usage: Mapping[str, CompanyUsage]
    """By company."""
    down: Mapping[str, datetime]
    """Base URLs whose breaker is open, and since when."""


def take_snapshot(
    store: Store, destinations: Mapping[str, Destination], state: AlertState, thresholds: Thresholds
) -> StoreSnapshot:
    """Return the values that the alert conditions compare, by the store's own clock.

    `destinations` are all that exist, by name. `state` is what the last check left.
    """
    redis = store.redis
    with redis_errors_as_unavailable():
        now = to_datetime(read_store_time(redis))
        with_events = list_destination_names(redis)
        share = read_memory_share(redis)
    own = {name: destination for name, destination in destinations.items() if destination.store == store.name}
    # A destination that was removed from the configuration may still have events.
    load = _read_load(store, own, sorted({*own, *with_events}))
    clock = read_store_clock(redis)
    dead = {depth.destination: depth.counts.get(State.DEAD, 0) for depth in load.depths}
    return StoreSnapshot(
        store=store.name,
        now=now,
        last_snapshot_at=state.at,
        held=[_held_destination(depth) for depth in load.depths if depth.hold],
        dead=_update_window(state.dead, dead, thresholds.dead_letters, now),
        failed_verifications=_update_window(
            state.failed_verifications, _failed_verifications(store), thresholds.failed_verification, now
        ),
        spent={
            destination.company: (
                load.usage[destination.company].last_day,
                destination.limits.daily_budget,
            )
            for destination in own.values()
        },
        waiting=_waiting_since(store, own, load),
        relaxed=read_durability(redis).relaxed,
        used_share=share,
        down=load.down,
        clock_offset=clock.offset,
        clock_set_at=clock.stepped_at,
        worker_clocks=clock.workers,
    )


def _read_load(store: Store, own: Mapping[str, Destination], names: Sequence[str]) -> _StoreLoad:
    redis = store.redis
    # Companies and base URLs are shared by destinations, so each is read once.
    companies = sorted({destination.company for destination in own.values()})
    breakers = read_open_breakers(redis, sorted({destination.base_url for destination in own.values()}))
    return _StoreLoad(
        read_depths(redis, names),
        {usage.company: usage for usage in read_company_usage(redis, companies)},
        {breaker.base_url: breaker.since for breaker in breakers},
    )


def _update_window(
    before: RateWindow, totals: Mapping[str, int], rate: Rate | None, now: datetime
) -> RateWindow:
    # Also without a threshold: when it is set later, only what happens from then on may raise an alert.
    return update_rate_window(before, totals, seconds=(rate or _DEFAULT_RATE).seconds, now=now)


def _held_destination(depth: DestinationDepth) -> HeldDestination:
    assert depth.hold is not None  # noqa: S101 - the caller has checked it
    return HeldDestination(depth.destination, depth.hold.cause, depth.hold.since, depth.states[State.ON_HOLD])


_EXAMINED = 100
"""Queued events of a destination that are searched for one whose source may send."""


def _waiting_since(store: Store, own: Mapping[str, Destination], load: _StoreLoad) -> dict[str, datetime]:
    """Since when the oldest event of each destination waits although nothing blocks it.

    A hold, a freeze, a Retry-After, a used-up budget or an open breaker blocks it; they have alerts of their own. So does
    the share of its source, which is used up on purpose.
    """
    unblocked = [
        depth.destination
        for depth in load.depths
        if depth.hold is None and depth.states[State.QUEUED] and _may_send(own.get(depth.destination), load)
    ]
    waiting = {name: _used_up_sources(own[name], load) for name in unblocked}
    return _queued_since(store, waiting)


def _used_up_sources(destination: Destination, load: _StoreLoad) -> frozenset[str]:
    """Return the sources that have used their share of the destination's company."""
    usage = load.usage[destination.company]
    return frozenset(limited.source for limited in usage.sources if limited.is_used_up(destination.limits))


def _may_send(destination: Destination | None, load: _StoreLoad) -> bool:
    if destination is None or destination.base_url in load.down:
        return False
    usage = load.usage[destination.company]
    return (
        usage.stopped_until is None
        and usage.last_day + destination.limits.high_priority_reserve < destination.limits.daily_budget
    )


def _queued_since(store: Store, waiting: Mapping[str, Container[str]]) -> dict[str, datetime]:
    """Return when each destination's first queued event was queued that is of none of the sources named with it.

    Examines the oldest events only. A destination without such an event among them is left out.
    """
    with redis_errors_as_unavailable(), store.redis.pipeline(transaction=False) as pipeline:
        for name, used_up in waiting.items():
            pipeline.zrange(f"{keys.BY_STATE}{name}:{State.QUEUED}", 0, _EXAMINED - 1 if used_up else 0)
        oldest = dict(zip(waiting, pipeline.execute(), strict=True))
        # Ids sort by arrival. An old event may have been replayed only now, so its arrival does not count.
        for event_id in (event_id for ids in oldest.values() for event_id in ids):
            pipeline.hmget(keys.EVENT + event_id.decode(), "source", "changed_at")
        records = iter(pipeline.execute())
    since: dict[str, datetime] = {}
    for name, ids in oldest.items():
        for source, changed_at in [next(records) for _ in ids]:
            if changed_at and source.decode() not in waiting[name]:
                since.setdefault(name, to_datetime(changed_at))
    return since


def _failed_verifications(store: Store) -> dict[str, int]:
    """Return how many requests of each source have ever failed verification."""
    with redis_errors_as_unavailable():
        counts: Any = store.redis.hgetall(keys.REQUEST_COUNTS)
    totals: dict[str, int] = {}
    for name, count in counts.items():
        source, _, outcome = name.decode().partition("|")
        if outcome.partition(":")[0] == "verification_failed":
            totals[source] = totals.get(source, 0) + int(count)
    return totals
