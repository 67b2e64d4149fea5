"""Signing in and out in a browser: by key, by a one-time link, and what a session is worth afterwards."""

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
from tests.web.access_world import KEYS, OURS, SEAL, config, cookie, digest, relay, sign_in
from tests.web.conftest import ADMIN


@pytest.fixture
def browser(redis: Redis) -> FlaskClient:
    return relay(redis)


def sealed(
    *, began: timedelta, seen: timedelta, key: str = "admin", seal: str = SEAL, purpose: str = "session"
) -> str:
    """A session of our own making."""
    now = datetime.now(UTC)
    told = {
        "id": "x",
        "key": digest(KEYS[key]),
        "began": (now - began).timestamp(),
        "seen": (now - seen).timestamp(),
    }
    return Vault((seal,)).seal(json.dumps(told), purpose)


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_a_key_opens_the_pages_and_the_api(browser: FlaskClient):
    assert browser.get("/ops/").status_code == 303
    sign_in(browser, "viewer")

    assert browser.get("/ops/").status_code == 200
    assert browser.get("/v1/queues").status_code == 200


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(browser: FlaskClient):
    there = browser.get("/ops/destinations?x=1").headers["Location"]
    assert there == "/ops/sign-in?next=/ops/destinations%3Fx%3D1"
    assert 'name="next" value="/ops/destinations?x=1"' in browser.get(there).text

    answer = browser.post("/ops/sign-in", data={"key": ADMIN, "next": "/ops/destinations?x=1"}, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/destinations?x=1")


def test_a_page_that_refreshes_itself_is_told_to_leave_for_the_sign_in(browser: FlaskClient):
    answer = browser.get("/ops/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/ops/sign-in?next=/ops/")


@pytest.mark.parametrize(
    "told",
    [
        *("https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/ops//\\evil"),
        *("javascript:alert(1)", "/opsevil", "/ops@evil.example", "ops/", "/v1/events", "/ops/sign-out"),
        *("/ops/\r\nSet-Cookie: a=b", "/ops/\n", "/ops/" + "x" * 3000, ""),
    ],
)
def test_the_sign_in_leads_on_to_pages_of_ours_only(browser: FlaskClient, told: str):
    answer = browser.post("/ops/sign-in", data={"key": ADMIN, "next": told}, headers=OURS)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/")
    assert [name for name, _ in answer.headers if name == "Set-Cookie"] == ["Set-Cookie"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"key": "a-key-that-nobody-ever-had"}, 401),
        ({"key": ""}, 401),
        ({}, 401),
        ({"key": KEYS["own"]}, 403),
    ],
)
def test_no_other_key_signs_in(browser: FlaskClient, told: dict[str, str], status: int):
    answer = browser.post("/ops/sign-in", data=told, headers=OURS)

    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_key_is_never_shown_again(browser: FlaskClient):
    wrong = "<b>a-key-that-is-wrong-and-secret"
    answer = browser.post("/ops/sign-in", data={"key": wrong}, headers=OURS)

    assert "a-key-that-is-wrong" not in answer.text


def test_the_cookie_is_for_this_host_and_for_no_script(redis: Redis, browser: FlaskClient):
    plain = browser.post("/ops/sign-in", data={"key": ADMIN}, headers=OURS).headers["Set-Cookie"]
    settings = Settings(admin_key=ADMIN, secret_keys=(SEAL,), public_url="https://relay.example")
    public = relay(redis, settings=settings).post(
        "/ops/sign-in", data={"key": ADMIN}, headers={**OURS, "Host": "relay.example"}
    )
    forwarded = relay(redis).post(
        "/ops/sign-in", data={"key": ADMIN}, headers={**OURS, "X-Forwarded-Proto": "https"}
    )

    assert cookie(plain)[0] == "relay_session"
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    for answer in (public, forwarded):
        told = answer.headers["Set-Cookie"]
        assert cookie(told)[0] == "__Host-relay_session"
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(told.split("; "))
        assert "Domain" not in told


def test_over_https_a_cookie_that_another_host_may_have_planted_is_not_read(
    redis: Redis, browser: FlaskClient
):
    value = sign_in(browser, "admin")
    fresh, over_https = relay(redis), {"X-Forwarded-Proto": "https"}

    fresh.set_cookie("relay_session", value)
    assert fresh.get("/v1/queues", headers=over_https).status_code == 401
    fresh.set_cookie("__Host-relay_session", value)
    assert fresh.get("/v1/queues", headers=over_https).status_code == 200


