"""Fixtures for tests of alerts: a receiver and a store."""

from collections.abc import Iterator

import pytest
from redis import Redis

from relay.store.stores import Store, Stores
from tests.alerts.receiver import Inbox, run_receiver


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with run_receiver() as inbox:
        yield inbox


@pytest.fixture
def store(redis: Redis) -> Store:
    return Stores(redis).main
