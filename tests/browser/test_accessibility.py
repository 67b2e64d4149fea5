"""Every page, light and dark, wide and narrow: accessible, without horizontal scrolling or browser errors."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import find_violations
from tests.browser.paths import PAGES, page_path
from tests.harness.chromium import PHONE, WIDE, visiting
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_accessible(browser: Browser, staged: Stack, scheme: str, size: dict[str, int]):
    violations: dict[str, list[str]] = {}
    with visiting(browser, staged.url, color_scheme=scheme, viewport=size) as page:
        for name in PAGES:
            page.goto(page_path(staged, name))
            violations[name] = find_violations(page)

    assert {name: messages for name, messages in violations.items() if messages} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_page_is_accessible(browser: Browser, staged: Stack, scheme: str):
    with visiting(browser, staged.url, key=None, color_scheme=scheme) as page:
        page.goto("/ops/")

        assert find_violations(page) == []


def test_the_error_page_is_accessible(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, complains=True) as page:
        page.goto("/ops/destinations/unknown")

        assert find_violations(page) == []


def test_no_page_scrolls_horizontally_on_a_phone(browser: Browser, staged: Stack):
    widths: dict[str, int] = {}
    with visiting(browser, staged.url, viewport=PHONE) as page:
        for name in PAGES:
            page.goto(page_path(staged, name))
            widths[name] = page.evaluate("document.documentElement.scrollWidth")

    assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}


def test_axe_reports_a_violation(page: Page):
    """Check that axe runs here, and that the pages' content security policy does not block it."""
    page.goto("/ops/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")

    assert any(message.startswith("image-alt") for message in find_violations(page))
