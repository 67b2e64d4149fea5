"""The page that shows what Gong received."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.sandbox import world
from tests.sandbox.world import Gong

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


def html(gong: Gong, path: str = "/") -> str:
    return requests.get(gong.url + path, timeout=10).text


def test_an_empty_page_tells_how_to_send_a_first_event(gong: Gong):
    page = html(gong)

    assert "Nothing received yet" in page
    assert f"curl {gong.url}/v2/digital-interaction" in page
    assert "sandbox-key:sandbox-secret" in page


def test_the_first_event_that_the_empty_page_tells_of_is_one_that_gong_takes(strict: Gong):
    body = re.search(r"--data '(.*?)'</code>", html(strict), re.DOTALL)

    assert body is not None
    answer = strict.send(
        None, data=requests.utils.unquote(body[1]), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200


def test_a_secret_of_ones_own_is_not_on_the_page():
    with world.gong(access_key_secret="hush-hush") as gong:
        page = html(gong)

    assert "hush-hush" not in page
    assert "KEY:SECRET" in page


def test_a_row_shows_what_came_for_whom_and_under_which_ids(gong: Gong):
    request_id = gong.send(world.interaction()).json()["requestId"]
    page = html(gong)

    for text in ("page viewed", "Pricing", "jane@acme.com", "acme", "web:1", request_id):
        assert text in page


def test_one_company_can_be_shown_alone(gong: Gong):
    gong.send(world.interaction("of-acme"))
    gong.send(world.interaction("of-globex"), company="globex")
    page = html(gong, "/?company=globex")

    assert "of-globex" in page
    assert "of-acme" not in page


@pytest.mark.parametrize("path", ["/", "/newer"])
def test_a_strangers_text_is_escaped_and_no_foreign_script_may_run(gong: Gong, path: str):
    gong.send(world.interaction(HOSTILE, eventType=HOSTILE, content={"contentTitle": HOSTILE}))
    answer = requests.get(gong.url + path, timeout=10)
    page = answer.json()["html"] if path == "/newer" else answer.text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'"
    )


def test_the_page_has_no_inline_script_or_style(gong: Gong):
    gong.send(world.interaction())
    page = html(gong)

    assert re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page) == []


def test_only_rows_newer_than_those_shown_are_sent_again(gong: Gong):
    gong.send(world.interaction("web:1"))
    gong.send(world.interaction("web:2"))
    newer = requests.get(f"{gong.url}/newer?after=1", timeout=10).json()

    assert re.findall(r'data-number="(\d+)"', newer["html"]) == ["2"]
    assert (newer["received"], newer["names"]) == (2, ["acme"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.browser
def test_a_posted_event_appears_without_a_reload_and_open_rows_stay_open(gong: Gong, page: Page):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(gong.url)
    page.evaluate("window.stayed = true")
    gong.send(world.interaction("web:1", eventType=HOSTILE))
    rows = page.locator(".event")
    expect(rows).to_have_count(1)
    rows.first.locator("summary").click()
    gong.send(world.interaction("web:2"))
    expect(rows).to_have_count(2)

    expect(rows.nth(1).locator("pre")).to_be_visible()
    expect(rows.nth(0).locator("pre")).to_be_hidden()
    expect(page.locator("#received")).to_have_text("2")
    expect(page.locator("#empty")).to_be_hidden()
    assert page.evaluate("window.stayed") is True
    assert complaints == []
