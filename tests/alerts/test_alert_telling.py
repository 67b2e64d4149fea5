"""How messages reach receivers: once each, in spite of receivers that are away and workers that die."""

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
from tests.alerts.receiving import Inbox
from tests.alerts.watching import as_if_earlier, destination, due_now, only, tell, watch, with_receivers
from tests.harness.processes import free_port

ON_HOLD = AlertConfig(thresholds=only(AlertKind.ON_HOLD))


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@pytest.fixture
def rules(inbox: Inbox) -> AlertConfig:
    return with_receivers(ON_HOLD, *inbox.receivers())


def hold(store: Store) -> None:
    hold_destination(
        store.scripts, destination(), HoldRequest(HoldCause.FORBIDDEN, "jane@acme.example said so", None)
    )


def test_an_alert_is_opened_told_again_and_cleared(store: Store, inbox: Inbox, rules: AlertConfig):
    watching = watch(store, rules)
    hold(store)
    for _ in range(3):
        watching.look()
    as_if_earlier(store.redis, rules.repeat_interval)
    watching.look()
    resume_destination(store.scripts, "acme")
    watching.look()
    as_if_earlier(store.redis, rules.resolve_after)
    watching.look()
    tell(store, *rules.receivers)

    assert sorted(kind for kind, _ in inbox.told()) == ["alert.cleared", "alert.opened", "alert.repeated"]
    assert len(set(inbox.ids)) == 3
    assert len({body["data"]["alerts"][0]["id"] for body in inbox.bodies}) == 1
    assert [one.subject for one in read_resolved_alerts(store.redis, most=5)] == ["acme"]
    assert read_alert_state(store.redis).open == ()


def test_a_hold_that_comes_and_goes_is_told_once(store: Store, inbox: Inbox, rules: AlertConfig):
    watching = watch(store, rules)
    for _ in range(6):
        hold(store)
        watching.look()
        resume_destination(store.scripts, "acme")
        watching.look()
    tell(store, *rules.receivers)

    assert inbox.told() == [("alert.opened", "on_hold")]


def test_nothing_that_gong_or_a_person_said_is_in_a_message(store: Store, inbox: Inbox, rules: AlertConfig):
    rules = with_receivers(rules, *inbox.receivers(), inbox.people())
    hold(store)
    watch(store, rules).look()
    tell(store, *rules.receivers)

    assert len(inbox.taken) == 2
    assert not [body for _, body in inbox.taken if b"jane" in body]


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_what_is_not_taken_is_sent_again_under_its_old_id(
    store: Store, inbox: Inbox, rules: AlertConfig, status: int
):
    inbox.answers = [status]
    hold(store)
    watch(store, rules).look()
    tell(store, *rules.receivers)
    assert read_receiver_statuses(store.redis)[0]["ops"].failing_since is not None
    due_now(store.redis)
    tell(store, *rules.receivers)

    assert len(inbox.ids) == 2
    assert len(set(inbox.ids)) == 1
    assert inbox.bodies[0] == inbox.bodies[1]
    assert inbox.signed()
    assert read_receiver_statuses(store.redis)[0]["ops"].failing_since is None
    assert read_receiver_statuses(store.redis)[1] == 0


def test_a_receiver_that_is_down_gets_everything_once_it_is_up(
    store: Store, inbox: Inbox, rules: AlertConfig
):
    away = Receiver("ops", f"http://127.0.0.1:{free_port()}/hook", inbox.receivers()[0].secret)
    watching = watch(store, rules)
    hold(store)
    watching.look()
    tell(store, away)
    assert read_receiver_statuses(store.redis)[0]["ops"].outcome == "no_connection"
    resume_destination(store.scripts, "acme")
    as_if_earlier(store.redis, rules.resolve_after)
    watching.look()
    due_now(store.redis)
    tell(store, *rules.receivers)

    assert sorted(kind for kind, _ in inbox.told()) == ["alert.cleared", "alert.opened"]


def test_a_receiver_that_wants_no_more_is_not_asked_again(store: Store, inbox: Inbox, rules: AlertConfig):
    inbox.answers = [410]
    hold(store)
    watch(store, rules).look()
    tell(store, *rules.receivers)

    assert read_receiver_statuses(store.redis)[1] == 0


