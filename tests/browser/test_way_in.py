"""The way in, in a real browser: by link, by an account of a provider, and what another site's page can do with it."""

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
from tests.flows.oidc_provider import CLIENT, SECRET, serving_provider
from tests.harness.chromium import visiting
from tests.harness.processes import free_port
from tests.web.access_world import KEYS, SEAL, config, digest
from workers.oidc_job import OidcTask, create_oidc_task

pytestmark = [pytest.mark.slow, pytest.mark.browser]

TICKET = "a-fresh-ticket-of-a-link"


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """The application over HTTP; its address."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Endpoint:
    """A relay over HTTP, and the chore of its worker."""

    url: str
    chore: OidcTask


@pytest.fixture
def endpoint(redis: Redis) -> Iterator[Endpoint]:
    port = free_port()
    with serving_provider() as provider:
        provider.begin_anew({"groups": ["ops-team"]})
        settings = Settings(
            admin_key=KEYS["admin"],
            secret_keys=(SEAL,),
            public_url=f"http://127.0.0.1:{port}",
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_roles=(("ops-team", "operator"),),
        )
        chore = create_oidc_task(settings, redis, lambda: datetime.now(UTC))
        chore.step()
        with serving(create_app(settings, config(), redis), port) as url:
            yield Endpoint(url, chore)
        chore.http.close()


def another_site(endpoint: Endpoint) -> Flask:
    """Pages of somebody else, which a signed-in person happens to open."""
    app = Flask("another site")

    @app.get("/form")
    def form() -> str:
        return f"<form method=post action='{endpoint.url}/ops/destinations/acme/pause'><input name=confirmed value=yes><button>Win</button></form>"

    @app.get("/frame")
    def frame() -> str:
        return f"<iframe src='{endpoint.url}/ops/'></iframe>"

    return app


def test_a_link_signs_in_by_its_button_and_only_once(browser: Browser, endpoint: Endpoint, redis: Redis):
    save_sign_in_ticket(redis, TICKET, digest(KEYS["admin"]))
    link = f"/ops/sign-in?ticket={TICKET}"
    with visiting(browser, endpoint.url, key=None) as page:
        page.goto(link)
        page.reload()
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/ops/")
    with visiting(browser, endpoint.url, key=None, complains=True) as late:
        late.goto(link)
        late.get_by_role("button", name="Sign in").click()

        assert "This link was already used" in late.get_by_role("alert").inner_text()


def test_an_account_signs_in_and_goes_on_to_the_page_that_was_wanted(browser: Browser, endpoint: Endpoint):
    with visiting(browser, endpoint.url, key=None) as page:
        page.goto("/ops/destinations")
        page.get_by_role("link", name="Sign in with your account").click()
        page.wait_for_url("**/ops/sign-in/wait**")
        endpoint.chore.step()
        page.wait_for_url("**/ops/destinations")

        assert page.get_by_text("olga@acme.example").count()


def test_a_page_of_another_site_can_neither_act_nor_frame(browser: Browser, endpoint: Endpoint, redis: Redis):
    """The other site is another port of this host: to browsers that is the same site, so that the cookie is sent."""
    with (
        serving(another_site(endpoint)) as evil,
        visiting(browser, endpoint.url, key=None, complains=True) as page,
    ):
        page.goto("/ops/sign-in")
        page.get_by_label("Your key").fill(KEYS["admin"])
        page.get_by_role("button", name="Sign in with a key").click()
        page.wait_for_url("**/ops/")
        page.goto(f"{evil}/form")
        with page.expect_response("**/pause") as answered:
            page.get_by_role("button", name="Win").click()
        sent = answered.value.request.all_headers()
        page.goto(f"{evil}/frame")
        page.wait_for_load_state("networkidle")

        assert "relay_session" in sent["cookie"]
        assert sent["sec-fetch-site"] == "same-site"
        assert answered.value.status == 403
        assert not redis.exists(keys.HOLD + "acme")
        assert page.frames[-1].locator("nav").count() == 0
