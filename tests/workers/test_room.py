"""A store above its mark frees memory by itself, and a changed retention applies to events that have ended already."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from redis import Redis

from relay.core.errors import Unavailable
from relay.core.lifecycle import DeadLetterReason, State
from relay.store.accept import Retention
from relay.store.delivery import LeasedEvent, Settlement, dead_letter, end_event, finish
from relay.store.engine import keys
from relay.store.engine.durability import Watermark, read_memory
from relay.store.engine.redis_time import read_store_time
from relay.store.retention import apply_retention, publish_retention
from relay.store.stores import Store, Stores
from tests.store_world import accept_events, event, field_of, receipt, sweep_now, take_events
from workers.room import RoomTask

HOUR = 3600
MARK = 0.85


@pytest.fixture
def store(redis: Redis) -> Iterator[Store]:
    yield Stores(redis).main
    redis.config_set("maxmemory", 0)


def end_delivered(leased: LeasedEvent) -> Settlement:
    return end_event(State.DELIVERED, f"r-{leased.id}", record=b"{}", keep_seconds=72 * HOUR)


def end_dead(_: LeasedEvent) -> Settlement:
    return dead_letter(DeadLetterReason.REJECTED, "no", record=b"{}", keep_seconds=HOUR)


def fill(
    store: Store, name: str, count: int, settlement: Callable[[LeasedEvent], Settlement] | None = None
) -> list[str]:
    """Accept events with a large request, settle them, and return their ids."""
    ids = []
    for number in range(count):
        new = event(f"{name}-{number}")
        accept_events(store.scripts, new, on=receipt(raw=random_text(number)))
        ids.append(new.id)
        if settlement is not None:
            [leased] = take_events(store.scripts)
            assert finish(store.scripts, leased, settlement(leased))
    return ids


def random_text(number: int) -> bytes:
    """Text that compression does not shrink much."""
    return b"".join((number * 1000 + part).to_bytes(8, "big").hex().encode() for part in range(600))


def limit_memory(store: Store, share: float) -> None:
    """Set the server's maximum so that this share of it is used."""
    store.redis.config_set("maxmemory", int(read_memory(store.redis).used / share))


def used_share(store: Store) -> float:
    return read_memory(store.redis).share or 0.0


def states(store: Store, ids: Sequence[str]) -> list[str]:
    return [field_of(store.redis, event_id, "state") for event_id in ids]


def run_until_idle(task: RoomTask, store: Store, most: int = 40) -> None:
    for _ in range(most):
        store.redis.delete(keys.ROOM_LOCK)
        task.step()


def is_accepting(store: Store) -> bool:
    try:
        Watermark(store.redis, percent=int(MARK * 100), clock=lambda: 0.0).check()
    except Unavailable:
        return False
    return True


def test_a_full_store_that_was_drained_accepts_events_again_without_an_operator(store: Store):
    dead = fill(store, "dead", 20, end_dead)
    old = fill(store, "old", 300, end_delivered)
    new = fill(store, "new", 300, end_delivered)
    waiting = fill(store, "waiting", 20)
    limit_memory(store, 0.90)
    assert not is_accepting(store)

    run_until_idle(RoomTask(store, MARK), store)

    assert is_accepting(store)
    assert used_share(store) <= 0.70
    # The oldest went first, and nothing that may not be in Gong went at all.
    assert states(store, old)[0] == ""
    assert "" not in states(store, new) or set(states(store, old)) == {""}
    assert states(store, new)[-1] == "delivered"
    assert set(states(store, dead)) == {"dead"}
    assert set(states(store, waiting)) == {"queued"}


def test_an_event_that_was_deleted_early_is_still_recognized_as_a_duplicate(store: Store):
    [old] = fill(store, "old", 1, end_delivered)
    fill(store, "more", 100, end_delivered)
    limit_memory(store, 0.90)
    run_until_idle(RoomTask(store, MARK), store)
    assert states(store, [old]) == [""]

    store.redis.config_set("maxmemory", 0)
    [verdict] = accept_events(store.scripts, event("old-0")).verdicts
    assert (verdict.id, verdict.duplicate) == (old, True)


def test_a_store_below_its_mark_keeps_everything(store: Store):
    ended = fill(store, "ended", 50, end_delivered)
    limit_memory(store, 0.80)

    run_until_idle(RoomTask(store, MARK), store)

    assert set(states(store, ended)) == {"delivered"}


def test_a_store_that_open_events_and_dead_letters_fill_keeps_them(store: Store):
    dead = fill(store, "dead", 120, end_dead)
    waiting = fill(store, "waiting", 50)
    limit_memory(store, 0.95)
    now = [0.0]
    task = RoomTask(store, MARK, clock=lambda: now[0])

    run_until_idle(task, store, most=3)
    assert set(states(store, dead)) == {"dead"}
    assert set(states(store, waiting)) == {"queued"}

    # It looks again when a minute has passed.
    ended = take_events(store.scripts, 5)
    assert all(finish(store.scripts, leased, end_delivered(leased)) for leased in ended)
    run_until_idle(task, store, most=3)
    assert set(states(store, [leased.id for leased in ended])) == {"delivered"}
    now[0] = 61.0
    run_until_idle(task, store, most=3)
    assert set(states(store, [leased.id for leased in ended])) == {""}


def test_one_worker_at_a_time_frees_memory(store: Store):
    ended = fill(store, "ended", 100, end_delivered)
    limit_memory(store, 0.95)
    store.redis.set(keys.ROOM_LOCK, read_store_time(store.redis) + 500_000)

    RoomTask(store, MARK).step()

    assert set(states(store, ended)) == {"delivered"}


def test_a_shorter_retention_applies_to_events_that_have_ended_already(store: Store):
    publish_retention(store.scripts, Retention())
    run_retention(store)
    delivered = fill(store, "delivered", 450, end_delivered)
    [dead], [waiting] = fill(store, "dead", 1, end_dead), fill(store, "waiting", 1)

    assert publish_retention(store.scripts, Retention(delivered=0, dead=HOUR))
    run_retention(store)

    assert sweep_now(store.scripts, store.redis).pruned == 450
    assert states(store, [delivered[0], waiting, dead]) == ["", "queued", "dead"]
    ended_at = int(field_of(store.redis, dead, "ended_at"))
    assert store.redis.zscore(keys.EXPIRY, dead) == ended_at + HOUR * 1_000_000


def run_retention(store: Store) -> None:
    while apply_retention(store.scripts):
        pass


def test_an_unchanged_retention_schedules_nothing_again(store: Store):
    assert publish_retention(store.scripts, Retention())
    run_retention(store)
    [ended] = fill(store, "ended", 1, end_delivered)
    store.redis.zadd(keys.EXPIRY, {ended: 7})

    assert not publish_retention(store.scripts, Retention())
    run_retention(store)

    assert store.redis.zscore(keys.EXPIRY, ended) == 7
