"""Fixtures: a running sandbox for a test."""

from collections.abc import Iterator

import pytest

from tests.sandbox import client


@pytest.fixture
def gong() -> Iterator[client.Gong]:
    with client.run_gong() as sandbox:
        yield sandbox


@pytest.fixture
def strict() -> Iterator[client.Gong]:
    with client.run_gong(fidelity="strict") as sandbox:
        yield sandbox
