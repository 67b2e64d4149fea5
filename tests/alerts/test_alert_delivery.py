"""Messages reach receivers once each, even if receivers are down or workers die."""

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from redis import Redis

from relay.core.alerts.kinds import AlertKind
from relay.core.alerts.lifecycle import AlertChanges
from relay.core.alerts.thresholds import AlertConfig, Receiver
from relay.core.lifecycle import HoldCause
from relay.store.alerts import (
    AlertState,
    lease_messages,
    read_alert_state,
    read_receiver_statuses,
    read_resolved_alerts,
    save_alert_check,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination, resume_destination
from relay.store.stores import Store
from tests.alerts.monitoring import (
    create_monitor,
    destination,
    make_due,
    move_back,
    only,
    send_due,
    with_receivers,
)
from tests.alerts.receiver import Inbox
from tests.harness.processes import free_port

ON_HOLD = AlertConfig(thresholds=only(AlertKind.ON_HOLD))


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@pytest.fixture
def config(inbox: Inbox) -> AlertConfig:
    return with_receivers(ON_HOLD, *inbox.receivers())


def hold(store: Store) -> None:
    hold_destination(
        store.scripts, destination(), HoldRequest(HoldCause.FORBIDDEN, "jane@acme.example said so", None)
    )


def test_an_alert_opens_repeats_and_resolves(store: Store, inbox: Inbox, config: AlertConfig):
    monitor = create_monitor(store, config)
    hold(store)
    for _ in range(3):
        monitor.check()
    move_back(store.redis, config.repeat_interval)
    monitor.check()
    resume_destination(store.scripts, "acme")
    monitor.check()
    move_back(store.redis, config.resolve_after)
    monitor.check()
    send_due(store, *config.receivers)

    assert sorted(kind for kind, _ in inbox.message_types()) == [
        "alert.opened",
        "alert.repeated",
        "alert.resolved",
    ]
    assert len(set(inbox.ids)) == 3
    assert len({body["data"]["alerts"][0]["id"] for body in inbox.bodies}) == 1
    assert [alert.subject for alert in read_resolved_alerts(store.redis, most=5)] == ["acme"]
    assert read_alert_state(store.redis).open == ()


def test_a_hold_that_comes_and_goes_sends_one_message(store: Store, inbox: Inbox, config: AlertConfig):
    monitor = create_monitor(store, config)
    for _ in range(6):
        hold(store)
        monitor.check()
        resume_destination(store.scripts, "acme")
        monitor.check()
    send_due(store, *config.receivers)

    assert inbox.message_types() == [("alert.opened", "on_hold")]


def test_a_message_holds_no_text_of_gong_and_no_personal_data(
    store: Store, inbox: Inbox, config: AlertConfig
):
    config = with_receivers(config, *inbox.receivers(), inbox.slack())
    hold(store)
    create_monitor(store, config).check()
    send_due(store, *config.receivers)

    assert len(inbox.received) == 2
    assert not [body for _, body in inbox.received if b"jane" in body]


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_a_rejected_message_is_sent_again_with_the_same_id(
    store: Store, inbox: Inbox, config: AlertConfig, status: int
):
    inbox.answers = [status]
    hold(store)
    create_monitor(store, config).check()
    send_due(store, *config.receivers)
    assert read_receiver_statuses(store.redis)[0]["ops"].failing_since is not None
    make_due(store.redis)
    send_due(store, *config.receivers)

    assert len(inbox.ids) == 2
    assert len(set(inbox.ids)) == 1
    assert inbox.bodies[0] == inbox.bodies[1]
    assert inbox.is_signed()
    assert read_receiver_statuses(store.redis)[0]["ops"].failing_since is None
    assert read_receiver_statuses(store.redis)[1] == 0


def test_a_receiver_that_was_down_gets_every_message_when_it_is_up(
    store: Store, inbox: Inbox, config: AlertConfig
):
    unreachable = Receiver("ops", f"http://127.0.0.1:{free_port()}/hook", inbox.receivers()[0].secret)
    monitor = create_monitor(store, config)
    hold(store)
    monitor.check()
    send_due(store, unreachable)
    assert read_receiver_statuses(store.redis)[0]["ops"].outcome == "no_connection"
    resume_destination(store.scripts, "acme")
    move_back(store.redis, config.resolve_after)
    monitor.check()
    make_due(store.redis)
    send_due(store, *config.receivers)

    assert sorted(kind for kind, _ in inbox.message_types()) == ["alert.opened", "alert.resolved"]


def test_a_receiver_that_answers_410_gets_no_retry(store: Store, inbox: Inbox, config: AlertConfig):
    inbox.answers = [410]
    hold(store)
    create_monitor(store, config).check()
    send_due(store, *config.receivers)

    assert read_receiver_statuses(store.redis)[1] == 0


def test_a_message_is_given_up_after_a_day(store: Store, inbox: Inbox, config: AlertConfig):
    inbox.answers = [500]
    hold(store)
    create_monitor(store, config).check()
    [name] = store.redis.zrange(keys.ALERT_MESSAGES, 0, -1)
    created = int(store.redis.hget(keys.ALERT_MESSAGE + name.decode(), "created_at") or 0)
    store.redis.hset(keys.ALERT_MESSAGE + name.decode(), "created_at", created - 86_400_000_000)
    send_due(store, *config.receivers)

    assert read_receiver_statuses(store.redis)[1] == 0
    assert store.redis.exists(keys.ALERT_MESSAGE + name.decode()) == 0


def test_messages_of_a_receiver_that_was_removed_from_the_configuration_are_dropped(
    store: Store, inbox: Inbox, config: AlertConfig
):
    hold(store)
    create_monitor(store, config).check()
    send_due(store)

    assert read_receiver_statuses(store.redis)[1] == 0
    assert inbox.received == []


class Died(Exception):
    """Raised where a worker is killed."""


class Mortal(Scripts):
    """Scripts whose worker dies before or after one of them runs."""

    def __init__(self, redis: Redis, name: str, *, before: bool) -> None:
        super().__init__(redis)
        self._name, self._before = name, before

    def run(self, name: str, *arguments: str | bytes | float, copied: bool = False) -> object:
        if name == self._name and self._before:
            raise Died
        result = super().run(name, *arguments, wait_for_replicas=copied)
        if name == self._name:
            raise Died
        return result


def dying(store: Store, name: str, *, before: bool) -> Store:
    return replace(store, scripts=Mortal(store.redis, name, before=before))


CRASHES: dict[str, Callable[[Store, AlertConfig], None]] = {
    "before the check is saved": lambda store, config: create_monitor(
        dying(store, "alerts_save", before=True), config
    ).check(),
    "after the check is saved": lambda store, config: create_monitor(
        dying(store, "alerts_save", before=False), config
    ).check(),
}


@pytest.mark.parametrize("when", CRASHES)
def test_a_worker_that_dies_during_a_check_loses_and_duplicates_no_message(
    store: Store, inbox: Inbox, config: AlertConfig, when: str
):
    hold(store)
    with pytest.raises(Died):
        CRASHES[when](store, config)
    create_monitor(store, config).check()
    send_due(store, *config.receivers)

    assert inbox.message_types() == [("alert.opened", "on_hold")]


def test_a_message_leased_by_a_worker_that_died_is_sent_by_the_next(
    store: Store, inbox: Inbox, config: AlertConfig
):
    hold(store)
    create_monitor(store, config).check()
    with pytest.raises(Died):
        send_due(dying(store, "alerts_lease", before=False), *config.receivers)
    send_due(store, *config.receivers)
    assert inbox.received == [], "the message is still leased"
    make_due(store.redis)
    send_due(store, *config.receivers)

    assert inbox.message_types() == [("alert.opened", "on_hold")]


def test_a_check_that_another_one_overtook_changes_nothing(store: Store, config: AlertConfig):
    hold(store)
    before = read_alert_state(store.redis)
    create_monitor(store, config).check()
    late = AlertState(version=before.version, at=read_alert_state(store.redis).at)
    assert save_alert_check(store.scripts, late, AlertChanges((), (), (), ()), []) == (False, 0)
    assert len(read_alert_state(store.redis).open) == 1


def test_one_of_several_workers_does_a_check(store: Store, config: AlertConfig):
    hold(store)
    first, second = create_monitor(store, config), create_monitor(store, config)
    first.step()
    second.step()

    assert store.redis.hget(keys.ALERTS, "version") == b"1"


def test_a_heartbeat_is_sent_after_each_check_and_only_then(store: Store, inbox: Inbox):
    monitor = create_monitor(store, ON_HOLD, heartbeat=f"{inbox.url}/beat")
    monitor.step()
    monitor.step()

    assert inbox.heartbeats == 1


def test_a_check_is_done_even_if_its_heartbeat_fails(store: Store):
    create_monitor(store, ON_HOLD, heartbeat=f"http://127.0.0.1:{free_port()}/").step()

    assert read_alert_state(store.redis).at is not None


def test_the_number_of_pending_messages_is_limited(store: Store, inbox: Inbox):
    many = tuple(Receiver(f"r{number}", inbox.url, b"s" * 24) for number in range(600))
    hold(store)
    create_monitor(store, with_receivers(ON_HOLD, *many)).check()

    assert read_receiver_statuses(store.redis)[1] == 500


def test_messages_are_sent_even_if_the_store_is_full(store: Store, config: AlertConfig):
    hold(store)
    store.redis.config_set("maxmemory", 1)
    try:
        create_monitor(store, config).check()
        assert lease_messages(store.scripts, lease_seconds=0, most=1)
    finally:
        store.redis.config_set("maxmemory", 0)
