"""Signing in and out in a browser: by key, by a one-time link, and the rules for sessions."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.core.vault import Vault
from relay.settings import Settings
from relay.store.audit import read_audit
from relay.store.engine import keys
from relay.store.sign_in import save_sign_in_ticket
from tests.web.access_world import KEYS, SAME_ORIGIN, SEAL, config, cookie, digest, relay, sign_in
from tests.web.conftest import ADMIN


@pytest.fixture
def browser(redis: Redis) -> FlaskClient:
    return relay(redis)


def seal_session(
    *, age: timedelta, idle: timedelta, key: str = "admin", seal: str = SEAL, purpose: str = "session"
) -> str:
    """Return a session cookie as the relay would write it."""
    now = datetime.now(UTC)
    session = {
        "id": "x",
        "key": digest(KEYS[key]),
        "began": (now - age).timestamp(),
        "seen": (now - idle).timestamp(),
    }
    return Vault((seal,)).seal(json.dumps(session), purpose)


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_signing_in_gives_access_to_pages_and_api(browser: FlaskClient):
    assert browser.get("/ops/").status_code == 303
    sign_in(browser, "viewer")

    assert browser.get("/ops/").status_code == 200
    assert browser.get("/v1/queues").status_code == 200


def test_an_anonymous_visitor_is_redirected_to_sign_in_and_back(browser: FlaskClient):
    location = browser.get("/ops/destinations?x=1").headers["Location"]
    assert location == "/ops/sign-in?next=/ops/destinations%3Fx%3D1"
    assert 'name="next" value="/ops/destinations?x=1"' in browser.get(location).text

    response = browser.post(
        "/ops/sign-in", data={"key": ADMIN, "next": "/ops/destinations?x=1"}, headers=SAME_ORIGIN
    )
    assert (response.status_code, response.headers["Location"]) == (303, "/ops/destinations?x=1")


def test_a_page_refresh_without_a_session_redirects_to_sign_in(browser: FlaskClient):
    response = browser.get("/ops/", headers={"HX-Request": "true"})

    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/ops/sign-in?next=/ops/")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/ops//\\evil",
        "javascript:alert(1)",
        "/opsevil",
        "/ops@evil.example",
        "ops/",
        "/v1/events",
        "/ops/sign-out",
        "/ops/\r\nSet-Cookie: a=b",
        "/ops/\n",
        "/ops/" + "x" * 3000,
        "",
    ],
)
def test_sign_in_redirects_to_our_own_pages_only(browser: FlaskClient, target: str):
    response = browser.post("/ops/sign-in", data={"key": ADMIN, "next": target}, headers=SAME_ORIGIN)

    assert (response.status_code, response.headers["Location"]) == (303, "/ops/")
    assert [name for name, _ in response.headers if name == "Set-Cookie"] == ["Set-Cookie"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"key": "a-key-that-does-not-exist"}, 401),
        ({"key": ""}, 401),
        ({}, 401),
        ({"key": KEYS["own"]}, 403),
    ],
)
def test_other_keys_cannot_sign_in(browser: FlaskClient, form: dict[str, str], status: int):
    response = browser.post("/ops/sign-in", data=form, headers=SAME_ORIGIN)

    assert response.status_code == status
    assert 'role="alert"' in response.text
    assert "Set-Cookie" not in response.headers


def test_a_key_is_never_echoed(browser: FlaskClient):
    key = "<b>a-key-that-is-wrong-and-secret"
    response = browser.post("/ops/sign-in", data={"key": key}, headers=SAME_ORIGIN)

    assert "a-key-that-is-wrong" not in response.text


def test_the_cookie_is_for_this_host_and_not_for_scripts(redis: Redis, browser: FlaskClient):
    plain = browser.post("/ops/sign-in", data={"key": ADMIN}, headers=SAME_ORIGIN).headers["Set-Cookie"]
    settings = Settings(admin_key=ADMIN, secret_keys=(SEAL,), public_url="https://relay.example")
    public = relay(redis, settings=settings).post(
        "/ops/sign-in", data={"key": ADMIN}, headers={**SAME_ORIGIN, "Host": "relay.example"}
    )
    forwarded = relay(redis).post(
        "/ops/sign-in", data={"key": ADMIN}, headers={**SAME_ORIGIN, "X-Forwarded-Proto": "https"}
    )

    assert cookie(plain)[0] == "relay_session"
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    for response in (public, forwarded):
        header = response.headers["Set-Cookie"]
        assert cookie(header)[0] == "__Host-relay_session"
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(header.split("; "))
        assert "Domain" not in header


def test_over_https_a_cookie_without_the_host_prefix_is_ignored(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "admin")
    client, over_https = relay(redis), {"X-Forwarded-Proto": "https"}

    client.set_cookie("relay_session", value)
    assert client.get("/v1/queues", headers=over_https).status_code == 401
    client.set_cookie("__Host-relay_session", value)
    assert client.get("/v1/queues", headers=over_https).status_code == 200


def test_signing_in_replaces_an_existing_session(browser: FlaskClient):
    planted = sign_in(browser, "viewer")
    own = sign_in(browser, "admin")

    assert own != planted
    assert browser.get("/v1/audit").status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "a" * 4000,
        "ü",
        seal_session(age=13 * HOUR, idle=MINUTE),
        seal_session(age=2 * HOUR, idle=61 * MINUTE),
        seal_session(age=MINUTE, idle=MINUTE, seal="another-key-than-that-of-this-relay"),
        seal_session(age=MINUTE, idle=MINUTE, purpose="code of x"),
        seal_session(age=MINUTE, idle=MINUTE, key="own"),
        seal_session(age=MINUTE, idle=MINUTE)[:-2] + "A=",
    ],
)
def test_an_expired_or_changed_cookie_is_rejected(browser: FlaskClient, value: str):
    browser.set_cookie("relay_session", value)

    assert browser.get("/v1/queues").status_code == 401


def test_a_session_ends_when_its_key_is_removed(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "operator")
    without = relay(redis, configured=config(operators=("viewer",)))
    without.set_cookie("relay_session", value)

    assert browser.get("/v1/queues").status_code == 200
    assert without.get("/v1/queues").status_code == 401


def test_sessions_survive_a_rotation_of_the_secret_keys(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "viewer")
    settings = Settings(admin_key=ADMIN, secret_keys=("the-newer-key-that-seals-sessions-now", SEAL))
    rotated = relay(redis, settings=settings)
    rotated.set_cookie("relay_session", value)

    assert rotated.get("/v1/queues").status_code == 200


def test_an_active_browser_stays_signed_in(browser: FlaskClient):
    browser.set_cookie("relay_session", seal_session(age=3 * HOUR, idle=50 * MINUTE))
    renewed = browser.get("/ops/").headers["Set-Cookie"]
    second = browser.get("/ops/")

    assert cookie(renewed)[0] == "relay_session"
    assert int(renewed.partition("Max-Age=")[2].partition(";")[0]) <= 9 * 3600
    assert "Set-Cookie" not in second.headers


def test_signing_out_ends_every_copy_of_the_session(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "viewer")
    response = browser.post("/ops/sign-out", headers=SAME_ORIGIN)
    thief = relay(redis)
    thief.set_cookie("relay_session", value)

    assert (response.status_code, response.headers["Location"]) == (303, "/ops/sign-in")
    assert cookie(response.headers["Set-Cookie"]) == ("relay_session", "")
    assert browser.get("/v1/queues").status_code == 401
    assert thief.get("/v1/queues").status_code == 401


def test_a_link_signs_in_once_and_opening_it_does_not_use_it(redis: Redis, browser: FlaskClient):
    save_sign_in_ticket(redis, "a-fresh-ticket", digest(ADMIN))
    for _ in range(2):
        assert 'value="a-fresh-ticket"' in browser.get("/ops/sign-in?ticket=a-fresh-ticket").text
    assert browser.get("/v1/queues").status_code == 401

    first, second = (
        relay(redis).post("/ops/sign-in", data={"ticket": "a-fresh-ticket"}, headers=SAME_ORIGIN)
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (303, 401)
    assert "This link was already used" in second.text
    assert 0 < redis.ttl(keys.SIGN_INS + "all") <= 60


def test_sign_in_is_disabled_without_secret_keys(redis: Redis):
    response = relay(redis, settings=Settings(admin_key=ADMIN)).post(
        "/ops/sign-in", data={"key": ADMIN}, headers=SAME_ORIGIN
    )

    assert response.status_code == 409
    assert "RELAY_SECRET_KEYS" in response.text


def test_signing_in_and_out_is_audited_and_repeated_failures_once(redis: Redis, browser: FlaskClient):
    for _ in range(4):
        browser.post("/ops/sign-in", data={"key": "a-key-that-does-not-exist"}, headers=SAME_ORIGIN)
    sign_in(browser, "operator")
    browser.post("/ops/sign-out", headers=SAME_ORIGIN)

    entries, _ = read_audit(redis, limit=10, cursor=None)
    assert [(entry.entry.principal, entry.entry.action) for entry in reversed(entries)] == [
        ("(unknown)", "sign_in.failed"),
        ("operator", "sign_in.key"),
        ("operator", "sign_out"),
    ]
