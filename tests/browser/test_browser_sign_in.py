"""Sign-in in a real browser: with a link, with a provider's account, and attacks by another site."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser
from redis import Redis
from werkzeug.serving import make_server

from relay.app import create_app
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.sign_in import save_sign_in_ticket
from tests.flows.oidc_provider import CLIENT, SECRET, run_provider
from tests.harness.chromium import visiting
from tests.harness.processes import free_port
from tests.web.access_world import KEYS, SEAL, config, digest
from workers.oidc_job import OidcTask, create_oidc_task

pytestmark = [pytest.mark.slow, pytest.mark.browser]

TICKET = "a-fresh-ticket-of-a-link"


@contextmanager
def serve_app(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve the application over HTTP and yield its URL."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class RunningRelay:
    """A relay over HTTP, and the OIDC task of its worker."""

    url: str
    oidc_task: OidcTask


@pytest.fixture
def relay(redis: Redis) -> Iterator[RunningRelay]:
    port = free_port()
    with run_provider() as provider:
        provider.reset({"groups": ["ops-team"]})
        settings = Settings(
            admin_key=KEYS["admin"],
            secret_keys=(SEAL,),
            public_url=f"http://127.0.0.1:{port}",
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_roles=(("ops-team", "operator"),),
        )
        oidc_task = create_oidc_task(settings, redis, lambda: datetime.now(UTC))
        oidc_task.step()
        with serve_app(create_app(settings, config(), redis), port) as url:
            yield RunningRelay(url, oidc_task)
        oidc_task.http.close()


def malicious_site(relay: RunningRelay) -> Flask:
    """Build a malicious site that a signed-in user opens."""
    app = Flask("malicious site")

    @app.get("/form")
    def form() -> str:
        return f"<form method=post action='{relay.url}/ops/destinations/acme/pause'><input name=confirmed value=yes><button>Win</button></form>"

    @app.get("/frame")
    def frame() -> str:
        return f"<iframe src='{relay.url}/ops/'></iframe>"

    return app


def test_a_sign_in_link_works_once_and_only_with_its_button(
    browser: Browser, relay: RunningRelay, redis: Redis
):
    save_sign_in_ticket(redis, TICKET, digest(KEYS["admin"]))
    link = f"/ops/sign-in?ticket={TICKET}"
    with visiting(browser, relay.url, key=None) as page:
        page.goto(link)
        page.reload()
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/ops/")
    with visiting(browser, relay.url, key=None, complains=True) as second_visit:
        second_visit.goto(link)
        second_visit.get_by_role("button", name="Sign in").click()

        assert "This link was already used" in second_visit.get_by_role("alert").inner_text()


def test_a_provider_account_signs_in_and_opens_the_requested_page(browser: Browser, relay: RunningRelay):
    with visiting(browser, relay.url, key=None) as page:
        page.goto("/ops/destinations")
        page.get_by_role("link", name="Sign in with your account").click()
        page.wait_for_url("**/ops/sign-in/wait**")
        relay.oidc_task.step()
        page.wait_for_url("**/ops/destinations")

        assert page.get_by_text("olga@acme.example").count()


def test_another_site_can_neither_trigger_actions_nor_frame_pages(
    browser: Browser, relay: RunningRelay, redis: Redis
):
    """The other site is on another port of this host. Browsers treat that as the same site and send the cookie."""
    with (
        serve_app(malicious_site(relay)) as evil,
        visiting(browser, relay.url, key=None, complains=True) as page,
    ):
        page.goto("/ops/sign-in")
        page.get_by_label("Operator key").fill(KEYS["admin"])
        page.get_by_role("button", name="Sign in with a key").click()
        page.wait_for_url("**/ops/")
        page.goto(f"{evil}/form")
        with page.expect_response("**/pause") as response_info:
            page.get_by_role("button", name="Win").click()
        sent = response_info.value.request.all_headers()
        page.goto(f"{evil}/frame")
        page.wait_for_load_state("networkidle")

        assert "relay_session" in sent["cookie"]
        assert sent["sec-fetch-site"] == "same-site"
        assert response_info.value.status == 403
        assert not redis.exists(keys.HOLD + "acme")
        assert page.frames[-1].locator("nav").count() == 0