def test_a_message_is_given_up_after_a_day(store: Store, inbox: Inbox, rules: AlertConfig):
    inbox.answers = [500]
    hold(store)
    watch(store, rules).look()
    [name] = store.redis.zrange(keys.ALERT_MESSAGES, 0, -1)
    created = int(store.redis.hget(keys.ALERT_MESSAGE + name.decode(), "created_at") or 0)
    store.redis.hset(keys.ALERT_MESSAGE + name.decode(), "created_at", created - 86_400_000_000)
    tell(store, *rules.receivers)

    assert read_receiver_statuses(store.redis)[1] == 0
    assert store.redis.exists(keys.ALERT_MESSAGE + name.decode()) == 0


def test_a_receiver_that_was_taken_out_of_the_configuration_leaves_nothing_behind(
    store: Store, inbox: Inbox, rules: AlertConfig
):
    hold(store)
    watch(store, rules).look()
    tell(store)

    assert read_receiver_statuses(store.redis)[1] == 0
    assert inbox.taken == []


class Died(Exception):
    """What a worker that is killed at a certain place does not survive."""


class Mortal(Scripts):
    """Scripts whose worker dies before or after one of them."""

    def __init__(self, redis: Redis, name: str, *, before: bool) -> None:
        super().__init__(redis)
        self._name, self._before = name, before

    def run(self, name: str, *arguments: str | bytes | float, copied: bool = False) -> object:
        if name == self._name and self._before:
            raise Died
        answer = super().run(name, *arguments, wait_for_replicas=copied)
        if name == self._name:
            raise Died
        return answer


def dying(store: Store, name: str, *, before: bool) -> Store:
    return replace(store, scripts=Mortal(store.redis, name, before=before))


LOOKS: dict[str, Callable[[Store, AlertConfig], None]] = {
    "before it is kept": lambda store, rules: watch(dying(store, "alerts_decide", before=True), rules).look(),
    "after it is kept": lambda store, rules: watch(dying(store, "alerts_decide", before=False), rules).look(),
}


@pytest.mark.parametrize("when", LOOKS)
def test_a_worker_that_dies_while_it_decides_loses_nothing_and_doubles_nothing(
    store: Store, inbox: Inbox, rules: AlertConfig, when: str
):
    hold(store)
    with pytest.raises(Died):
        LOOKS[when](store, rules)
    watch(store, rules).look()
    tell(store, *rules.receivers)

    assert inbox.told() == [("alert.opened", "on_hold")]


def test_a_worker_that_dies_between_taking_and_sending_leaves_it_to_the_next(
    store: Store, inbox: Inbox, rules: AlertConfig
):
    hold(store)
    watch(store, rules).look()
    with pytest.raises(Died):
        tell(dying(store, "alerts_take", before=False), *rules.receivers)
    tell(store, *rules.receivers)
    assert inbox.taken == [], "it is leased"
    due_now(store.redis)
    tell(store, *rules.receivers)

    assert inbox.told() == [("alert.opened", "on_hold")]


def test_a_look_that_comes_too_late_changes_nothing(store: Store, rules: AlertConfig):
    hold(store)
    begun = read_alert_state(store.redis)
    watch(store, rules).look()
    late = AlertState(begun.version, read_alert_state(store.redis).at)
    assert save_alert_check(store.scripts, late, AlertChanges((), (), (), ()), []) == (False, 0)
    assert len(read_alert_state(store.redis).open) == 1


def test_of_several_workers_one_looks_at_a_time(store: Store, rules: AlertConfig):
    hold(store)
    first, second = watch(store, rules), watch(store, rules)
    first.step()
    second.step()

    assert store.redis.hget(keys.ALERTS, "version") == b"1"


def test_the_heart_beats_after_a_look_and_is_silent_when_nobody_looks(store: Store, inbox: Inbox):
    watching = watch(store, ON_HOLD, heartbeat=f"{inbox.url}/beat")
    watching.step()
    watching.step()

    assert inbox.beats == 1


def test_a_heartbeat_that_nobody_takes_keeps_no_look_from_being_made(store: Store):
    watch(store, ON_HOLD, heartbeat=f"http://127.0.0.1:{free_port()}/").step()

    assert read_alert_state(store.redis).at is not None


def test_what_waits_for_a_receiver_has_its_bounds(store: Store, inbox: Inbox):
    many = tuple(Receiver(f"r{number}", inbox.url, b"s" * 24) for number in range(600))
    hold(store)
    watch(store, with_receivers(ON_HOLD, *many)).look()

    assert read_receiver_statuses(store.redis)[1] == 500


def test_messages_are_sent_though_the_store_is_full(store: Store, rules: AlertConfig):
    hold(store)
    store.redis.config_set("maxmemory", 1)
    try:
        watch(store, rules).look()
        assert lease_messages(store.scripts, lease_seconds=0, most=1)
    finally:
        store.redis.config_set("maxmemory", 0)
