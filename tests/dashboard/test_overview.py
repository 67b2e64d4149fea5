"""The overview: before the first event, after it, and with problems."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from redis import Redis

from relay.core.alerts.kinds import AlertKind
from relay.core.alerts.thresholds import AlertConfig, Rate
from relay.store.stores import Stores
from tests.alerts.monitoring import create_monitor, destination, only
from tests.alerts.test_alert_kinds import fail_verification
from tests.web.conftest import KEYS, page_view

__all__ = ["page_view"]

Headers = dict[str, str]


def get_overview(client: FlaskClient, operator: Headers) -> str:
    return client.get("/ops/", headers=operator).text


def test_the_empty_overview_shows_a_command_whose_event_is_accepted(client: FlaskClient, operator: Headers):
    page = unescape(get_overview(client, operator))
    command = re.search(r"-d '(\{.*?\})'", page, re.DOTALL)

    assert "No events yet" in page
    assert command is not None
    response = client.post("/v1/events", json=json.loads(command[1]), headers={"X-API-Key": KEYS["web"]})
    assert response.status_code == 202, response.text


def test_the_chart_appears_with_the_first_event(
    client: FlaskClient, operator: Headers, page_view: Callable[..., dict[str, Any]]
):
    client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})
    page = get_overview(client, operator)

    assert "No events yet" not in page
    assert "data-points=" in page


def test_waiting_events_without_a_worker_raise_a_notice(
    client: FlaskClient, operator: Headers, page_view: Callable[..., dict[str, Any]]
):
    client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})

    assert "No worker is running" in get_overview(client, operator)


def test_an_open_alert_is_shown_with_its_remedy(client: FlaskClient, operator: Headers, redis: Redis):
    store = Stores(redis).main
    monitor = create_monitor(
        store, AlertConfig(thresholds=only(AlertKind.FAILED_VERIFICATION, Rate(20, 1.0)))
    )
    monitor.check()
    fail_verification(store, destination())
    monitor.check()
    [alert] = client.get("/v1/alerts", headers=operator).get_json()["open"]

    page = unescape(get_overview(client, operator))
    assert alert["text"] in page
    assert alert["remedy"] in page
