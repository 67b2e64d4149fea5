"""The API documentation in a browser: accessible, without horizontal scrolling, key or JavaScript."""

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import find_violations
from tests.harness.chromium import PHONE, WIDE, visiting
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PATHS = ["/docs", "/docs/events", "/docs/destinations", "/docs/schemas"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_pages_are_accessible_and_do_not_scroll_horizontally(
    browser: Browser, staged: Stack, scheme: str, size: dict[str, int]
):
    with visiting(browser, staged.url, key=None, color_scheme=scheme, viewport=size) as page:
        for path in PATHS:
            page.goto(path)
            assert find_violations(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_the_documentation_works_without_javascript(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, key=None, java_script_enabled=False) as page:
        page.goto("/docs")
        page.get_by_role("link", name="Send one or more events").or_(
            page.get_by_role("link", name="POST /v1/events", exact=True)
        ).first.click()

        assert page.get_by_role("heading", name="Send one or more events").is_visible()