def test_signing_in_makes_a_session_anew_whatever_the_browser_had(browser: FlaskClient):
    planted = sign_in(browser, "viewer")
    own = sign_in(browser, "admin")

    assert own != planted
    assert browser.get("/v1/audit").status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        *("", "x", "a" * 4000, "ü"),
        sealed(began=13 * HOUR, seen=MINUTE),
        sealed(began=2 * HOUR, seen=61 * MINUTE),
        sealed(began=MINUTE, seen=MINUTE, seal="another-key-than-that-of-this-relay"),
        sealed(began=MINUTE, seen=MINUTE, purpose="code of x"),
        sealed(began=MINUTE, seen=MINUTE, key="own"),
        sealed(began=MINUTE, seen=MINUTE)[:-2] + "A=",
    ],
)
def test_a_cookie_that_is_stale_or_tampered_with_is_no_session(browser: FlaskClient, value: str):
    browser.set_cookie("relay_session", value)

    assert browser.get("/v1/queues").status_code == 401


def test_a_session_is_worth_what_its_key_is_worth_now(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "operator")
    without = relay(redis, configured=config(operators=("viewer",)))
    without.set_cookie("relay_session", value)

    assert browser.get("/v1/queues").status_code == 200
    assert without.get("/v1/queues").status_code == 401


def test_keys_that_seal_can_be_changed_under_a_session(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "viewer")
    settings = Settings(admin_key=ADMIN, secret_keys=("the-newer-key-that-seals-sessions-now", SEAL))
    rotated = relay(redis, settings=settings)
    rotated.set_cookie("relay_session", value)

    assert rotated.get("/v1/queues").status_code == 200


def test_a_browser_that_is_used_stays_signed_in(browser: FlaskClient):
    browser.set_cookie("relay_session", sealed(began=3 * HOUR, seen=50 * MINUTE))
    renewed = browser.get("/ops/").headers["Set-Cookie"]
    again = browser.get("/ops/")

    assert cookie(renewed)[0] == "relay_session"
    assert int(renewed.partition("Max-Age=")[2].partition(";")[0]) <= 9 * 3600
    assert "Set-Cookie" not in again.headers


def test_signing_out_ends_every_copy_of_the_session(redis: Redis, browser: FlaskClient):
    value = sign_in(browser, "viewer")
    answer = browser.post("/ops/sign-out", headers=OURS)
    thief = relay(redis)
    thief.set_cookie("relay_session", value)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/sign-in")
    assert cookie(answer.headers["Set-Cookie"]) == ("relay_session", "")
    assert browser.get("/v1/queues").status_code == 401
    assert thief.get("/v1/queues").status_code == 401


def test_a_link_signs_in_once_and_to_look_at_it_spends_nothing(redis: Redis, browser: FlaskClient):
    save_sign_in_ticket(redis, "a-fresh-ticket", digest(ADMIN))
    for _ in range(2):
        assert 'value="a-fresh-ticket"' in browser.get("/ops/sign-in?ticket=a-fresh-ticket").text
    assert browser.get("/v1/queues").status_code == 401

    first, second = (
        relay(redis).post("/ops/sign-in", data={"ticket": "a-fresh-ticket"}, headers=OURS) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (303, 401)
    assert "This link was already used" in second.text
    assert 0 < redis.ttl(keys.SIGN_INS + "all") <= 60


def test_nobody_signs_in_where_nothing_seals_sessions(redis: Redis):
    answer = relay(redis, settings=Settings(admin_key=ADMIN)).post(
        "/ops/sign-in", data={"key": ADMIN}, headers=OURS
    )

    assert answer.status_code == 409
    assert "RELAY_SECRET_KEYS" in answer.text


def test_every_way_in_and_out_is_audited_and_a_flood_of_failures_once(redis: Redis, browser: FlaskClient):
    for _ in range(4):
        browser.post("/ops/sign-in", data={"key": "a-key-that-nobody-ever-had"}, headers=OURS)
    sign_in(browser, "operator")
    browser.post("/ops/sign-out", headers=OURS)

    lines, _ = read_audit(redis, limit=10, cursor=None)
    assert [(line.deed.who, line.deed.did) for line in reversed(lines)] == [
        ("(unknown)", "sign_in.failed"),
        ("operator", "sign_in.key"),
        ("operator", "sign_out"),
    ]
