"""Alerts over the API: who sees them, what is said of each, and what only the web can say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.alerts.thresholds import AlertConfig, Receiver, Thresholds
from relay.core.lifecycle import HoldCause
from relay.settings import Settings
from relay.store.alerts import ReceiverStatus, lease_messages, settle_message
from relay.store.engine import keys
from relay.store.holds import HoldRequest, hold_destination
from relay.store.stores import Stores
from tests.alerts.monitoring import create_monitor, destination, move_back
from tests.store_world import NOW
from tests.web.conftest import ADMIN, config

OPS = Receiver("ops", "https://ops.example/hook", b"0123456789abcdef01234567")
RULES = AlertConfig((OPS,), Thresholds(relaxed_durability=False))
Headers = dict[str, str]
Page = Callable[[], dict[str, Any]]


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    told = replace(config(), alerts=RULES)
    return create_app(Settings(admin_key=ADMIN), told, redis).test_client()


@pytest.fixture
def alerts(client: FlaskClient, operator: Headers) -> Page:
    def page() -> dict[str, Any]:
        answer = client.get("/v1/alerts", headers=operator)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    return page


@pytest.fixture
def check(redis: Redis) -> Callable[[], None]:
    """One check by a worker."""
    return create_monitor(Stores(redis).main, RULES).check


def hold(redis: Redis) -> None:
    hold_destination(Stores(redis).main.scripts, destination(), HoldRequest(HoldCause.FORBIDDEN, "", None))


def test_while_all_is_well_nothing_is_open(alerts: Page, check: Callable[[], None]):
    check()
    page = alerts()

    assert (page["open"], page["resolved"]) == ([], [])
    assert page["receivers"] == [{"name": "ops", "format": "standard", "last": None}]
    assert page["checks"][0]["at"] is not None


def test_what_is_open_is_told_with_what_to_do(alerts: Page, check: Callable[[], None], redis: Redis):
    hold(redis)
    check()
    [one] = alerts()["open"]

    assert (one["kind"], one["severity"], one["about"], one["name"]) == (
        "on_hold",
        "critical",
        "destination",
        "acme",
    )
    assert one["remedy"].startswith("Gong forbids the call")


def test_that_nobody_looks_any_more_is_told_by_the_web(alerts: Page, check: Callable[[], None], redis: Redis):
    check()
    assert alerts()["open"] == []
    move_back(redis, 181)
    [one] = alerts()["open"]

    assert (one["kind"], one["name"], one["severity"]) == ("no_worker", "main", "critical")


def test_that_nobody_has_ever_looked_is_told_too(alerts: Page):
    assert alerts()["open"][0]["text"] == "No worker has been at work in store main yet."


def test_a_receiver_that_does_not_answer_is_shown(alerts: Page, check: Callable[[], None], redis: Redis):
    hold(redis)
    check()
    store = Stores(redis).main
    [message] = lease_messages(store.scripts, lease_seconds=60, most=5)
    told = ReceiverStatus(message.message.id, NOW, "timeout", None, NOW)
    settle_message(redis, message, told, again_in=60)
    page = alerts()

    assert page["receivers"][0]["last"] == {
        "message": message.message.id,
        "at": "2026-11-21T10:00:00Z",
        "outcome": "timeout",
        "status": None,
        "failing_since": "2026-11-21T10:00:00Z",
    }
    assert page["checks"][0]["pending_messages"] == 1


def test_neither_address_nor_secret_of_a_receiver_is_shown(alerts: Page):
    assert "ops.example" not in str(alerts())


def test_a_test_waits_for_a_worker(client: FlaskClient, operator: Headers, redis: Redis):
    answer = client.post("/v1/alerts/receivers/ops/test", headers=operator)

    assert (answer.status_code, answer.get_json()["queued"]) == (202, True)
    assert redis.zcard(keys.ALERT_MESSAGES) == 1


def test_a_test_of_nobody_names_those_that_there_are(client: FlaskClient, operator: Headers):
    answer = client.post("/v1/alerts/receivers/op/test", headers=operator)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "no_such_receiver")
    assert "did you mean 'ops'" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/alerts"), ("POST", "/v1/alerts/receivers/ops/test")]
)
def test_a_sources_key_sees_and_does_nothing_here(
    client: FlaskClient, sender: Headers, method: str, path: str
):
    assert client.open(path, method=method, headers=sender).status_code == 403
    assert client.open(path, method=method).status_code == 401


def test_a_store_that_is_away_is_told_as_that(operator: Headers):
    away = create_app(Settings(admin_key=ADMIN), replace(config(), alerts=RULES), Redis(port=1)).test_client()
    page = away.get("/v1/alerts", headers=operator).get_json()

    assert page["checks"] == [{"store": "main", "at": None, "unavailable": "store_unavailable"}]


def test_each_store_is_watched_by_its_own_workers_and_shown_with_the_others(
    operator: Headers, redis: Redis, second_redis: Redis
):
    stores = Stores(redis, {"eu": second_redis})
    globex = replace(destination(), name="globex", company="globex", store="eu")
    hold_destination(stores.get("eu").scripts, globex, HoldRequest(HoldCause.FORBIDDEN, "", None))
    for name in ("main", "eu"):
        create_monitor(stores.get(name), RULES, globex).check()
    told = replace(config(), alerts=RULES)
    web = create_app(Settings(admin_key=ADMIN), told, redis, other_stores={"eu": second_redis}).test_client()
    page = web.get("/v1/alerts", headers=operator).get_json()

    assert [(one["store"], one["name"]) for one in page["open"]] == [("eu", "globex")]
    assert [one["store"] for one in page["checks"]] == ["main", "eu"]
