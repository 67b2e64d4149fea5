"""The alerts API: open alerts, receivers, test messages, and workers that do not check."""

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
RULES = AlertConfig(receivers=(OPS,), thresholds=Thresholds(relaxed_durability=False))
Headers = dict[str, str]
Page = Callable[[], dict[str, Any]]


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    configuration = replace(config(), alerts=RULES)
    return create_app(Settings(admin_key=ADMIN), configuration, redis).test_client()


@pytest.fixture
def alerts(client: FlaskClient, operator: Headers) -> Page:
    def page() -> dict[str, Any]:
        response = client.get("/v1/alerts", headers=operator)
        assert response.status_code == 200, response.text
        return dict(response.get_json())

    return page


@pytest.fixture
def check(redis: Redis) -> Callable[[], None]:
    """Run one check, as a worker does."""
    return create_monitor(Stores(redis).main, RULES).check


def hold(redis: Redis) -> None:
    hold_destination(Stores(redis).main.scripts, destination(), HoldRequest(HoldCause.FORBIDDEN, "", None))


def test_without_problems_no_alert_is_open(alerts: Page, check: Callable[[], None]):
    check()
    page = alerts()

    assert (page["open"], page["resolved"]) == ([], [])
    assert page["receivers"] == [{"name": "ops", "format": "standard", "last": None}]
    assert page["checks"][0]["at"] is not None


def test_an_open_alert_has_a_remedy(alerts: Page, check: Callable[[], None], redis: Redis):
    hold(redis)
    check()
    [alert] = alerts()["open"]

    assert (alert["kind"], alert["severity"], alert["about"], alert["name"]) == (
        "on_hold",
        "critical",
        "destination",
        "acme",
    )
    assert alert["remedy"].startswith("Gong forbids the call")


def test_the_web_reports_that_no_worker_checks_any_more(
    alerts: Page, check: Callable[[], None], redis: Redis
):
    check()
    assert alerts()["open"] == []
    move_back(redis, 181)
    [alert] = alerts()["open"]

    assert (alert["kind"], alert["name"], alert["severity"]) == ("no_worker", "main", "critical")


def test_the_web_reports_that_no_worker_has_ever_checked(alerts: Page):
    assert alerts()["open"][0]["text"] == "No worker has run for store main yet."


def test_a_receiver_that_does_not_respond_is_shown(alerts: Page, check: Callable[[], None], redis: Redis):
    hold(redis)
    check()
    store = Stores(redis).main
    [message] = lease_messages(store.scripts, lease_seconds=60, most=5)
    status = ReceiverStatus(
        message=message.message.id, at=NOW, outcome="timeout", status=None, failing_since=NOW
    )
    settle_message(redis, message, status, retry_in=60)
    page = alerts()

    assert page["receivers"][0]["last"] == {
        "message": message.message.id,
        "at": "2026-11-21T10:00:00Z",
        "outcome": "timeout",
        "status": None,
        "failing_since": "2026-11-21T10:00:00Z",
    }
    assert page["checks"][0]["pending_messages"] == 1


def test_the_address_and_secret_of_a_receiver_are_not_shown(alerts: Page):
    assert "ops.example" not in str(alerts())


def test_a_test_message_is_queued_for_a_worker(client: FlaskClient, operator: Headers, redis: Redis):
    response = client.post("/v1/alerts/receivers/ops/test", headers=operator)

    assert (response.status_code, response.get_json()["queued"]) == (202, True)
    assert redis.zcard(keys.ALERT_MESSAGES) == 1


def test_an_unknown_receiver_is_404_with_a_suggestion(client: FlaskClient, operator: Headers):
    response = client.post("/v1/alerts/receivers/op/test", headers=operator)

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_receiver")
    assert "did you mean 'ops'" in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/alerts"), ("POST", "/v1/alerts/receivers/ops/test")]
)
def test_a_sources_key_is_not_allowed(client: FlaskClient, sender: Headers, method: str, path: str):
    assert client.open(path, method=method, headers=sender).status_code == 403
    assert client.open(path, method=method).status_code == 401


def test_an_unavailable_store_is_reported(operator: Headers):
    client = create_app(
        Settings(admin_key=ADMIN), replace(config(), alerts=RULES), Redis(port=1)
    ).test_client()
    page = client.get("/v1/alerts", headers=operator).get_json()

    assert page["checks"] == [{"store": "main", "at": None, "unavailable": "store_unavailable"}]


def test_alerts_of_all_stores_are_shown_together(operator: Headers, redis: Redis, second_redis: Redis):
    stores = Stores(redis, {"eu": second_redis})
    globex = replace(destination(), name="globex", company="globex", store="eu")
    hold_destination(stores.get("eu").scripts, globex, HoldRequest(HoldCause.FORBIDDEN, "", None))
    for name in ("main", "eu"):
        create_monitor(stores.get(name), RULES, globex).check()
    app = create_app(
        Settings(admin_key=ADMIN), replace(config(), alerts=RULES), redis, other_stores={"eu": second_redis}
    )
    page = app.test_client().get("/v1/alerts", headers=operator).get_json()

    assert [(alert["store"], alert["name"]) for alert in page["open"]] == [("eu", "globex")]
    assert [check["store"] for check in page["checks"]] == ["main", "eu"]
