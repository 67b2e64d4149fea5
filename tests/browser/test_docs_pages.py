"""The API's description in a browser: no axe finding, no sideways scrolling, and it needs neither key nor script."""

import pytest
from playwright.sync_api import Browser

from tests.browser.test_pages_are_for_everybody import findings
from tests.harness.chromium import PHONE, WIDE, visiting
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PLACES = ["/docs", "/docs/events", "/docs/destinations", "/docs/schemas"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, staged: Stack, scheme: str, size: dict[str, int]
):
    with visiting(browser, staged.url, key=None, color_scheme=scheme, viewport=size) as page:
        for place in PLACES:
            page.goto(place)
            assert findings(page) == [], place
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], place


def test_all_of_it_is_there_without_javascript(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, key=None, java_script_enabled=False) as page:
        page.goto("/docs")
        page.get_by_role("link", name="Send one event, or many").or_(
            page.get_by_role("link", name="POST /v1/events", exact=True)
        ).first.click()

        assert page.get_by_role("heading", name="Send one event, or many").is_visible()
