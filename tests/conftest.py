"""Fixtures that every folder shares: a real Redis, emptied before each test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from relay.store.connection import WORKER, open_redis
from relay.store.scripts import Scripts
from tests.valkey import Valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        server = Valkey(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def second_valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        server = Valkey(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def second_redis(second_valkey: Valkey) -> Iterator[Redis]:
    """Another server than that of `redis`."""
    client = open_redis(second_valkey.url, WORKER)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    client = open_redis(valkey.url, WORKER)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def scripts(redis: Redis) -> Scripts:
    return Scripts(redis)
