"""Refreshing: traffic appears by itself, refreshing can be paused, and a page survives a restart of its server."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.staging import ACME, event
from tests.harness.chromium import visiting
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_TIMEOUT_MS = 30_000


def delivered_count(page: Page) -> int:
    return int(page.locator(".stat", has_text="Delivered").locator(".big").inner_text().replace(",", ""))


def record_requests(page: Page) -> list[str]:
    """Return a list to which the URLs of all further requests of the page are added."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    return urls


def refresh_every(page: Page, seconds: int) -> None:
    page.locator("#live-interval").select_option(str(seconds))


def test_the_overview_shows_new_traffic_without_a_reload(page: Page, staged: Stack):
    page.goto("/ops/")
    before = delivered_count(page)
    refresh_every(page, 1)
    staged.relay.accept(ACME, [event(number, "link_click") for number in range(1000, 1003)])

    delivered = page.locator(".stat", has_text="Delivered").locator(".big")
    expect(delivered).to_have_text(f"{before + 3:,}", timeout=_TIMEOUT_MS)
    expect(page.locator("figure.chart canvas")).to_be_visible()


def test_the_next_page_keeps_the_refresh_interval(page: Page):
    page.goto("/ops/")
    refresh_every(page, 60)
    page.goto("/ops/destinations")

    expect(page.locator("#live-interval")).to_have_value("60")


def test_no_requests_are_made_while_refreshing_is_off(page: Page):
    page.goto("/ops/")
    refresh_every(page, 1)
    page.wait_for_event("requestfinished")
    refresh_every(page, 0)
    expect(page.locator("#live-state")).to_have_text("Refreshing is off")
    urls = record_requests(page)
    page.wait_for_timeout(2_500)

    assert urls == []


def test_a_hidden_page_stops_refreshing_and_catches_up_when_visible(page: Page):
    page.goto("/ops/")
    refresh_every(page, 1)
    _set_hidden(page, hidden=True)
    expect(page.locator("#live-state")).to_have_text("Paused while hidden")
    urls = record_requests(page)
    page.wait_for_timeout(2_500)
    assert urls == []

    with page.expect_request("**/ops/*"):
        _set_hidden(page, hidden=False)
    expect(page.locator("#live-state")).to_have_text("Live")


def _set_hidden(page: Page, *, hidden: bool) -> None:
    """Simulate that the user switches tabs, because a headless browser cannot hide a page."""
    value = "true" if hidden else "false"
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{value: {value}, configurable: true}});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_a_page_survives_a_restart_of_its_server(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, complains=True) as page:
        page.goto("/ops/")
        page.evaluate("window.stayed = true")
        refresh_every(page, 1)
        staged.web.stop()
        expect(page.locator("#live-state")).to_have_text("Connection lost, retrying", timeout=_TIMEOUT_MS)
        staged.web.start()
        staged.await_web()
        expect(page.locator("#live-state")).to_have_text("Live", timeout=_TIMEOUT_MS)

        assert page.evaluate("window.stayed") is True


def test_a_page_redirects_to_sign_in_when_its_session_ends(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, complains=True) as page:
        page.goto("/ops/destinations")
        refresh_every(page, 1)
        page.context.clear_cookies()

        expect(page.get_by_label("Operator key")).to_be_visible(timeout=_TIMEOUT_MS)
        assert page.url.endswith("next=/ops/destinations")


def test_a_page_does_not_refresh_while_text_is_selected(page: Page):
    page.goto("/ops/")
    refresh_every(page, 1)
    page.locator("h2", has_text="Throughput").select_text()
    urls = record_requests(page)
    page.wait_for_timeout(2_500)

    assert urls == []
