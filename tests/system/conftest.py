"""The fixture of the system tests, which starts a relay of real processes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.harness.stack import Launch, Plan, Stack, running


@pytest.fixture(scope="session")
def launch(request: pytest.FixtureRequest) -> Launch:
    """Starts a stack. Its logs are shown if a test fails while it runs."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def show(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(text)  # noqa: T201 - for people, past the capture

    @contextmanager
    def watched(plan: Plan) -> Iterator[Stack]:
        before = request.session.testsfailed
        with running(plan, went_well=lambda: request.session.testsfailed == before, show=show) as stack:
            yield stack

    return watched
