"""The way of somebody who asks at night: find an event, read why it is not in Gong, mend it; and erase a person."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
import requests
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser.staging import OPERATOR_KEY, VIEWER_KEY, asset_view, event
from tests.harness.chromium import PHONE, visiting
from tests.harness.stack import Stack
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_PATIENCE_MS = 30_000

UNTITLED = {"url": "https://hub.example.com/a/17"}
"""What somebody looked at, without the name that the mapping counts on."""


def somebody() -> str:
    """The address of a person whom no other test knows."""
    return f"{uuid4().hex[:10]}@leaver.example"


def post_form(stack: Stack, **changed: object) -> None:
    """What the source of forms posts; it is not signed."""
    payload = asset_view(1, id=uuid4().hex, **changed)
    assert requests.post(f"{stack.url}/v1/webhooks/forms", json=payload, timeout=10).ok


@contextmanager
def configured_otherwise(stack: Stack, title: str) -> Iterator[None]:
    """The rule of the source of forms says otherwise where its title comes from, until it is put back."""
    file = stack.folder / "relay.yaml"
    before = file.read_text()
    told = yaml.safe_load(before)
    told["sources"]["forms"]["rules"][0]["map"]["content"]["contentTitle"] = title
    file.write_text(yaml.safe_dump(told))
    try:
        yield
    finally:
        file.write_text(before)


def mapping_version(stack: Stack) -> str:
    version: str = stack.relay.get("/v1/sources/forms")["webhook"]["mapping_version"]
    return version


def test_an_event_is_found_by_its_persons_address_and_explains_itself(page: Page, staged: Stack):
    email = somebody()
    post_form(staged, visitor={"email": email, "name": "Lea Leaver"}, asset=UNTITLED)
    page.goto("/ops/events")
    page.keyboard.press("/")
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.click()

    why = page.locator(".why")
    expect(why).to_contain_text("The mapping of forms makes no call of it that Gong would take")
    expect(why).to_contain_text("Mend the mapping, then replay")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="content.contentTitle"))
    expect(row).to_contain_text("nothing")
    expect(row).to_contain_text("item.asset.name")
    expect(page.locator("main")).not_to_contain_text("Lea Leaver")
    expect(page.locator("main")).not_to_contain_text(email)


def test_only_an_admin_reveals_a_payload_and_the_audit_says_so(browser: Browser, page: Page, staged: Stack):
    email = somebody()
    post_form(staged, visitor={"email": email}, asset=UNTITLED)
    [found] = staged.relay.get("/v1/events", email=email)["events"]
    place = f"/ops/events/{found['id']}"
    with visiting(browser, staged.url, key=OPERATOR_KEY) as operator:
        operator.goto(place)
        expect(operator.get_by_role("button", name="Reveal")).to_have_count(0)
    page.goto(place)
    page.get_by_role("button", name="Reveal").click()
    page.get_by_role("dialog").get_by_role("button", name="Reveal").click()
    expect(page.get_by_role("region", name="Body of the request")).to_contain_text(email)

    page.goto("/ops/audit")
    expect(page.locator("tbody tr").first).to_contain_text("event.reveal")
    page.goto(place)
    expect(page.locator("main")).not_to_contain_text(email)


def test_a_viewer_sees_why_and_no_payload(browser: Browser, staged: Stack):
    [dead] = staged.relay.get("/v1/events", status="dead", limit="1")["events"]
    with visiting(browser, staged.url, key=VIEWER_KEY) as page:
        page.goto(f"/ops/events/{dead['id']}")
        expect(page.locator(".why")).to_be_visible()
        expect(page.locator("pre")).to_have_count(0)
        expect(page.get_by_role("button", name="Replay")).to_have_count(0)


def test_what_never_came_is_explained_too(page: Page):
    page.goto("/ops/events?event_id=content-hub:nothing-of-that-name")

    expect(page.locator(".why")).to_contain_text("turned away as not their sender's: 1 of content-hub")


def test_a_broken_mapping_is_mended_tried_and_its_dead_letters_are_delivered(page: Page, staged: Stack):
    for _ in range(3):
        post_form(staged, asset=UNTITLED)
    [cluster] = [
        each
        for each in staged.relay.get("/v1/dead-letters")["clusters"]
        if each.get("field") == "content.contentTitle"
    ]
    count, before = cluster["count"], mapping_version(staged)
    page.goto("/ops/dead-letters")
    page.locator("tr", has_text="content.contentTitle").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{count} dead letters of one fault")

    mapping = page.get_by_label("As in the configuration file")
    mapping.fill(mapping.input_value().replace("{{ item.asset.name }}", "{{ nonsense( }}"))
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("contentTitle")

    mapping.fill(mapping.input_value().replace("{{ nonsense( }}", "{{ item.asset.name || ''Untitled'' }}"))
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#outcome")).to_contain_text(re.compile(f"{count} of {count} .* would go"))

    with configured_otherwise(staged, "{{ item.asset.name || 'Untitled' }}"):
        eventually(lambda: mapping_version(staged) != before, within=20, what="the mended mapping")
        page.get_by_role("button", name="Replay them").click()
        page.get_by_role("dialog").get_by_role("button", name="Replay them").click()
        expect(page.locator(".told")).to_contain_text("The replay has begun")
        expect(page.locator(".badge", has_text="done")).to_be_visible(timeout=_PATIENCE_MS)
        expect(page.locator(".meter .words")).to_contain_text(f"{count} of {count} events queued again")
        ids = [each["id"] for each in staged.relay.events(source="forms", status="delivered")]
        eventually(lambda: len(delivered_again(staged)) >= count, within=20, what="their delivery")
        assert len(ids) <= len(delivered_again(staged))
    eventually(lambda: mapping_version(staged) == before, within=20, what="the mapping as it was")


def delivered_again(stack: Stack) -> list[str]:
    found = stack.relay.events(source="forms", status="delivered")
    return [each["id"] for each in found if each.get("replays")]


def test_a_person_is_looked_for_and_erased(page: Page, staged: Stack):
    email = somebody()
    post_form(staged, visitor={"email": email, "name": "Lea"})
    post_form(staged, visitor={"email": email, "name": "Lea"}, asset=UNTITLED)
    events = [each["id"] for each in staged.relay.get("/v1/events", email=email)["events"]]
    page.goto("/ops/erasures")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="See what there is").click()
    expect(page.get_by_role("status").filter(has_text="tell of this person")).to_contain_text("2 events")

    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page.locator(".badge", has_text="done").first).to_be_visible(timeout=_PATIENCE_MS)
    expect(page.locator("main")).not_to_contain_text(email)
    page.goto(f"/ops/events/{events[0]}")
    expect(page.locator(".why")).to_contain_text("was erased")
    assert staged.relay.get("/v1/events", email=email)["events"] == []


def test_a_page_of_events_leads_to_the_older_ones_and_back(page: Page):
    page.goto("/ops/events?source=acme")
    first = page.locator("tbody a").first.get_attribute("href")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.locator("tbody a").first.get_attribute("href") != first
    page.get_by_role("link", name="Newest").click()

    expect(page.locator("tbody a").first).to_have_attribute("href", str(first))


def test_new_events_appear_while_one_looks(browser: Browser, staged: Stack):
    with visiting(browser, staged.url, viewport=PHONE) as page:
        page.goto("/ops/events?source=acme")
        page.locator("#live-every").select_option("1")
        native = uuid4().hex
        key = {"X-API-Key": "key-of-the-source-acme"}
        sent = requests.post(f"{staged.url}/v1/events", json=event(1, id=native), headers=key, timeout=10)
        assert sent.ok

        expect(page.locator("tbody tr").first).to_contain_text(native[:20], timeout=_PATIENCE_MS)
