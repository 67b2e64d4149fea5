"""Every page, light and dark, wide and narrow: no axe finding, no sideways scrolling, nothing that the browser refuses."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.places import PAGES, place
from tests.harness.chromium import PHONE, WIDE, visiting
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AXE = (Path(__file__).with_name("vendor") / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = f"axe.run({{runOnly: {TAGS}}}).then(told => told.violations)"


def findings(page: Page) -> list[str]:
    """What axe has against the page, by rule and place."""
    page.evaluate(AXE)
    return [
        f"{told['id']}: {node['target']}: {node['failureSummary']}"
        for told in page.evaluate(_RUN)
        for node in told["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_on_any_page(browser: Browser, staged: Stack, scheme: str, size: dict[str, int]):
    found: dict[str, list[str]] = {}
    with visiting(browser, staged.url, color_scheme=scheme, viewport=size) as page:
        for name in PAGES:
            page.goto(place(staged, name))
            found[name] = findings(page)

    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_the_endpoint(browser: Browser, staged: Stack, scheme: str):
    with visiting(browser, staged.url, key=None, color_scheme=scheme) as page:
        page.goto("/ops/")

        assert findings(page) == []


def test_axe_finds_nothing_on_the_page_of_an_error(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, complains=True) as page:
        page.goto("/ops/destinations/nobody")

        assert findings(page) == []


def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, staged: Stack):
    widths: dict[str, int] = {}
    with visiting(browser, staged.url, viewport=PHONE) as page:
        for name in PAGES:
            page.goto(place(staged, name))
            widths[name] = page.evaluate("document.documentElement.scrollWidth")

    assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}


def test_axe_would_find_something(page: Page):
    """The tool itself is at work here, and is not kept out by the pages' own policy."""
    page.goto("/ops/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")

    assert any(told.startswith("image-alt") for told in findings(page))
