"""Fixtures for the store's tests."""

import pytest
from redis import Redis

from relay.store.stores import Store, Stores


@pytest.fixture
def store(redis: Redis) -> Store:
    return Stores(redis).main
