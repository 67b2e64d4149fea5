"""Whatever a stranger puts into a payload is text on every page: no script runs, nothing is loaded, no markup is made."""

from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.hostile import HOSTILE
from tests.browser.staging import PLAN, asset_view, event
from tests.harness.chromium import visiting
from tests.harness.stack import Stack, running
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_KEY = {"X-API-Key": "key-of-the-source-acme"}
_ECHOING = ("/ops/events?event_id={}", "/ops/events?email={}", "/ops/events/{}", "/ops/dead-letters/{}",
            "/ops/destinations/{}", "/ops/sources/{}", "/ops/replays/{}", "/ops/erasures/{}", "/ops/sign-in?next={}")  # fmt: skip
_WATCH = "window.ran = []; window.pwned = () => window.ran.push(1)"


@pytest.fixture(scope="module")
def staged() -> Iterator[Stack]:
    """A relay of its own: what is on it is nothing that other tests want to see."""
    with running(PLAN) as stack:
        yield stack


@pytest.fixture
def watched(browser: Browser, staged: Stack) -> Iterator[Page]:
    """A page that knows whether a hostile text has run: by its function, by a dialog, or by asking another host."""
    with visiting(browser, staged.url) as page:
        page.add_init_script(_WATCH)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        page.on("request", lambda sent: _own(sent.url, staged.url))
        yield page


def _own(url: str, own: str) -> None:
    assert url.startswith((own, "data:image/")), f"the page asked for {url}"


def is_clean(page: Page) -> None:
    assert page.evaluate("window.ran") == []
    assert (
        page.locator("[onerror], [onload], [onfocus], [hx-on\\:\\:load], iframe, object, embed, base").count()
        == 0
    )
    assert page.evaluate("document.querySelectorAll('main script, main style, main link').length") == 0


def hostile_event(text: str, number: int) -> dict[str, object]:
    """An event with the text in every field that takes any."""
    return event(
        number,
        id=f"{uuid4().hex}-{number}",
        action=text,
        content={"title": text, "id": text, "labels": [text], "properties": {text[:60]: text}},
        person={"email": f"h{number}@hostile.example", "name": text, "title": text, "id": text},
        session_id=text,
        user_agent=text,
        properties={text[:60]: text},
    )


@pytest.fixture(scope="module")
def arrived(staged: Stack) -> list[str]:
    """One event for each text, by both endpoints; and a webhook that cannot be mapped, with the text in its keys too."""
    ids = []
    for number, text in enumerate(HOSTILE):
        sent = requests.post(
            f"{staged.url}/v1/events", json=hostile_event(text, number), headers=_KEY, timeout=10
        )
        assert sent.ok, sent.text
        ids.append(str(sent.json()["id"]))
        odd = asset_view(
            number, id=text, asset={"url": text, text: text}, visitor={"email": text, "name": text}
        )
        assert requests.post(f"{staged.url}/v1/webhooks/forms", json=odd | {text: text}, timeout=10).ok
    eventually(
        lambda: staged.relay.event(ids[-1])["status"] == "delivered", within=30, what="the hostile events"
    )
    return ids


def test_every_hostile_text_is_shown_as_text_where_payloads_are_revealed(watched: Page, arrived: list[str]):
    for event_id, text in zip(arrived, HOSTILE, strict=True):
        watched.goto(f"/ops/events/{event_id}")
        is_clean(watched)
        watched.get_by_role("button", name="Reveal").click()
        watched.get_by_role("dialog").get_by_role("button", name="Reveal").click()
        expect(watched.locator(".told")).to_be_visible()
        shown = watched.get_by_role("region", name="Body of the call").inner_text()
        assert text.split("\t")[0][:20].replace('"', '\\"') in shown
        is_clean(watched)


def test_dead_letters_and_lists_of_hostile_text_are_text(watched: Page, staged: Stack, arrived: list[str]):
    dead = staged.relay.get("/v1/events", source="forms", status="dead", limit="60")["events"]
    assert len(dead) >= len(arrived)
    dead = dead[::4]
    clusters = [each["cluster"] for each in staged.relay.get("/v1/dead-letters")["clusters"]]
    places = [
        "/ops/events",
        "/ops/events?source=forms&status=dead",
        "/ops/dead-letters",
        "/ops/sources/forms",
        "/ops/",
    ]
    for place in [
        *places,
        *(f"/ops/dead-letters/{each}" for each in clusters),
        *(f"/ops/events/{each['id']}" for each in dead),
    ]:
        watched.goto(place)
        is_clean(watched)


@pytest.mark.parametrize("place", _ECHOING)
def test_a_hostile_address_is_told_as_text(browser: Browser, staged: Stack, place: str):
    context = browser.new_context(base_url=staged.url)
    context.set_extra_http_headers({"Authorization": "Bearer admin-key-of-the-system-tests"})
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    for text in HOSTILE[_ECHOING.index(place) % 3 :: 3]:
        page.goto(place.format(quote(text, safe="")))
        is_clean(page)
    context.close()
