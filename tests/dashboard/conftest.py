"""Fixtures: Flask's test client over a real store."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.settings import Settings
from tests.web.conftest import ADMIN, config


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN), config(), redis).test_client()


@pytest.fixture
def operator() -> dict[str, str]:
    return {"Authorization": f"Bearer {ADMIN}"}
