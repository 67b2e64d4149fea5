"""The pages at work: traffic shows by itself, refreshing stops and goes on, and a server that starts again is waited for."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.staging import ACME, event
from tests.harness.chromium import visiting
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_PATIENCE_MS = 30_000


def delivered(page: Page) -> int:
    return int(page.locator(".stat", has_text="Delivered").locator(".big").inner_text().replace(",", ""))


def asked_since(page: Page) -> list[str]:
    """Addresses that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda told: asked.append(told.url))
    return asked


def refresh_every(page: Page, seconds: int) -> None:
    page.locator("#live-every").select_option(str(seconds))


def test_the_overview_shows_traffic_by_itself(page: Page, staged: Stack):
    page.goto("/ops/")
    before = delivered(page)
    refresh_every(page, 1)
    staged.relay.accept(ACME, [event(number, "link_click") for number in range(1000, 1003)])

    shown = page.locator(".stat", has_text="Delivered").locator(".big")
    expect(shown).to_have_text(f"{before + 3:,}", timeout=_PATIENCE_MS)
    expect(page.locator("figure.chart canvas")).to_be_visible()


def test_the_chosen_pace_is_kept_for_the_next_page(page: Page):
    page.goto("/ops/")
    refresh_every(page, 60)
    page.goto("/ops/destinations")

    expect(page.locator("#live-every")).to_have_value("60")


def test_nothing_is_asked_while_refreshing_is_off(page: Page):
    page.goto("/ops/")
    refresh_every(page, 1)
    page.wait_for_event("requestfinished")
    refresh_every(page, 0)
    expect(page.locator("#live-state")).to_have_text("Not refreshing")
    asked = asked_since(page)
    page.wait_for_timeout(2_500)

    assert asked == []


def test_a_hidden_page_asks_nothing_and_catches_up_when_it_is_seen_again(page: Page):
    page.goto("/ops/")
    refresh_every(page, 1)
    _set_hidden(page, hidden=True)
    expect(page.locator("#live-state")).to_have_text("Paused while hidden")
    asked = asked_since(page)
    page.wait_for_timeout(2_500)
    assert asked == []

    with page.expect_request("**/ops/*"):
        _set_hidden(page, hidden=False)
    expect(page.locator("#live-state")).to_have_text("Live")


def _set_hidden(page: Page, *, hidden: bool) -> None:
    """As when another tab is chosen; a headless browser has no other way to be out of sight."""
    told = "true" if hidden else "false"
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{value: {told}, configurable: true}});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_a_page_outlives_a_restart_of_its_server(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, complains=True) as page:
        page.goto("/ops/")
        page.evaluate("window.stayed = true")
        refresh_every(page, 1)
        staged.web.stop()
        expect(page.locator("#live-state")).to_have_text("Not reached, trying again", timeout=_PATIENCE_MS)
        staged.web.start()
        staged.await_web()
        expect(page.locator("#live-state")).to_have_text("Live", timeout=_PATIENCE_MS)

        assert page.evaluate("window.stayed") is True


def test_a_page_whose_session_has_ended_leads_to_the_endpoint(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, complains=True) as page:
        page.goto("/ops/destinations")
        refresh_every(page, 1)
        page.context.clear_cookies()

        expect(page.get_by_label("Your key")).to_be_visible(timeout=_PATIENCE_MS)
        assert page.url.endswith("next=/ops/destinations")


def test_a_refresh_does_not_move_what_somebody_marks(page: Page):
    page.goto("/ops/")
    refresh_every(page, 1)
    page.locator("h2", has_text="Throughput").select_text()
    asked = asked_since(page)
    page.wait_for_timeout(2_500)

    assert asked == []
