"""Fixtures: one staged relay for all tests of the pages, and a browser page for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.staging import PLAN, stage
from tests.harness import chromium
from tests.harness.stack import Stack, running


@pytest.fixture(scope="session")
def staged() -> Iterator[Stack]:
    """The staged relay. A test that changes it must restore it."""
    with running(PLAN) as stack:
        stage(stack)
        yield stack


@pytest.fixture
def page(browser: Browser, staged: Stack) -> Iterator[Page]:
    """A wide page of a signed-in admin. Any error in the browser's console fails the test."""
    with chromium.visiting(browser, staged.url) as page:
        yield page
