"""Untrusted text in payloads and URLs is shown as text: no script runs, nothing is loaded, no markup is created."""

from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser import staging
from tests.browser.hostile import HOSTILE
from tests.browser.staging import PLAN, asset_view
from tests.harness.chromium import visiting
from tests.harness.stack import Stack, running
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_KEY = {"X-API-Key": "key-of-the-source-acme"}
_ECHOING_PATHS = ("/ops/events?event_id={}", "/ops/events?email={}", "/ops/events/{}", "/ops/dead-letters/{}",
            "/ops/destinations/{}", "/ops/sources/{}", "/ops/replays/{}", "/ops/erasures/{}", "/ops/sign-in?next={}")  # fmt: skip
_WATCH_SCRIPT = "window.ran = []; window.pwned = () => window.ran.push(1)"


@pytest.fixture(scope="module")
def staged() -> Iterator[Stack]:
    """A separate relay, because other tests must not see this data."""
    with running(PLAN) as stack:
        yield stack


@pytest.fixture
def watched(browser: Browser, staged: Stack) -> Iterator[Page]:
    """A page that fails the test if a hostile text runs a script, opens a dialog or calls another host."""
    with visiting(browser, staged.url) as page:
        page.add_init_script(_WATCH_SCRIPT)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        page.on("request", lambda request: _check_host(request.url, staged.url))
        yield page


def _check_host(url: str, own_url: str) -> None:
    assert url.startswith((own_url, "data:image/")), f"the page requested {url}"


def assert_clean(page: Page) -> None:
    assert page.evaluate("window.ran") == []
    assert (
        page.locator("[onerror], [onload], [onfocus], [hx-on\\:\\:load], iframe, object, embed, base").count()
        == 0
    )
    assert page.evaluate("document.querySelectorAll('main script, main style, main link').length") == 0


def hostile_event(text: str, number: int) -> dict[str, object]:
    """Return an event with the text in every field that accepts free text."""
    return staging.event(
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
def event_ids(staged: Stack) -> list[str]:
    """Send one event and one webhook for each text. The webhook cannot be mapped, and has the text in its keys too."""
    ids = []
    for number, text in enumerate(HOSTILE):
        sent = requests.post(
            f"{staged.url}/v1/events", json=hostile_event(text, number), headers=_KEY, timeout=10
        )
        assert sent.ok, sent.text
        ids.append(str(sent.json()["id"]))
        unmappable = asset_view(
            number, id=text, asset={"url": text, text: text}, visitor={"email": text, "name": text}
        )
        assert requests.post(f"{staged.url}/v1/webhooks/forms", json=unmappable | {text: text}, timeout=10).ok
    eventually(
        lambda: staged.relay.event(ids[-1])["status"] == "delivered", within=30, what="the hostile events"
    )
    return ids


def test_hostile_text_in_a_revealed_payload_is_shown_as_text(watched: Page, event_ids: list[str]):
    for event_id, text in zip(event_ids, HOSTILE, strict=True):
        watched.goto(f"/ops/events/{event_id}")
        assert_clean(watched)
        watched.get_by_role("button", name="Reveal").click()
        watched.get_by_role("dialog").get_by_role("button", name="Reveal").click()
        expect(watched.locator(".message")).to_be_visible()
        body = watched.get_by_role("region", name="Body of the call").inner_text()
        assert text.split("\t")[0][:20].replace('"', '\\"') in body
        assert_clean(watched)


def test_hostile_text_in_lists_and_dead_letters_is_shown_as_text(
    watched: Page, staged: Stack, event_ids: list[str]
):
    dead = staged.relay.get("/v1/events", source="forms", status="dead", limit="60")["events"]
    assert len(dead) >= len(event_ids)
    dead = dead[::4]
    clusters = [cluster["cluster"] for cluster in staged.relay.get("/v1/dead-letters")["clusters"]]
    paths = [
        "/ops/events",
        "/ops/events?source=forms&status=dead",
        "/ops/dead-letters",
        "/ops/sources/forms",
        "/ops/",
    ]
    for path in [
        *paths,
        *(f"/ops/dead-letters/{cluster}" for cluster in clusters),
        *(f"/ops/events/{event['id']}" for event in dead),
    ]:
        watched.goto(path)
        assert_clean(watched)


@pytest.mark.parametrize("path", _ECHOING_PATHS)
def test_hostile_text_in_a_url_is_shown_as_text(browser: Browser, staged: Stack, path: str):
    context = browser.new_context(base_url=staged.url)
    context.set_extra_http_headers({"Authorization": "Bearer admin-key-of-the-system-tests"})
    page = context.new_page()
    page.add_init_script(_WATCH_SCRIPT)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    for text in HOSTILE[_ECHOING_PATHS.index(path) % 3 :: 3]:
        page.goto(path.format(quote(text, safe="")))
        assert_clean(page)
    context.close()
