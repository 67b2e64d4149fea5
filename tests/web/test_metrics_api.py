"""`/metrics` tells how things stand and what ever happened, in a form that Prometheus finds nothing wrong with."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from relay.app import create_app
from relay.core.lifecycle import HoldCause, State
from relay.queries.metric_definitions import STORE_METRICS
from relay.settings import Settings
from relay.store.delivery import CallTiming, end_event, finish
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination
from tests.store_world import take_events
from tests.truth.project import page, rows, section
from tests.web.conftest import ADMIN, config

Values = Callable[..., float | None]


def scraped(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def value(client: FlaskClient, operator: dict[str, str]) -> Values:
    """One value, scraped now."""

    def told(name: str, **labels: str) -> float | None:
        text = client.get("/metrics", headers=operator).get_data(as_text=True)
        return scraped(text).get((name, frozenset(labels.items())))

    return told


def test_what_can_be_foreseen_begins_at_0(value: Values):
    assert value("relay_events_accepted_total", destination="acme") == 0
    assert value("relay_events_ended_total", destination="acme", state="delivered") == 0
    assert value("relay_dead_letters_total", destination="acme", reason="rejected") == 0
    assert value("relay_attempts_total", destination="acme", outcome="rate_limited") == 0
    assert value("relay_requests_total", source="web", outcome="accepted") == 0
    assert value("relay_event_latency_seconds_count") == 0
    assert value("relay_request_duration_seconds_count", endpoint="webhooks") == 0


def test_what_happens_is_counted(client, scripts: Scripts, page_view, sender, value: Values):
    for native in ("a", "a", "b"):
        client.post("/v1/events", json=page_view(native), headers=sender).close()
    [taken] = take_events(scripts, 1)
    settled = end_event(State.DELIVERED, "r", record=b"", keep_seconds=60)
    finish(scripts, taken, settled, CallTiming("https://g", 0.1, 0.3))

    assert value("relay_events_accepted_total", destination="acme") == 2
    assert value("relay_events_repeated_total", destination="acme") == 1
    assert value("relay_events_ended_total", destination="acme", state="delivered") == 1
    assert value("relay_attempts_total", destination="acme", outcome="delivered") == 1
    assert value("relay_requests_total", source="web", outcome="accepted") == 3
    assert value("relay_events", destination="acme", state="queued") == 1
    assert value("relay_daily_budget_remaining_calls", company="acme") == 9999
    assert value("relay_event_latency_seconds_count") == 1
    assert value("relay_gong_call_duration_seconds_count") == 1
    assert value("relay_gong_call_duration_seconds_sum") == pytest.approx(0.3)
    assert value("relay_gong_call_duration_seconds_bucket", le="0.16") == 0
    assert value("relay_gong_call_duration_seconds_bucket", le="0.32") == 1


def test_dead_letters_and_their_attempts_are_counted_by_reason(kill, value: Values):
    kill(2)

    assert value("relay_dead_letters_total", destination="acme", reason="rejected") == 2
    assert value("relay_attempts_total", destination="acme", outcome="rejected") == 2
    assert value("relay_events", destination="acme", state="dead") == 2


def test_a_hold_is_told_with_its_cause(scripts: Scripts, value: Values):
    assert value("relay_destination_on_hold", destination="acme") == 0

    hold_destination(scripts, config().destinations["acme"], HoldRequest(HoldCause.FORBIDDEN, "", None))

    assert value("relay_destination_on_hold", destination="acme") == 1
    assert value("relay_hold_info", destination="acme", cause="forbidden") == 1


def test_work_that_nobody_does_is_overdue(client, page_view, sender, redis: Redis, value: Values):
    assert value("relay_scheduling_lag_seconds", store="main") == 0

    client.post("/v1/events", json=page_view("a"), headers=sender).close()
    redis.zadd("relay:due", {"acme": 1_000_000})

    assert (value("relay_scheduling_lag_seconds", store="main") or 0) > 60


def test_what_is_turned_away_is_counted_by_code(redis: Redis, sender, value: Values):
    """Each process tells its first at once, and then once a second at most."""
    for headers in (sender, sender, {"X-API-Key": "nobody-knows-this-key"}):
        process = create_app(Settings(admin_key=ADMIN), config(), redis).test_client()
        process.post("/v1/events", json={}, headers=headers).close()

    assert value("relay_requests_total", source="web", outcome="invalid") == 2
    assert value("relay_requests_total", source="", outcome="unauthorized") == 1


def test_requests_are_timed_by_endpoint(client, page_view, sender, value: Values):
    client.post("/v1/events", json=page_view("a"), headers=sender).close()

    assert value("relay_request_duration_seconds_count", endpoint="events") == 1


def test_a_store_that_is_away_is_told_as_such(operator: dict[str, str], redis: Redis):
    away = open_redis("unix:///nowhere/at/all", WORKER)
    stores = {"acme": replace(config().destinations["acme"], store="eu")}
    app = create_app(
        Settings(admin_key=ADMIN), replace(config(), destinations=stores), redis, other_stores={"eu": away}
    )

    told = scraped(app.test_client().get("/metrics", headers=operator).get_data(as_text=True))

    assert told["relay_store_up", frozenset({("store", "main")})] == 1
    assert told["relay_store_up", frozenset({("store", "eu")})] == 0


def test_destinations_are_added_up_where_they_are_not_to_be_named(
    operator: dict[str, str], redis: Redis, kill
):
    kill(2)
    settings = Settings(admin_key=ADMIN, metrics_destination_labels=False)

    text = (
        create_app(settings, config(), redis)
        .test_client()
        .get("/metrics", headers=operator)
        .get_data(as_text=True)
    )

    told = scraped(text)
    assert "acme" not in text
    assert told["relay_events", frozenset({("destination", "all"), ("state", "dead")})] == 2


def test_metrics_need_a_viewers_key_where_partners_reach_them(client: FlaskClient, sender: dict[str, str]):
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=sender).status_code == 403


def test_metrics_need_no_key_on_a_port_of_operations(redis: Redis):
    app = create_app(Settings(admin_key=ADMIN, operations_port=9000), config(), redis)
    at_operations = {"SERVER_PORT": "9000"}

    assert app.test_client().get("/metrics", environ_overrides=at_operations).status_code == 200
    assert app.test_client().get("/metrics").status_code == 404


def test_a_scrape_costs_a_bounded_number_of_commands(client, operator, redis: Redis):
    redis.config_resetstat()
    client.get("/metrics", headers=operator)

    calls: Any = redis.info("commandstats")

    assert sum(each["calls"] for each in calls.values()) <= 50


def names(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))


def test_every_metric_is_explained_and_no_other(client: FlaskClient, operator: dict[str, str]):
    text = client.get("/metrics", headers=operator).get_data(as_text=True)
    listed = {
        row[0]: row[2].replace("`", "") for row in rows(section(page("docs/metrics.md"), "Of the store"))
    }

    assert names(text) == set(listed)
    assert listed == {each.name: ", ".join(each.labels) or "none" for each in STORE_METRICS}


def test_promtool_finds_nothing_wrong(client: FlaskClient, operator: dict[str, str], kill):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: it comes with Debian's package prometheus")
    kill(1)
    text = client.get("/metrics", headers=operator).get_data()

    end_event = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)

    assert (end_event.returncode, end_event.stdout, end_event.stderr) == (0, b"", b"")
