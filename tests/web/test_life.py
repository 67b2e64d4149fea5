"""What the web tells of itself: that it is about to end, and that its configuration file is wrong."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.config.reload import RejectedConfig
from relay.core.errors import Problem
from relay.settings import Settings
from relay.web.context import ProcessState, context_of, install
from tests.web.conftest import ADMIN, KEYS, config

SINCE = datetime(2026, 11, 21, 10, tzinfo=UTC)
WRONG = RejectedConfig(SINCE, (Problem("sources.<b>web", "unknown_key", "there is no such key"),))


@pytest.fixture
def app(redis: Redis) -> Flask:
    return create_app(Settings(admin_key=ADMIN), config(), redis)


def living(app: Flask, life: ProcessState) -> FlaskClient:
    install(app, replace(context_of(app), process=life))
    return app.test_client()


def test_a_process_that_is_about_to_end_is_not_ready_but_takes_events(app: Flask, page_view):
    client = living(app, ProcessState(is_stopping=lambda: True))
    ready = client.get("/readyz")
    taken = client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})

    assert (ready.status_code, ready.get_json()["code"], taken.status_code) == (503, "shutting_down", 202)


def test_a_file_that_is_wrong_is_no_reason_to_be_taken_out(app: Flask):
    answer = living(app, ProcessState(rejected_config=lambda: WRONG)).get("/readyz")

    assert (answer.status_code, answer.get_json()["configuration"]) == (
        200,
        {"status": "rejected", "since": "2026-11-21T10:00:00Z", "faults": 1},
    )


def test_what_is_wrong_with_the_file_is_told_to_operators_only(app: Flask, operator: dict[str, str]):
    client = living(app, ProcessState(rejected_config=lambda: WRONG))
    told = client.get("/v1/overview", headers=operator).get_json()["configuration"]

    assert [problem["path"] for problem in told["problems"]] == ["sources.<b>web"]
    assert "sources" not in client.get("/readyz").text


def test_the_overview_shows_what_is_wrong_with_the_file_as_text(app: Flask, operator: dict[str, str]):
    shown = living(app, ProcessState(rejected_config=lambda: WRONG)).get("/ops/", headers=operator).text

    assert "The configuration file has errors" in shown
    assert "sources.&lt;b&gt;web" in shown
