"""The actions on the pages, with a mouse, with the keyboard and without JavaScript."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.staging import OPERATOR_KEY, VIEWER_KEY
from tests.harness.chromium import visiting
from tests.harness.clients import Relay
from tests.harness.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_TIMEOUT_MS = 20_000


def hold_cause(relay: Relay, name: str) -> str | None:
    hold = relay.get(f"/v1/destinations/{name}")["hold"]
    return hold["cause"] if hold else None


def resume(page: Page, name: str) -> None:
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".message")).to_contain_text(f"{name} is resumed")


def test_a_destination_is_paused_after_confirmation_and_resumed(page: Page, staged: Stack):
    page.goto("/ops/destinations/globex")
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No event is lost")
    dialog.get_by_role("button", name="Cancel").click()
    assert hold_cause(staged.relay, "globex") is None

    page.get_by_role("button", name="Pause").click()
    dialog.get_by_role("button", name="Pause").click()
    expect(page.locator(".message")).to_have_text("globex is paused.")
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    assert hold_cause(staged.relay, "globex") == "paused"

    resume(page, "globex")
    assert hold_cause(staged.relay, "globex") is None
    expect(page.get_by_role("cell", name="paused")).not_to_have_count(0)


def test_the_message_after_an_action_is_shown_once(page: Page):
    page.goto("/ops/destinations/acme")
    page.get_by_role("button", name="Test credentials").click()
    expect(page.locator(".message")).to_be_visible()
    page.reload()

    expect(page.locator(".message")).to_have_count(0)


def test_testing_the_credentials_shows_the_result(page: Page):
    page.goto("/ops/destinations/acme")
    page.get_by_role("button", name="Test credentials").click()
    page.locator("#live-interval").select_option("1")

    expect(page.locator(".badge", has_text="passed")).to_be_visible(timeout=_TIMEOUT_MS)


def test_a_destination_is_paused_and_resumed_without_javascript(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, java_script_enabled=False) as page:
        page.goto("/ops/destinations/globex")
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("heading", name="Pause?")).to_be_visible()
        assert hold_cause(staged.relay, "globex") is None
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".message")).to_have_text("globex is paused.")
        resume(page, "globex")


def test_navigation_and_actions_work_with_the_keyboard_alone(page: Page):
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
    expect(page.locator(".message")).to_have_text("globex is paused.")
    page.get_by_role("button", name="Resume").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_contain_text("globex is resumed")


def test_keys_typed_into_a_field_are_not_shortcuts(page: Page):
    page.goto("/ops/sources/content-hub")
    page.get_by_label("Payload (JSON)").fill("")
    page.get_by_label("Payload (JSON)").press_sequentially("gd?/.")

    expect(page.get_by_label("Payload (JSON)")).to_have_value("gd?/.")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_customer_connects_gong_with_a_connect_link(page: Page, browser: Browser, staged: Stack):
    page.goto("/ops/destinations/umbrella")
    page.get_by_role("button", name="Create connect link").click()
    link = page.get_by_label("Connect link").inner_text().strip()

    with visiting(browser, staged.url, key=None) as customer:
        customer.goto(link)
        expect(customer.get_by_role("heading", name="Allow access for sandbox-client?")).to_be_visible()
        customer.get_by_label("Company").fill("umbrella")
        customer.get_by_role("button", name="Allow").click()
        expect(customer.get_by_role("heading", name="Connected")).to_be_visible(timeout=_TIMEOUT_MS)

    page.goto("/ops/destinations/umbrella")
    expect(page.locator(".facts")).not_to_have_count(0)
    expect(page.get_by_text("OAuth, connected")).to_be_visible()


def test_a_connect_link_survives_refreshes_of_the_page(page: Page):
    page.goto("/ops/destinations/umbrella")
    page.get_by_role("button", name="Create connect link").click()
    page.locator("#live-interval").select_option("1")
    page.wait_for_event("requestfinished")

    expect(page.get_by_label("Connect link")).to_be_visible()
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


def test_a_mapping_trial_does_not_change_the_active_mapping(page: Page, staged: Stack):
    before = staged.relay.get("/v1/sources/content-hub")["mapping"]
    page.goto("/ops/sources/content-hub")
    page.get_by_label("Payload (JSON)").fill(PAYLOAD)
    page.get_by_label("Mapping (YAML or JSON, as in the configuration file)").fill(MAPPING)
    page.get_by_role("button", name="Preview call").click()

    expect(page.get_by_label("Call to Gong")).to_contain_text('"contentTitle": "Pricing"')
    assert staged.relay.get("/v1/sources/content-hub")["mapping"] == before


@pytest.mark.parametrize(
    ("payload", "mapping", "error"),
    [("{", MAPPING, "JSON"), (PAYLOAD, "rules: [", "YAML"), (PAYLOAD, "rules: [{}]", "rules[0]")],
)
def test_an_invalid_trial_shows_the_error_and_keeps_the_input(
    page: Page, payload: str, mapping: str, error: str
):
    page.goto("/ops/sources/content-hub")
    page.get_by_label("Payload (JSON)").fill(payload)
    page.get_by_label("Mapping (YAML or JSON, as in the configuration file)").fill(mapping)
    page.get_by_role("button", name="Preview call").click()

    expect(page.locator("#try .problems")).to_contain_text(error)
    expect(page.get_by_label("Mapping (YAML or JSON, as in the configuration file)")).to_have_value(
        mapping.lstrip("\n")
    )


def test_each_role_sees_only_the_actions_that_it_may_use(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, key=VIEWER_KEY) as page:
        page.goto("/ops/destinations/acme")
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        page.goto("/ops/sources/content-hub")
        expect(page.get_by_text("Your role cannot view payloads.")).to_be_visible()
    with visiting(browser, staged.url, key=OPERATOR_KEY) as page:
        page.goto("/ops/destinations/umbrella")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.get_by_role("button", name="Create connect link")).to_have_count(0)


def test_the_next_page_is_rendered_in_the_selected_theme(page: Page):
    page.goto("/ops/")
    page.get_by_label("Theme").select_option("Dark")
    page.goto("/ops/sources")

    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert 'data-theme="dark"' in page.request.get("/ops/sources").text()


def test_signing_out_redirects_to_sign_in(page: Page):
    page.goto("/ops/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/ops/sign-in")
    page.goto("/ops/destinations")

    expect(page.get_by_label("Operator key")).to_be_visible()
