"""A process that is shutting down, and one whose configuration file was rejected."""

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
REJECTED = RejectedConfig(SINCE, (Problem("sources.<b>web", "unknown_key", "there is no such key"),))


@pytest.fixture
def app(redis: Redis) -> Flask:
    return create_app(Settings(admin_key=ADMIN), config(), redis)


def client_with_state(app: Flask, state: ProcessState) -> FlaskClient:
    install(app, replace(context_of(app), process=state))
    return app.test_client()


def test_a_process_that_is_shutting_down_is_not_ready_but_accepts_events(app: Flask, page_view):
    client = client_with_state(app, ProcessState(is_stopping=lambda: True))
    ready = client.get("/readyz")
    accepted = client.post("/v1/events", json=page_view(), headers={"X-API-Key": KEYS["web"]})

    assert (ready.status_code, ready.get_json()["code"], accepted.status_code) == (503, "shutting_down", 202)


def test_a_process_with_a_rejected_file_is_ready(app: Flask):
    response = client_with_state(app, ProcessState(rejected_config=lambda: REJECTED)).get("/readyz")

    assert (response.status_code, response.get_json()["configuration"]) == (
        200,
        {"status": "rejected", "since": "2026-11-21T10:00:00Z", "problem_count": 1},
    )


def test_only_operators_see_the_problems_of_the_file(app: Flask, operator: dict[str, str]):
    client = client_with_state(app, ProcessState(rejected_config=lambda: REJECTED))
    configuration = client.get("/v1/overview", headers=operator).get_json()["configuration"]

    assert [problem["path"] for problem in configuration["problems"]] == ["sources.<b>web"]
    assert "sources" not in client.get("/readyz").text


def test_the_overview_shows_the_problems_of_the_file_as_escaped_text(app: Flask, operator: dict[str, str]):
    client = client_with_state(app, ProcessState(rejected_config=lambda: REJECTED))
    text = client.get("/ops/", headers=operator).text

    assert "The configuration file has errors" in text
    assert "sources.&lt;b&gt;web" in text
