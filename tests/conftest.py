"""Fixtures that all folders share: a real Redis, emptied before each test, and a real browser."""

import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from redis import ConnectionPool, Redis

from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.scripts import Scripts
from tests.harness import chromium
from tests.valkey import Valkey


def pytest_sessionfinish() -> None:
    """Close connection pools that tests dropped, before Python's final collection warns about open sockets."""
    for pool in gc.get_objects():
        if isinstance(pool, ConnectionPool):
            pool.disconnect()


@contextmanager
def serving() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="rv") as folder:
        server = Valkey(Path(folder))
        server.start()
        yield server
        server.stop()


@contextmanager
def emptied(server: Valkey) -> Iterator[Redis]:
    client = open_redis(server.url, WORKER)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def second_valkey() -> Iterator[Valkey]:
    with serving() as server:
        yield server


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    with emptied(valkey) as client:
        yield client


@pytest.fixture
def second_redis(second_valkey: Valkey) -> Iterator[Redis]:
    """Another server than that of `redis`."""
    with emptied(second_valkey) as client:
        yield client


@pytest.fixture
def scripts(redis: Redis) -> Scripts:
    return Scripts(redis)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for the session: Playwright allows no second one beside it."""
    with chromium.running() as browser:
        yield browser
