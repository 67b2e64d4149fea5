"""The first page before anything has come, and after."""

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
from tests.alerts.test_alert_kinds import forge
from tests.alerts.watching import destination, only, watch
from tests.web.conftest import KEYS, page_view

__all__ = ["page_view"]

Headers = dict[str, str]


def overview(client: FlaskClient, operator: Headers) -> str:
    return client.get("/ops/", headers=operator).text


def test_an_empty_relay_shows_how_to_send_a_first_event_that_is_taken(client: FlaskClient, operator: Headers):
    page = unescape(overview(client, operator))
    told = re.search(r"-d '(\{.*?\})'", page, re.DOTALL)

    assert "Nothing has come yet" in page
    assert told is not None
    answer = client.post("/v1/events", json=json.loads(told[1]), headers={"X-API-Key": KEYS["web"]})
    assert answer.status_code == 202, answer.text


def test_the_first_event_makes_room_for_the_chart(
    client: FlaskClient, operator: Headers, page_view: Callable[..., dict[str, Any]]
):
    client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})
    page = overview(client, operator)

    assert "Nothing has come yet" not in page
    assert "data-points=" in page


def test_without_a_worker_what_waits_is_said_with_the_remedy(
    client: FlaskClient, operator: Headers, page_view: Callable[..., dict[str, Any]]
):
    client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})

    assert "No worker is alive" in overview(client, operator)


def test_an_open_alert_is_told_with_its_remedy(client: FlaskClient, operator: Headers, redis: Redis):
    store = Stores(redis).main
    watching = watch(store, AlertConfig((), only(AlertKind.FAILED_VERIFICATION, Rate(20, 1.0))))
    watching.look()
    forge(store, destination())
    watching.look()
    [alert] = client.get("/v1/alerts", headers=operator).get_json()["open"]

    page = unescape(overview(client, operator))
    assert alert["text"] in page
    assert alert["remedy"] in page
