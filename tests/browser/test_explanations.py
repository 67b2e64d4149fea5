"""Finding an event, understanding why it is not in Gong, fixing its mapping, and erasing a person."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
import requests
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser import staging
from tests.browser.staging import OPERATOR_KEY, VIEWER_KEY, asset_view
from tests.harness.chromium import PHONE, visiting
from tests.harness.stack import Stack
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_TIMEOUT_MS = 30_000

UNTITLED = {"url": "https://hub.example.com/a/17"}
"""An asset without the name that the mapping needs."""


def new_email() -> str:
    """Return an e-mail address that no other test uses."""
    return f"{uuid4().hex[:10]}@leaver.example"


def post_form(stack: Stack, **changed: object) -> None:
    """Post an unsigned payload, as the source `forms` does."""
    payload = asset_view(1, id=uuid4().hex, **changed)
    assert requests.post(f"{stack.url}/v1/webhooks/forms", json=payload, timeout=10).ok


@contextmanager
def changed_title(stack: Stack, title: str) -> Iterator[None]:
    """Change the template of the title in the mapping of `forms`, and restore it afterwards."""
    file = stack.folder / "relay.yaml"
    before = file.read_text()
    config = yaml.safe_load(before)
    config["sources"]["forms"]["rules"][0]["map"]["content"]["contentTitle"] = title
    file.write_text(yaml.safe_dump(config))
    try:
        yield
    finally:
        file.write_text(before)


def mapping_version(stack: Stack) -> str:
    version: str = stack.relay.get("/v1/sources/forms")["webhook"]["mapping_version"]
    return version


def test_an_event_is_found_by_e_mail_and_explained(page: Page, staged: Stack):
    email = new_email()
    post_form(staged, visitor={"email": email, "name": "Lea Leaver"}, asset=UNTITLED)
    page.goto("/ops/events")
    page.keyboard.press("/")
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.click()

    why = page.locator(".why")
    expect(why).to_contain_text("The source's mapping produced no call that Gong would accept")
    expect(why).to_contain_text("Fix the mapping, then replay the event")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="content.contentTitle"))
    expect(row).to_contain_text("no value")
    expect(row).to_contain_text("item.asset.name")
    expect(page.locator("main")).not_to_contain_text("Lea Leaver")
    expect(page.locator("main")).not_to_contain_text(email)


def test_only_an_admin_can_reveal_a_payload_and_it_is_audited(browser: Browser, page: Page, staged: Stack):
    email = new_email()
    post_form(staged, visitor={"email": email}, asset=UNTITLED)
    [listed] = staged.relay.get("/v1/events", email=email)["events"]
    path = f"/ops/events/{listed['id']}"
    with visiting(browser, staged.url, key=OPERATOR_KEY) as operator:
        operator.goto(path)
        expect(operator.get_by_role("button", name="Reveal")).to_have_count(0)
    page.goto(path)
    page.get_by_role("button", name="Reveal").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.get_by_role("region", name="Body of the request")).to_contain_text(email)

    page.goto("/ops/audit")
    expect(page.locator("tbody tr").first).to_contain_text("event.reveal")
    page.goto(path)
    expect(page.locator("main")).not_to_contain_text(email)


def test_a_viewer_sees_the_explanation_but_no_payload(browser: Browser, staged: Stack):
    [dead] = staged.relay.get("/v1/events", status="dead", limit="1")["events"]
    with visiting(browser, staged.url, key=VIEWER_KEY) as page:
        page.goto(f"/ops/events/{dead['id']}")
        expect(page.locator(".why")).to_be_visible()
        expect(page.locator("pre")).to_have_count(0)
        expect(page.get_by_role("button", name="Replay")).to_have_count(0)


def test_an_event_that_was_never_received_is_explained(page: Page):
    page.goto("/ops/events?event_id=content-hub:nothing-of-that-name")

    expect(page.locator(".why")).to_contain_text("requests failed verification: 1 from content-hub")


def test_a_mapping_is_fixed_and_tested_and_its_dead_letters_are_delivered(page: Page, staged: Stack):
    for _ in range(3):
        post_form(staged, asset=UNTITLED)
    [cluster] = [
        candidate
        for candidate in staged.relay.get("/v1/dead-letters")["clusters"]
        if candidate.get("field") == "content.contentTitle"
    ]
    count, before = cluster["count"], mapping_version(staged)
    page.goto("/ops/dead-letters")
    page.locator("tr", has_text="content.contentTitle").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{count} dead letters with the same problem")

    mapping = page.get_by_label("Mapping (YAML or JSON, as in the configuration file)")
    mapping.fill(mapping.input_value().replace("{{ item.asset.name }}", "{{ nonsense( }}"))
    page.get_by_role("button", name="Test on all events").click()
    expect(page.get_by_role("alert")).to_contain_text("contentTitle")

    mapping.fill(mapping.input_value().replace("{{ nonsense( }}", "{{ item.asset.name || ''Untitled'' }}"))
    page.get_by_role("button", name="Test on all events").click()
    expect(page.locator("#outcome")).to_contain_text(re.compile(f"{count} of {count} .* would be sent"))

    with changed_title(staged, "{{ item.asset.name || 'Untitled' }}"):
        eventually(lambda: mapping_version(staged) != before, within=20, what="the fixed mapping")
        page.get_by_role("button", name="Replay all").click()
        page.get_by_role("dialog").get_by_role("button", name="Replay all").click()
        expect(page.locator(".message")).to_contain_text("The replay has started")
        expect(page.locator(".badge", has_text="done")).to_be_visible(timeout=_TIMEOUT_MS)
        expect(page.locator(".meter .words")).to_contain_text(f"{count} of {count} events queued again")
        ids = [event["id"] for event in staged.relay.events(source="forms", status="delivered")]
        eventually(
            lambda: len(redelivered_ids(staged)) >= count, within=20, what="the delivery of the dead letters"
        )
        assert len(ids) <= len(redelivered_ids(staged))
    eventually(lambda: mapping_version(staged) == before, within=20, what="the original mapping")


def redelivered_ids(stack: Stack) -> list[str]:
    delivered = stack.relay.events(source="forms", status="delivered")
    return [event["id"] for event in delivered if event.get("replays")]


def test_a_persons_data_is_found_and_erased(page: Page, staged: Stack):
    email = new_email()
    post_form(staged, visitor={"email": email, "name": "Lea"})
    post_form(staged, visitor={"email": email, "name": "Lea"}, asset=UNTITLED)
    events = [event["id"] for event in staged.relay.get("/v1/events", email=email)["events"]]
    page.goto("/ops/erasures")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Find data").click()
    expect(page.get_by_role("status").filter(has_text="contain this person's data")).to_contain_text(
        "2 events"
    )

    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page.locator(".badge", has_text="done").first).to_be_visible(timeout=_TIMEOUT_MS)
    expect(page.locator("main")).not_to_contain_text(email)
    page.goto(f"/ops/events/{events[0]}")
    expect(page.locator(".why")).to_contain_text("was erased")
    assert staged.relay.get("/v1/events", email=email)["events"] == []


def test_the_event_list_links_to_older_events_and_back(page: Page):
    page.goto("/ops/events?source=acme")
    first = page.locator("tbody a").first.get_attribute("href")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.locator("tbody a").first.get_attribute("href") != first
    page.get_by_role("link", name="Newest").click()

    expect(page.locator("tbody a").first).to_have_attribute("href", str(first))


def test_new_events_appear_on_an_open_page(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, viewport=PHONE) as page:
        page.goto("/ops/events?source=acme")
        page.locator("#live-interval").select_option("1")
        native = uuid4().hex
        key = {"X-API-Key": "key-of-the-source-acme"}
        sent = requests.post(
            f"{staged.url}/v1/events", json=staging.event(1, id=native), headers=key, timeout=10
        )
        assert sent.ok

        expect(page.locator("tbody tr").first).to_contain_text(native[:20], timeout=_TIMEOUT_MS)
