"""A sandbox without limits, and a relay whose customers connect by OAuth."""

from collections.abc import Iterator

import pytest
from redis import Redis

from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from tests.flows.connecting import World, application


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        yield World(redis, gong, application(gong))
