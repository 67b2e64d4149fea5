"""The web application over a real store, asked through Flask's own client."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination
from relay.core.source import Source
from relay.settings import Settings

ADMIN = "the-operators-own-key-000"
KEYS = {"web": "the-web-sources-own-key-1", "shop": "the-shop-sources-own-key1"}


def _source(name: str) -> Source:
    return Source(name, "acme", frozenset({hashlib.sha256(KEYS[name].encode()).hexdigest()}))


def config() -> Config:
    destination = Destination(
        "acme", "acme", BasicCredentials("key", "secret"), internal_domains=frozenset({"acme.example"})
    )
    return Config({"acme": destination}, {name: _source(name) for name in KEYS})


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
    def make(native: str = "ev-1", **fields: Any) -> dict[str, Any]:
        return {
            "id": native,
            "type": "page_view",
            "occurred_at": "2026-11-20T10:00:00Z",
            "content": {"title": "Pricing", "url": "https://acme.example/pricing"},
            "person": {"email": "jane@globex.example"},
        } | fields

    return make
