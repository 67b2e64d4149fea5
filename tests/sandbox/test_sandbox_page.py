"""The timeline page, which shows the events that this Gong received."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.sandbox import bodies, client
from tests.sandbox.client import Gong

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


def fetch_html(gong: Gong, path: str = "/") -> str:
    return requests.get(gong.url + path, timeout=10).text


def test_the_empty_page_shows_how_to_send_a_first_event(gong: Gong):
    page = fetch_html(gong)

    assert "No events received yet" in page
    assert f"curl {gong.url}/v2/digital-interaction" in page
    assert "sandbox-key:sandbox-secret" in page


def test_the_example_event_on_the_empty_page_passes_strict_fidelity(strict: Gong):
    body = re.search(r"--data '(.*?)'</code>", fetch_html(strict), re.DOTALL)

    assert body is not None
    response = strict.send(
        None, data=requests.utils.unquote(body[1]), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 200


def test_a_configured_secret_is_not_on_the_page():
    with client.run_gong(access_key_secret="hush-hush") as gong:
        page = fetch_html(gong)

    assert "hush-hush" not in page
    assert "KEY:SECRET" in page


def test_a_row_shows_the_event_its_person_and_its_ids(gong: Gong):
    request_id = gong.send(bodies.interaction()).json()["requestId"]
    page = fetch_html(gong)

    for text in ("page viewed", "Pricing", "jane@acme.com", "acme", "web:1", request_id):
        assert text in page


def test_the_timeline_can_be_filtered_by_company(gong: Gong):
    gong.send(bodies.interaction("of-acme"))
    gong.send(bodies.interaction("of-globex"), company="globex")
    page = fetch_html(gong, "/?company=globex")

    assert "of-globex" in page
    assert "of-acme" not in page


@pytest.mark.parametrize("path", ["/", "/newer"])
def test_event_text_is_escaped_and_foreign_scripts_are_blocked(gong: Gong, path: str):
    gong.send(bodies.interaction(HOSTILE, eventType=HOSTILE, content={"contentTitle": HOSTILE}))
    response = requests.get(gong.url + path, timeout=10)
    page = response.json()["html"] if path == "/newer" else response.text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert response.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'"
    )


def test_the_page_has_no_inline_script_or_style(gong: Gong):
    gong.send(bodies.interaction())
    page = fetch_html(gong)

    assert re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page) == []


def test_an_update_contains_only_newer_rows(gong: Gong):
    gong.send(bodies.interaction("web:1"))
    gong.send(bodies.interaction("web:2"))
    newer = requests.get(f"{gong.url}/newer?after=1", timeout=10).json()

    assert re.findall(r'data-number="(\d+)"', newer["html"]) == ["2"]
    assert (newer["received"], newer["company_names"]) == (2, ["acme"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.browser
def test_a_new_event_appears_without_a_reload_and_open_rows_stay_open(gong: Gong, page: Page):
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(gong.url)
    page.evaluate("window.stayed = true")
    gong.send(bodies.interaction("web:1", eventType=HOSTILE))
    rows = page.locator(".event")
    expect(rows).to_have_count(1)
    rows.first.locator("summary").click()
    gong.send(bodies.interaction("web:2"))
    expect(rows).to_have_count(2)

    expect(rows.nth(1).locator("pre")).to_be_visible()
    expect(rows.nth(0).locator("pre")).to_be_hidden()
    expect(page.locator("#received")).to_have_text("2")
    expect(page.locator("#empty")).to_be_hidden()
    assert page.evaluate("window.stayed") is True
    assert messages == []
