"""One staged relay for all tests of the pages, and a browser. Each test gets a page of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.staging import PLAN, stage
from tests.harness import chromium
from tests.harness.stack import Stack, running


@pytest.fixture(scope="session")
def staged() -> Iterator[Stack]:
    """The staged relay. Whoever changes something on it puts it back."""
    with running(PLAN) as stack:
        stage(stack)
        yield stack


@pytest.fixture
def page(browser: Browser, staged: Stack) -> Iterator[Page]:
    """A page of an admin on a wide screen. Any complaint of the browser fails the test."""
    with chromium.visiting(browser, staged.url) as page:
        yield page
