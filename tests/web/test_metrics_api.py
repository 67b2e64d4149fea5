"""`/metrics`: the current state and all counters, in a format that Prometheus accepts."""

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


def parse_metrics(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def value(client: FlaskClient, operator: dict[str, str]) -> Values:
    """One value, parse_metrics now."""

    def read_value(name: str, **labels: str) -> float | None:
        text = client.get("/metrics", headers=operator).get_data(as_text=True)
        return parse_metrics(text).get((name, frozenset(labels.items())))

    return read_value


def test_counters_start_at_zero(value: Values):
    assert value("relay_events_accepted_total", destination="acme") == 0
    assert value("relay_events_ended_total", destination="acme", state="delivered") == 0
    assert value("relay_dead_letters_total", destination="acme", reason="rejected") == 0
    assert value("relay_attempts_total", destination="acme", outcome="rate_limited") == 0
    assert value("relay_requests_total", source="web", outcome="accepted") == 0
    assert value("relay_event_latency_seconds_count") == 0
    assert value("relay_request_duration_seconds_count", endpoint="webhooks") == 0


def test_accepted_and_delivered_events_are_counted(
    client, scripts: Scripts, page_view, sender, value: Values
):
    for sender_id in ("a", "a", "b"):
        client.post("/v1/events", json=page_view(sender_id), headers=sender).close()
    [leased] = take_events(scripts, 1)
    result = end_event(State.DELIVERED, "r", record=b"", keep_seconds=60)
    finish(scripts, leased, result, CallTiming("https://g", 0.1, 0.3))

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


def test_a_hold_has_its_cause(scripts: Scripts, value: Values):
    assert value("relay_destination_on_hold", destination="acme") == 0

    hold_destination(scripts, config().destinations["acme"], HoldRequest(HoldCause.FORBIDDEN, "", None))

    assert value("relay_destination_on_hold", destination="acme") == 1
    assert value("relay_hold_info", destination="acme", cause="forbidden") == 1


def test_events_without_a_worker_raise_the_scheduling_lag(
    client, page_view, sender, redis: Redis, value: Values
):
    assert value("relay_scheduling_lag_seconds", store="main") == 0

    client.post("/v1/events", json=page_view("a"), headers=sender).close()
    redis.zadd("relay:due", {"acme": 1_000_000})

    assert (value("relay_scheduling_lag_seconds", store="main") or 0) > 60


def test_rejected_requests_are_counted_by_code(redis: Redis, sender, value: Values):
    """Each process writes its first count at once, and later ones at most once a second."""
    for headers in (sender, sender, {"X-API-Key": "an-unknown-key"}):
        process = create_app(Settings(admin_key=ADMIN), config(), redis).test_client()
        process.post("/v1/events", json={}, headers=headers).close()

    assert value("relay_requests_total", source="web", outcome="invalid") == 2
    assert value("relay_requests_total", source="", outcome="unauthorized") == 1


def test_request_durations_are_measured_by_endpoint(client, page_view, sender, value: Values):
    client.post("/v1/events", json=page_view("a"), headers=sender).close()

    assert value("relay_request_duration_seconds_count", endpoint="events") == 1


def test_an_unavailable_store_is_reported_as_down(operator: dict[str, str], redis: Redis):
    unavailable = open_redis("unix:///nowhere/at/all", WORKER)
    stores = {"acme": replace(config().destinations["acme"], store="eu")}
    app = create_app(
        Settings(admin_key=ADMIN),
        replace(config(), destinations=stores),
        redis,
        other_stores={"eu": unavailable},
    )

    metrics = parse_metrics(app.test_client().get("/metrics", headers=operator).get_data(as_text=True))

    assert metrics["relay_store_up", frozenset({("store", "main")})] == 1
    assert metrics["relay_store_up", frozenset({("store", "eu")})] == 0


def test_without_destination_labels_the_values_are_summed(operator: dict[str, str], redis: Redis, kill):
    kill(2)
    settings = Settings(admin_key=ADMIN, metrics_destination_labels=False)

    text = (
        create_app(settings, config(), redis)
        .test_client()
        .get("/metrics", headers=operator)
        .get_data(as_text=True)
    )

    metrics = parse_metrics(text)
    assert "acme" not in text
    assert metrics["relay_events", frozenset({("destination", "all"), ("state", "dead")})] == 2


def test_metrics_need_a_viewers_key_on_the_partners_port(client: FlaskClient, sender: dict[str, str]):
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=sender).status_code == 403


def test_metrics_need_no_key_on_the_operations_port(redis: Redis):
    app = create_app(Settings(admin_key=ADMIN, operations_port=9000), config(), redis)
    on_operations_port = {"SERVER_PORT": "9000"}

    assert app.test_client().get("/metrics", environ_overrides=on_operations_port).status_code == 200
    assert app.test_client().get("/metrics").status_code == 404


def test_a_scrape_costs_a_bounded_number_of_commands(client, operator, redis: Redis):
    redis.config_resetstat()
    client.get("/metrics", headers=operator)

    calls: Any = redis.info("commandstats")

    assert sum(command["calls"] for command in calls.values()) <= 50


def names(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))


def test_every_metric_is_documented_and_no_other(client: FlaskClient, operator: dict[str, str]):
    text = client.get("/metrics", headers=operator).get_data(as_text=True)
    listed = {
        row[0]: row[2].replace("`", "") for row in rows(section(page("docs/metrics.md"), "Of the store"))
    }

    assert names(text) == set(listed)
    assert listed == {metric.name: ", ".join(metric.labels) or "none" for metric in STORE_METRICS}


def test_promtool_accepts_the_metrics(client: FlaskClient, operator: dict[str, str], kill):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; it is in Debian's package prometheus")
    kill(1)
    text = client.get("/metrics", headers=operator).get_data()

    result = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)

    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
