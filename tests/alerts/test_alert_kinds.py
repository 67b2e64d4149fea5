"""Each kind of alert, staged for real in a store: told once, to a receiver that checks its signature."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis

from relay.core.alerts.kinds import AlertKind
from relay.core.alerts.thresholds import AlertConfig, Rate
from relay.core.destination import Destination
from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.store.delivery import CallTiming, Retry, dead_letter, finish, publish_limits, retry_later
from relay.store.engine import keys
from relay.store.engine.durability import read_memory_share
from relay.store.holds import HoldRequest, hold_destination
from relay.store.request_stats import Rejection, RequestStats
from relay.store.stores import Store
from tests.alerts.receiving import Inbox
from tests.alerts.watching import BASE_URL, as_if_earlier, destination, only, tell, watch
from tests.store_world import NOW, accept_events, event, field_of, new_id, take_events

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """How a kind comes to be, about what it is, and from where on it is told here."""

    arise: Callable[[Store, Destination], None]
    about: str = "acme"
    threshold: Any = None
    limits: Mapping[str, int] = field(default_factory=dict)


def fall_on_hold(store: Store, here: Destination) -> None:
    hold_destination(store.scripts, here, HoldRequest(HoldCause.INVALID_CREDENTIALS, "", None))


def die(store: Store, _: Destination) -> None:
    accept_events(store.scripts, event(new_id()))
    [taken] = take_events(store.scripts)
    finish(store.scripts, taken, dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600))


def spend(store: Store, here: Destination) -> None:
    publish_limits(store.scripts, {here.name: here})
    accept_events(store.scripts, *(event(new_id()) for _ in range(9)))
    assert len(take_events(store.scripts)) == 9


def be_left_lying(store: Store, _: Destination) -> None:
    one = event(new_id())
    accept_events(store.scripts, one)
    changed = int(field_of(store.redis, one.id, "changed_at"))
    store.redis.hset(keys.EVENT + one.id, "changed_at", changed - 301 * MICROSECONDS)


def nobody_comes(store: Store, _: Destination) -> None:
    as_if_earlier(store.redis, 181)


def nothing(_: Store, __: Destination) -> None: ...


def fill(store: Store, _: Destination) -> None:
    told: Any = store.redis.info("memory")
    store.redis.config_set("maxmemory", int(told["used_memory"] * 1.2))
    assert 0.75 < (read_memory_share(store.redis) or 0) < 1


def go_down(store: Store, here: Destination) -> None:
    publish_limits(store.scripts, {here.name: here})
    for _ in range(5):
        accept_events(store.scripts, event(new_id()))
        [taken] = take_events(store.scripts)
        again = Retry(0.0, spent=True, gong_at_fault=True, said="down")
        assert finish(store.scripts, taken, retry_later(again, record=b""), CallTiming(BASE_URL, 0.0))
        store.redis.zadd(keys.DUE, {"acme": 0}, xx=True)


def forge(store: Store, _: Destination) -> None:
    turnstile = RequestStats(store.redis, lambda: 0.0)
    for reason in ("bad_signature", "stale") * 10:
        turnstile.count(Rejection("web", "verification_failed", reason, NOW))
    turnstile.count(Rejection("shop", "not_json", "", NOW))
    turnstile.flush_if_due()


STAGES = {
    AlertKind.ON_HOLD: Staged(fall_on_hold),
    AlertKind.DEAD_LETTERS: Staged(die, threshold=Rate(1, 1.0)),
    AlertKind.DAY_BUDGET: Staged(spend, limits={"per_second": 100, "per_day": 10}),
    AlertKind.OLDEST_EVENT: Staged(be_left_lying),
    AlertKind.NO_WORKER: Staged(nobody_comes, about="main"),
    AlertKind.RELAXED_DURABILITY: Staged(nothing, about="main"),
    AlertKind.STORE_FULL: Staged(fill, about="main"),
    AlertKind.GONG_DOWN: Staged(go_down, about=BASE_URL, threshold=0.0, limits={"per_second": 100}),
    AlertKind.FAILED_VERIFICATION: Staged(forge, about="web", threshold=Rate(20, 1.0)),
}


@pytest.fixture(autouse=True)
def room_again(redis: Redis) -> Iterator[None]:
    yield
    redis.config_set("maxmemory", 0)


def test_every_kind_is_staged_here():
    assert set(STAGES) == set(AlertKind)


@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_is_told_once_signed_and_of_the_right_subject(kind: AlertKind, store: Store, inbox: Inbox):
    staged = STAGES[kind]
    here = destination(**staged.limits)
    rules = AlertConfig(inbox.receivers(), only(kind, staged.threshold))
    watching = watch(store, rules, here)
    if kind is not AlertKind.RELAXED_DURABILITY:
        watching.look()
        tell(store, *rules.receivers)
        assert inbox.taken == []

    staged.arise(store, here)
    watching.look()
    watching.look()
    tell(store, *rules.receivers)

    assert inbox.told() == [("alert.opened", kind)]
    assert inbox.signed()
    assert not inbox.signed(secret=b"another-secret-of-24-byte")
    assert [one["name"] for one in inbox.bodies[0]["data"]["alerts"]] == [staged.about]
