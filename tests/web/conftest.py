"""The web application with a real store, called through Flask's test client."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, request_finished
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination
from relay.core.lifecycle import DeadLetterReason
from relay.core.source import Source
from relay.settings import Settings
from relay.store.delivery import dead_letter, finish
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.response_validation import validation_errors

ADMIN = "the-operators-own-key-000"
KEYS = {"web": "the-web-sources-own-key-1", "shop": "the-shop-sources-own-key1"}


def _source(name: str) -> Source:
    return Source(
        name=name,
        destination="acme",
        key_digests=frozenset({hashlib.sha256(KEYS[name].encode()).hexdigest()}),
    )


def config() -> Config:
    destination = Destination(
        name="acme",
        company="acme",
        credentials=BasicCredentials("key", "secret"),
        internal_domains=frozenset({"acme.example"}),
    )
    return Config(destinations={"acme": destination}, sources={name: _source(name) for name in KEYS})


@pytest.fixture(autouse=True)
def validate_responses() -> Iterator[None]:
    """Require every response of these tests to match the OpenAPI document."""
    errors: list[str] = []

    def validate(_: Flask, response: Response, **__: Any) -> None:
        errors.extend(validation_errors(response))

    with request_finished.connected_to(validate):
        yield
    assert errors == [], "describe it on its route in relay/web/api"


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN), config(), redis).test_client()


@pytest.fixture
def operator() -> dict[str, str]:
    return {"Authorization": f"Bearer {ADMIN}"}


@pytest.fixture
def sender() -> dict[str, str]:
    return {"X-API-Key": KEYS["web"]}


@pytest.fixture
def page_view() -> Callable[..., dict[str, Any]]:
    def make(sender_id: str = "ev-1", **fields: Any) -> dict[str, Any]:
        return {
            "id": sender_id,
            "type": "page_view",
            "occurred_at": "2026-11-20T10:00:00Z",
            "content": {"title": "Pricing", "url": "https://acme.example/pricing"},
            "person": {"email": "jane@globex.example"},
        } | fields

    return make


@pytest.fixture
def kill(
    client: FlaskClient, scripts: Scripts, page_view: Callable[..., dict[str, Any]]
) -> Callable[..., list[str]]:
    """Create dead letters of one source with the same problem, and return their ids in order."""

    def kill_events(
        count: int, *, detail: str = "content: must not be null", source: str = "web"
    ) -> list[str]:
        ids = []
        for number in range(count):
            event = page_view(f"{detail[:7]}-{number}")
            response = client.post("/v1/events", json=event, headers={"X-API-Key": KEYS[source]})
            ids.append(response.get_json()["id"])
        result = dead_letter(DeadLetterReason.REJECTED, detail, record=b"", keep_seconds=600, status=400)
        remaining = count
        while events := take_events(scripts, remaining):
            remaining -= len(events)
            assert all(finish(scripts, event, result) for event in events)
        assert remaining == 0
        return ids

    return kill_events
