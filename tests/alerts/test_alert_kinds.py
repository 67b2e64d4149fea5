"""Every kind of alert, produced in a real store: one message, signed, about the right subject."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis

from relay.core.alerts.kinds import AlertKind
from relay.core.alerts.thresholds import AlertConfig, Rate
from relay.core.destination import Destination
from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.store.delivery import (
    CallTiming,
    Retry,
    dead_letter,
    finish,
    publish_limits,
    publish_shares,
    retry_later,
)
from relay.store.engine import keys
from relay.store.engine.durability import read_memory_share
from relay.store.holds import HoldRequest, hold_destination
from relay.store.request_stats import Rejection, RequestStats
from relay.store.stores import Store
from tests.alerts.monitoring import BASE_URL, create_monitor, destination, move_back, only, send_due
from tests.alerts.receiver import Inbox
from tests.store_world import NOW, accept_events, event, field_of, new_id, receipt, take_events

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """How to produce a kind of alert, its subject, and the threshold for this test."""

    produce: Callable[[Store, Destination], None]
    subject: str = "acme"
    threshold: Any = None
    limits: Mapping[str, int] = field(default_factory=dict)


def put_on_hold(store: Store, here: Destination) -> None:
    hold_destination(store.scripts, here, HoldRequest(HoldCause.INVALID_CREDENTIALS, "", None))


def create_dead_letter(store: Store, _: Destination) -> None:
    accept_events(store.scripts, event(new_id()))
    [leased] = take_events(store.scripts)
    finish(store.scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600))


def use_up_budget(store: Store, here: Destination) -> None:
    publish_limits(store.scripts, {here.name: here})
    accept_events(store.scripts, *(event(new_id()) for _ in range(9)))
    assert len(take_events(store.scripts)) == 9


def leave_an_old_event(store: Store, _: Destination) -> None:
    old = event(new_id())
    accept_events(store.scripts, old)
    changed = int(field_of(store.redis, old.id, "changed_at"))
    store.redis.hset(keys.EVENT + old.id, "changed_at", changed - 301 * MICROSECONDS)


def stop_checking(store: Store, _: Destination) -> None:
    move_back(store.redis, 181)


def do_nothing(_: Store, __: Destination) -> None: ...


def fill_store(store: Store, _: Destination) -> None:
    memory: Any = store.redis.info("memory")
    store.redis.config_set("maxmemory", int(memory["used_memory"] * 1.2))
    assert 0.75 < (read_memory_share(store.redis) or 0) < 1


def break_gong(store: Store, here: Destination) -> None:
    publish_limits(store.scripts, {here.name: here})
    for _ in range(5):
        accept_events(store.scripts, event(new_id()))
        [leased] = take_events(store.scripts)
        retry = Retry(seconds=0.0, counts_as_attempt=True, gong_at_fault=True, error="down")
        assert finish(store.scripts, leased, retry_later(retry, record=b""), CallTiming(BASE_URL, 0.0))
        store.redis.zadd(keys.DUE, {"acme": 0}, xx=True)


def fail_verification(store: Store, _: Destination) -> None:
    stats = RequestStats(store.redis, lambda: 0.0)
    for reason in ("bad_signature", "stale") * 10:
        stats.count(Rejection("web", "verification_failed", reason, NOW))
    stats.count(Rejection("shop", "not_json", "", NOW))
    stats.flush_if_due()


def set_the_clock_back(store: Store, _: Destination) -> None:
    hour = 3600 * MICROSECONDS
    store.redis.set(keys.CLOCK, f"{store.redis.time()[0] * MICROSECONDS} {hour}")
    store.redis.hset(keys.CLOCK_STEP, mapping={"at": int(NOW.timestamp()) * MICROSECONDS, "step": -hour})


STAGES = {
    AlertKind.ON_HOLD: Staged(put_on_hold),
    AlertKind.DEAD_LETTERS: Staged(create_dead_letter, threshold=Rate(1, 1.0)),
    AlertKind.DAILY_BUDGET: Staged(use_up_budget, limits={"per_second": 100, "per_day": 10}),
    AlertKind.OLDEST_EVENT: Staged(leave_an_old_event),
    AlertKind.NO_WORKER: Staged(stop_checking, subject="main"),
    AlertKind.RELAXED_DURABILITY: Staged(do_nothing, subject="main"),
    AlertKind.STORE_FULL: Staged(fill_store, subject="main"),
    AlertKind.GONG_DOWN: Staged(break_gong, subject=BASE_URL, threshold=0.0, limits={"per_second": 100}),
    AlertKind.FAILED_VERIFICATION: Staged(fail_verification, subject="web", threshold=Rate(20, 1.0)),
    AlertKind.WRONG_CLOCK: Staged(set_the_clock_back, subject="main"),
}


@pytest.fixture(autouse=True)
def remove_memory_limit(redis: Redis) -> Iterator[None]:
    yield
    redis.config_set("maxmemory", 0)


def test_every_kind_is_produced_here():
    assert set(STAGES) == set(AlertKind)


@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_sends_one_signed_message_about_the_right_subject(kind: AlertKind, store: Store, inbox: Inbox):
    staged = STAGES[kind]
    here = destination(**staged.limits)
    config = AlertConfig(receivers=inbox.receivers(), thresholds=only(kind, staged.threshold))
    monitor = create_monitor(store, config, here)
    if kind is not AlertKind.RELAXED_DURABILITY:
        monitor.check()
        send_due(store, *config.receivers)
        assert inbox.received == []

    staged.produce(store, here)
    monitor.check()
    monitor.check()
    send_due(store, *config.receivers)

    assert inbox.message_types() == [("alert.opened", kind)]
    assert inbox.is_signed()
    assert not inbox.is_signed(secret=b"another-secret-of-24-byte")
    assert [alert["name"] for alert in inbox.bodies[0]["data"]["alerts"]] == [staged.subject]


@pytest.mark.parametrize(("sources", "alerts"), [(["web"], []), (["web", "shop"], ["acme"])])
def test_only_an_old_event_whose_source_may_send_is_an_alert(
    store: Store, inbox: Inbox, sources: list[str], alerts: list[str]
):
    here = destination(per_second=100, per_day=1_000)
    publish_limits(store.scripts, {"acme": here})
    publish_shares(store.scripts, {("acme", "web"): 0.001}, ["acme"])
    accept_events(store.scripts, event(new_id()))
    assert len(take_events(store.scripts)) == 1
    for source in sources:
        old = event(new_id())
        accept_events(store.scripts, old, on=receipt(source=source))
        changed = int(field_of(store.redis, old.id, "changed_at"))
        store.redis.hset(keys.EVENT + old.id, "changed_at", changed - 301 * MICROSECONDS)
    config = AlertConfig(receivers=inbox.receivers(), thresholds=only(AlertKind.OLDEST_EVENT))

    create_monitor(store, config, here).check()
    send_due(store, *config.receivers)

    assert [alert["name"] for body in inbox.bodies for alert in body["data"]["alerts"]] == alerts
