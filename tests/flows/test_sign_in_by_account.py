"""Signing in with a company account, against an identity provider over real HTTP, both correct and faulty."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.core.config import Config
from relay.settings import Settings
from relay.store.audit import read_audit
from relay.store.engine import keys
from tests.flows.oidc_provider import CLIENT, SECRET, Provider, run_provider
from workers.oidc_job import OidcTask, create_oidc_task

SECRET_KEY = "a-key-that-seals-sessions-of-tests"
ROLES = (("ops-team", "operator"), ("readers", "viewer"))


@dataclass
class World:
    """A relay and its identity provider. `task` is the worker's periodic OIDC task."""

    provider: Provider
    redis: Redis
    settings: Settings
    task: OidcTask

    def open_browser(self, **changed: object) -> FlaskClient:
        values = {name: getattr(self.settings, name) for name in Settings.__slots__} | changed
        return create_app(Settings(**values), Config(destinations={}, sources={}), self.redis).test_client()

    def authenticate(self, browser: FlaskClient, next_url: str = "/ops/") -> str:
        """Authenticate at the provider and return the callback's URL."""
        redirect = browser.get("/ops/sign-in/account", query_string={"next": next_url})
        assert redirect.status_code == 303, redirect.text
        callback = requests.get(redirect.headers["Location"], allow_redirects=False, timeout=10)
        url = urlsplit(callback.headers["Location"])
        return f"{url.path}?{url.query}"

    def sign_in(self, browser: FlaskClient, next_url: str = "/ops/") -> TestResponse:
        """Sign in and return the waiting page's response after the worker has checked the login."""
        callback = browser.get(self.authenticate(browser, next_url))
        assert callback.status_code == 303, callback.text
        waiting = browser.get(callback.headers["Location"])
        assert waiting.headers["Refresh"] == "1"
        self.task.step()
        return browser.get(callback.headers["Location"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with run_provider() as running:
        yield running


@pytest.fixture
def world(redis: Redis, provider: Provider) -> Iterator[World]:
    provider.reset({"groups": ["all-staff", "ops-team", "readers"]})
    settings = Settings(
        secret_keys=(SECRET_KEY,),
        public_url="http://localhost",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_roles=ROLES,
    )
    task = create_oidc_task(settings, redis, lambda: datetime.now(UTC))
    task.step()
    yield World(provider, redis, settings, task)
    task.http.close()


def test_an_account_gets_the_highest_role_of_its_groups(world: World):
    browser = world.open_browser()
    answer = world.sign_in(browser, next_url="/ops/events?status=dead")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/events?status=dead")
    assert browser.get("/v1/queues").status_code == 200
    own_site = {"Sec-Fetch-Site": "same-origin"}
    assert browser.post("/v1/destinations/none/pause", headers=own_site).status_code == 404
    assert browser.get("/v1/audit").status_code == 403
    [entry], _ = read_audit(world.redis, limit=5, cursor=None)
    assert (entry.entry.principal, entry.entry.role, entry.entry.action) == (
        "olga@acme.example",
        "operator",
        "sign_in.account",
    )


@pytest.mark.parametrize("groups", [["all-staff"], [], None, "ops", {"ops-team": 1}, [["ops-team"]]])
def test_an_account_without_a_role_cannot_sign_in(world: World, groups: object):
    world.provider.claims["groups"] = groups
    browser = world.open_browser()
    answer = world.sign_in(browser)

    assert answer.status_code == 403
    assert "claim maps to no role" in answer.text
    assert browser.get("/v1/queues").status_code == 401


@pytest.mark.parametrize(
    "fault",
    [
        "alg none",
        "our secret as key",
        "public key as secret",
        "another's key",
        "no token",
        "redirect",
        "wrong issuer",
        "wrong audience",
        "audience of many",
        "expired",
        "no expiry",
        "wrong nonce",
        "no nonce",
        "no subject",
    ],
)
def test_an_invalid_token_is_rejected(world: World, fault: str):
    world.provider.fault = fault
    browser = world.open_browser()
    answer = world.sign_in(browser)

    assert answer.status_code == 403
    assert "provider" in answer.text
    assert browser.get("/v1/queues").status_code == 401


@pytest.mark.parametrize("fault", ["document of another", "token over http"])
def test_a_provider_whose_metadata_points_elsewhere_is_not_used(world: World, fault: str):
    world.redis.delete(keys.OIDC_PROVIDER)
    world.provider.fault = fault
    fresh = create_oidc_task(world.settings, world.redis, lambda: datetime.now(UTC))
    fresh.step()
    fresh.http.close()
    answer = world.open_browser().get("/ops/sign-in/account")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_callback_is_valid_once_and_only_in_the_browser_that_started_the_login(world: World):
    browser, thief = world.open_browser(), world.open_browser()
    callback = world.authenticate(browser)
    stolen = world.authenticate(thief)

    assert browser.get(stolen).status_code == 403
    assert browser.get(callback).status_code == 303
    assert browser.get(callback).status_code == 400


def test_another_browser_cannot_finish_a_login(world: World):
    browser, thief = world.open_browser(), world.open_browser()
    waiting_page = browser.get(world.authenticate(browser)).headers["Location"]
    world.task.step()

    assert thief.get(waiting_page).status_code == 403
    assert browser.get(waiting_page).status_code == 303
    assert browser.get(waiting_page).status_code == 400


@pytest.mark.parametrize("query", ["", "state=x&code=y", "error=access_denied", "state=" + "x" * 9000])
def test_an_unsolicited_callback_is_rejected(world: World, query: str):
    assert world.open_browser().get(f"/ops/sign-in/back?{query}").status_code == 400


def test_a_rejection_by_the_provider_is_reported(world: World):
    browser = world.open_browser()
    state = parse_qs(urlsplit(world.authenticate(browser)).query)["state"][0]
    answer = browser.get("/ops/sign-in/back", query_string={"state": state, "error": "access_denied"})

    assert answer.status_code == 403
    assert "did not sign you in" in answer.text


def test_permissions_follow_changed_settings_immediately(world: World):
    browser = world.open_browser()
    world.sign_in(browser)
    cookie = browser.get_cookie("relay_session")
    assert cookie is not None

    for changed, status in (
        ({"oidc_roles": (("ops-team", "admin"),)}, 200),
        ({"oidc_roles": ROLES}, 403),
        ({"oidc_roles": (("others", "admin"),)}, 401),
        ({"oidc_issuer": "https://another.example"}, 401),
        ({"oidc_issuer": None}, 401),
    ):
        other = world.open_browser(**changed)
        other.set_cookie("relay_session", cookie.value)
        assert other.get("/v1/audit").status_code == status, changed


def test_the_store_holds_no_secret_in_plain_text(world: World):
    browser = world.open_browser()
    callback = browser.get(world.authenticate(browser))
    [code] = world.provider.codes
    stored = b"".join(
        world.redis.get(key) or b""
        for key in world.redis.scan_iter("relay:oidc_[rc]*")
        if key != b"relay:oidc_callbacks"
    )

    assert callback.status_code == 303
    assert stored
    for secret in (code, world.provider.codes[code]["nonce"], SECRET, "olga@"):
        assert secret.encode() not in stored


def test_without_a_provider_accounts_cannot_sign_in(world: World):
    browser = world.open_browser(oidc_issuer=None)

    assert browser.get("/ops/sign-in/account").status_code == 404
    assert "your account" not in browser.get("/ops/sign-in").text
    assert "/ops/sign-in/account" in world.open_browser().get("/ops/sign-in").text
