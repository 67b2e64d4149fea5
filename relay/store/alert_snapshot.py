"""One look at a store for alerts: a bounded number of round trips, however many destinations and events there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from relay.core.alerts.conditions import HeldDestination, StoreSnapshot
from relay.core.alerts.rate import RateWindow, update_rate_window
from relay.core.alerts.thresholds import Rate, Thresholds
from relay.core.destination import Destination
from relay.core.lifecycle import State
from relay.store.alerts import AlertState
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.durability import read_durability, read_memory_share
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.events import list_destination_names
from relay.store.queues import (
    CompanyUsage,
    DestinationDepth,
    read_company_usage,
    read_depths,
    read_open_breakers,
)
from relay.store.stores import Store

_UNWATCHED = Rate(1, 60.0)


@dataclass(frozen=True, slots=True)
class _Seen:
    depths: Sequence[DestinationDepth]
    spent: Mapping[str, CompanyUsage]
    down: Mapping[str, datetime]


def look(
    store: Store, known: Mapping[str, Destination], memory: AlertState, thresholds: Thresholds
) -> StoreSnapshot:
    """What is the case in one store, by its own clock. `known` are the destinations that there are, by name."""
    redis = store.redis
    with redis_errors_as_unavailable():
        clock: Any = redis.time()
        seen_before = list_destination_names(redis)
        share = read_memory_share(redis)
    now = datetime.fromtimestamp(clock[0] + clock[1] / SECOND, tz=UTC)
    own = {name: each for name, each in known.items() if each.store == store.name}
    seen = _see(store, own, sorted({*own, *seen_before}))
    dead = {one.destination: one.counts.get(State.DEAD, 0) for one in seen.depths}
    return StoreSnapshot(
        store=store.name,
        now=now,
        last_snapshot_at=memory.at,
        held=[_held(one) for one in seen.depths if one.hold],
        dead=_grown(memory.dead, dead, thresholds.dead_letters, now),
        failed_verifications=_grown(
            memory.failed_verifications, _unproved(store), thresholds.failed_verification, now
        ),
        spent={
            each.company: (seen.spent[each.company].last_day, each.limits.day_budget) for each in own.values()
        },
        waiting=_waiting(store, own, seen),
        relaxed=read_durability(redis).relaxed,
        used_share=share,
        down=seen.down,
    )


def _see(store: Store, own: Mapping[str, Destination], names: Sequence[str]) -> _Seen:
    redis = store.redis
    companies = sorted({each.company for each in own.values()})
    down = read_open_breakers(redis, sorted({each.base_url for each in own.values()}))
    return _Seen(
        read_depths(redis, names),
        {told.company: told for told in read_company_usage(redis, companies)},
        {one.base_url: one.since for one in down},
    )


def _grown(before: RateWindow, totals: Mapping[str, int], rate: Rate | None, now: datetime) -> RateWindow:
    """Also while nobody wants to be told: whoever turns it on later is not told of all that ever was."""
    return update_rate_window(before, totals, seconds=(rate or _UNWATCHED).seconds, now=now)


def _held(depth: DestinationDepth) -> HeldDestination:
    assert depth.hold is not None  # noqa: S101 - asked by the caller
    return HeldDestination(depth.destination, depth.hold.cause, depth.hold.since, depth.states[State.ON_HOLD])


def _waiting(store: Store, own: Mapping[str, Destination], seen: _Seen) -> dict[str, datetime]:
    """Since when the oldest event of a destination waits that nothing holds up: no hold, freeze, spent day, down Gong."""
    free = [
        one.destination
        for one in seen.depths
        if one.hold is None and one.states[State.QUEUED] and _may_send(own.get(one.destination), seen)
    ]
    return dict(zip(free, _oldest(store, free), strict=True))


def _may_send(known: Destination | None, seen: _Seen) -> bool:
    if known is None or known.base_url in seen.down:
        return False
    spent = seen.spent[known.company]
    return (
        spent.frozen_until is None
        and spent.last_day + known.limits.high_priority_reserve < known.limits.day_budget
    )


def _oldest(store: Store, names: Iterable[str]) -> list[datetime]:
    """When the first event of each came into the queue. By its id it is the oldest; a replayed one came back lately."""
    with redis_errors_as_unavailable(), store.redis.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.zrange(f"{keys.BY_STATE}{name}:{State.QUEUED}", 0, 0)
        ids = [found[0].decode() if found else "" for found in pipeline.execute()]
        for event_id in ids:
            pipeline.hget(keys.EVENT + event_id, "changed_at")
        pipeline.time()
        *changed, (seconds, micro) = pipeline.execute()
    now = seconds * SECOND + micro
    return [to_datetime(moment or now) for moment in changed]


def _unproved(store: Store) -> dict[str, int]:
    """How many requests of each source were ever refused because their sender did not prove itself."""
    with redis_errors_as_unavailable():
        found: Any = store.redis.hgetall(keys.REQUEST_COUNTS)
    totals: dict[str, int] = {}
    for name, count in found.items():
        source, _, outcome = name.decode().partition("|")
        if outcome.partition(":")[0] == "verification_failed":
            totals[source] = totals.get(source, 0) + int(count)
    return totals
