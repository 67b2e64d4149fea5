"""One running sandbox for each test that asks."""

from collections.abc import Iterator

import pytest

from tests.sandbox import world


@pytest.fixture
def gong() -> Iterator[world.Gong]:
    with world.gong() as running:
        yield running


@pytest.fixture
def strict() -> Iterator[world.Gong]:
    with world.gong(fidelity="strict") as running:
        yield running
