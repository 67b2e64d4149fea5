"""What may be done on the pages, by mouse, by keyboard and without JavaScript: each deed shows what came of it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.staging import OPERATOR_KEY, VIEWER_KEY
from tests.harness.chromium import visiting
from tests.harness.clients import Relay
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_PATIENCE_MS = 20_000


def cause_of_hold(relay: Relay, name: str) -> str | None:
    hold = relay.get(f"/v1/destinations/{name}")["hold"]
    return hold["cause"] if hold else None


def resume(page: Page, name: str) -> None:
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".told")).to_contain_text(f"{name} goes on")


def test_a_destination_is_paused_after_a_question_and_resumed(page: Page, staged: Stack):
    page.goto("/ops/destinations/globex")
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("none is lost")
    dialog.get_by_role("button", name="Cancel").click()
    assert cause_of_hold(staged.relay, "globex") is None

    page.get_by_role("button", name="Pause").click()
    dialog.get_by_role("button", name="Pause").click()
    expect(page.locator(".told")).to_have_text("globex is paused.")
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    assert cause_of_hold(staged.relay, "globex") == "paused"

    resume(page, "globex")
    assert cause_of_hold(staged.relay, "globex") is None
    expect(page.get_by_role("cell", name="paused")).not_to_have_count(0)


def test_what_was_said_after_a_deed_is_gone_with_the_next_page(page: Page):
    page.goto("/ops/destinations/acme")
    page.get_by_role("button", name="Try credentials").click()
    expect(page.locator(".told")).to_be_visible()
    page.reload()

    expect(page.locator(".told")).to_have_count(0)


def test_trying_the_credentials_tells_what_gong_said(page: Page):
    page.goto("/ops/destinations/acme")
    page.get_by_role("button", name="Try credentials").click()
    page.locator("#live-every").select_option("1")

    expect(page.locator(".badge", has_text="passed")).to_be_visible(timeout=_PATIENCE_MS)


def test_a_destination_is_paused_and_resumed_without_javascript(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, java_script_enabled=False) as page:
        page.goto("/ops/destinations/globex")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("heading", name="Pause?")).to_be_visible()
        assert cause_of_hold(staged.relay, "globex") is None
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".told")).to_have_text("globex is paused.")
        resume(page, "globex")


def test_the_keyboard_alone_leads_everywhere_and_does_everything(page: Page):
    page.goto("/ops/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    page.keyboard.press("Escape")
    page.keyboard.type("gd")
    page.wait_for_url("**/ops/destinations")

    page.goto("/ops/destinations/globex")
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_have_text("globex is paused.")
    page.get_by_role("button", name="Resume").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_contain_text("globex goes on")


def test_a_key_that_is_typed_into_a_field_is_no_shortcut(page: Page):
    page.goto("/ops/sources/content-hub")
    page.get_by_label("Payload, as JSON").fill("")
    page.get_by_label("Payload, as JSON").press_sequentially("gd?/.")

    expect(page.get_by_label("Payload, as JSON")).to_have_value("gd?/.")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_customer_connects_a_gong_by_the_link_that_the_page_makes(
    page: Page, browser: Browser, staged: Stack
):
    page.goto("/ops/destinations/umbrella")
    page.get_by_role("button", name="Make a connect link").click()
    link = page.get_by_label("The link").inner_text().strip()

    with visiting(browser, staged.url, key=None) as customer:
        customer.goto(link)
        expect(customer.get_by_role("heading", name="Let sandbox-client in?")).to_be_visible()
        customer.get_by_label("Company").fill("umbrella")
        customer.get_by_role("button", name="Allow").click()
        expect(customer.get_by_role("heading", name="Connected")).to_be_visible(timeout=_PATIENCE_MS)

    page.goto("/ops/destinations/umbrella")
    expect(page.locator(".facts")).not_to_have_count(0)
    expect(page.get_by_text("OAuth, connected")).to_be_visible()


def test_a_link_stays_on_the_page_until_it_is_left(page: Page):
    page.goto("/ops/destinations/umbrella")
    page.get_by_role("button", name="Make a connect link").click()
    page.locator("#live-every").select_option("1")
    page.wait_for_event("requestfinished")

    expect(page.get_by_label("The link")).to_be_visible()
    expect(page.locator("#live-state")).to_have_text("Live")


MAPPING = """
rules:
  - name: anything
    to: digital-interaction
    map:
      timestamp: "{{ item.at }}"
      eventType: tried out
      content: {contentTitle: "{{ item.asset }}"}
      person: {email: "{{ item.who }}"}
"""
PAYLOAD = '{"at": "2026-11-20T10:00:00Z", "asset": "Pricing", "who": "jane@buyer.example"}'


def test_a_mapping_is_tried_beside_the_one_that_serves(page: Page, staged: Stack):
    before = staged.relay.get("/v1/sources/content-hub")["mapping"]
    page.goto("/ops/sources/content-hub")
    page.get_by_label("Payload, as JSON").fill(PAYLOAD)
    page.get_by_label("Mapping, as in the configuration file").fill(MAPPING)
    page.get_by_role("button", name="Show what Gong would get").click()

    expect(page.get_by_label("What Gong would get")).to_contain_text('"contentTitle": "Pricing"')
    assert staged.relay.get("/v1/sources/content-hub")["mapping"] == before


@pytest.mark.parametrize(
    ("payload", "mapping", "said"),
    [("{", MAPPING, "JSON"), (PAYLOAD, "rules: [", "YAML"), (PAYLOAD, "rules: [{}]", "rules[0]")],
)
def test_whatever_is_wrong_with_a_trial_is_said_and_what_was_typed_stays(
    page: Page, payload: str, mapping: str, said: str
):
    page.goto("/ops/sources/content-hub")
    page.get_by_label("Payload, as JSON").fill(payload)
    page.get_by_label("Mapping, as in the configuration file").fill(mapping)
    page.get_by_role("button", name="Show what Gong would get").click()

    expect(page.locator("#try .problems")).to_contain_text(said)
    expect(page.get_by_label("Mapping, as in the configuration file")).to_have_value(mapping.lstrip("\n"))


def test_each_role_is_offered_what_it_may_do(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, key=VIEWER_KEY) as page:
        page.goto("/ops/destinations/acme")
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        page.goto("/ops/sources/content-hub")
        expect(page.get_by_text("Your role does not see payloads.")).to_be_visible()
    with visiting(browser, staged.url, key=OPERATOR_KEY) as page:
        page.goto("/ops/destinations/umbrella")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.get_by_role("button", name="Make a connect link")).to_have_count(0)


def test_the_theme_that_is_chosen_is_there_from_the_start_of_the_next_page(page: Page):
    page.goto("/ops/")
    page.get_by_label("Theme").select_option("Dark")
    page.goto("/ops/sources")

    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert 'data-theme="dark"' in page.request.get("/ops/sources").text()


def test_signing_out_leads_to_the_endpoint(page: Page):
    page.goto("/ops/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/ops/sign-in")
    page.goto("/ops/destinations")

    expect(page.get_by_label("Your key")).to_be_visible()
