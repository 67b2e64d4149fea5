"""Signing in by an account of the company's own, with a provider over real HTTP: honest, and with every fault it may have."""

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

SEAL = "a-key-that-seals-sessions-of-tests"
ROLES = (("ops-team", "operator"), ("lookers", "viewer"))


@dataclass
class World:
    """A relay and its provider. `chore` is what a worker does about once a second."""

    provider: Provider
    redis: Redis
    settings: Settings
    chore: OidcTask

    def browser(self, **changed: object) -> FlaskClient:
        values = {name: getattr(self.settings, name) for name in Settings.__slots__} | changed
        return create_app(Settings(**values), Config({}, {}), self.redis).test_client()

    def to_provider_and_back(self, browser: FlaskClient, onward: str = "/ops/") -> str:
        """Where the browser is sent back to."""
        away = browser.get("/ops/sign-in/account", query_string={"next": onward})
        assert away.status_code == 303, away.text
        back = requests.get(away.headers["Location"], allow_redirects=False, timeout=10)
        told = urlsplit(back.headers["Location"])
        return f"{told.path}?{told.query}"

    def arrive(self, browser: FlaskClient, onward: str = "/ops/") -> TestResponse:
        """The whole way, up to what the waiting page answers once a worker has been at it."""
        come = browser.get(self.to_provider_and_back(browser, onward))
        assert come.status_code == 303, come.text
        waiting = browser.get(come.headers["Location"])
        assert waiting.headers["Refresh"] == "1"
        self.chore.step()
        return browser.get(come.headers["Location"])


@pytest.fixture(scope="module")
def served() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def world(redis: Redis, served: Provider) -> Iterator[World]:
    served.reset({"groups": ["everybody", "ops-team", "lookers"]})
    settings = Settings(
        secret_keys=(SEAL,),
        public_url="http://localhost",
        oidc_issuer=served.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_roles=ROLES,
    )
    chore = create_oidc_task(settings, redis, lambda: datetime.now(UTC))
    chore.step()
    yield World(served, redis, settings, chore)
    chore.http.close()


def test_an_account_signs_in_with_the_highest_role_of_its_groups(world: World):
    browser = world.browser()
    answer = world.arrive(browser, onward="/ops/events?status=dead")

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


@pytest.mark.parametrize("groups", [["everybody"], [], None, "ops", {"ops-team": 1}, [["ops-team"]]])
def test_an_account_without_a_role_does_not_come_in(world: World, groups: object):
    world.provider.claims["groups"] = groups
    browser = world.browser()
    answer = world.arrive(browser)

    assert answer.status_code == 403
    assert "claim maps to no role" in answer.text
    assert browser.get("/v1/queues").status_code == 401


@pytest.mark.parametrize(
    "fault",
    [
        *("alg none", "our secret as key", "public key as secret", "another's key", "no token", "redirect"),
        *("wrong issuer", "wrong audience", "audience of many", "expired", "no expiry"),
        *("wrong nonce", "no nonce", "no subject"),
    ],
)
def test_a_token_that_is_not_good_lets_nobody_in(world: World, fault: str):
    world.provider.fault = fault
    browser = world.browser()
    answer = world.arrive(browser)

    assert answer.status_code == 403
    assert "provider" in answer.text
    assert browser.get("/v1/queues").status_code == 401


@pytest.mark.parametrize("fault", ["document of another", "token over http"])
def test_a_provider_that_leads_elsewhere_is_not_used(world: World, fault: str):
    world.redis.delete(keys.OIDC_PROVIDER)
    world.provider.fault = fault
    fresh = create_oidc_task(world.settings, world.redis, lambda: datetime.now(UTC))
    fresh.step()
    fresh.http.close()
    answer = world.browser().get("/ops/sign-in/account")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_an_answer_is_good_once_and_in_the_browser_that_asked(world: World):
    browser, thief = world.browser(), world.browser()
    back = world.to_provider_and_back(browser)
    stolen = world.to_provider_and_back(thief)

    assert browser.get(stolen).status_code == 403
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 400


def test_another_browser_cannot_wait_in_ones_place(world: World):
    browser, thief = world.browser(), world.browser()
    come = browser.get(world.to_provider_and_back(browser)).headers["Location"]
    world.chore.step()

    assert thief.get(come).status_code == 403
    assert browser.get(come).status_code == 303
    assert browser.get(come).status_code == 400


@pytest.mark.parametrize("query", ["", "state=x&code=y", "error=access_denied", "state=" + "x" * 9000])
def test_an_answer_that_nobody_asked_for_is_refused(world: World, query: str):
    assert world.browser().get(f"/ops/sign-in/back?{query}").status_code == 400


def test_a_refusal_of_the_provider_is_told(world: World):
    browser = world.browser()
    state = parse_qs(urlsplit(world.to_provider_and_back(browser)).query)["state"][0]
    answer = browser.get("/ops/sign-in/back", query_string={"state": state, "error": "access_denied"})

    assert answer.status_code == 403
    assert "did not sign you in" in answer.text


def test_what_somebody_may_follows_the_settings_at_once(world: World):
    browser = world.browser()
    world.arrive(browser)
    cookie = browser.get_cookie("relay_session")
    assert cookie is not None

    for changed, status in (
        ({"oidc_roles": (("ops-team", "admin"),)}, 200),
        ({"oidc_roles": ROLES}, 403),
        ({"oidc_roles": (("others", "admin"),)}, 401),
        ({"oidc_issuer": "https://another.example"}, 401),
        ({"oidc_issuer": None}, 401),
    ):
        other = world.browser(**changed)
        other.set_cookie("relay_session", cookie.value)
        assert other.get("/v1/audit").status_code == status, changed


def test_no_secret_lies_open_in_the_store(world: World):
    browser = world.browser()
    come = browser.get(world.to_provider_and_back(browser))
    [code] = world.provider.codes
    held = b"".join(
        world.redis.get(key) or b""
        for key in world.redis.scan_iter("relay:oidc_[rc]*")
        if key != b"relay:oidc_callbacks"
    )

    assert come.status_code == 303
    assert held
    for secret in (code, world.provider.codes[code]["nonce"], SECRET, "olga@"):
        assert secret.encode() not in held


def test_without_a_provider_there_is_no_such_way_in(world: World):
    browser = world.browser(oidc_issuer=None)

    assert browser.get("/ops/sign-in/account").status_code == 404
    assert "your account" not in browser.get("/ops/sign-in").text
    assert "/ops/sign-in/account" in world.browser().get("/ops/sign-in").text
