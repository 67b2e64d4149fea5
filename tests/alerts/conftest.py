"""A receiver, and a store that is watched."""

from collections.abc import Iterator

import pytest
from redis import Redis

from relay.store.stores import Store, Stores
from tests.alerts.receiving import Inbox, receiving


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as inbox:
        yield inbox


@pytest.fixture
def store(redis: Redis) -> Store:
    return Stores(redis).main
