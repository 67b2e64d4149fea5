"""What another site can have a signed-in browser do: nothing."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.core.errors import Forbidden
from relay.settings import Settings
from relay.store.engine import keys
from tests.web.access_world import KEYS, OURS, SEAL, relay, sign_in
from tests.web.conftest import ADMIN

PAUSE = "/v1/destinations/acme/pause"

THEIRS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Referer": "http://localhost/ops/"},
    {},
]


@pytest.fixture
def browser(redis: Redis) -> FlaskClient:
    client = relay(redis)
    sign_in(client, "admin")
    return client


@pytest.mark.parametrize("headers", THEIRS, ids=str)
def test_a_form_of_another_site_changes_nothing(browser: FlaskClient, redis: Redis, headers: dict[str, str]):
    answer = browser.post(PAUSE, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (403, "cross_site")
    assert not redis.exists(keys.HOLD + "acme")


@pytest.mark.parametrize(
    "headers", [OURS, {"Origin": "http://localhost"}, {"Origin": "https://LOCALHOST"}], ids=str
)
def test_a_form_of_ours_does(browser: FlaskClient, headers: dict[str, str]):
    assert browser.post(PAUSE, headers=headers).get_json()["changed"] is True


def test_the_public_address_is_ours_too_where_a_proxy_has_changed_the_host(redis: Redis):
    settings = Settings(admin_key=ADMIN, secret_keys=(SEAL,), public_url="https://relay.example")
    client = relay(redis, settings=settings)
    answer = client.post(
        "/ops/sign-in",
        data={"key": ADMIN},
        headers={"Origin": "https://relay.example", "Host": "10.0.0.5:8080"},
    )

    assert answer.status_code == 303


@pytest.mark.parametrize("headers", THEIRS, ids=str)
def test_another_site_can_neither_sign_a_browser_in_nor_out(redis: Redis, headers: dict[str, str]):
    browser = relay(redis)
    stranger = browser.post("/ops/sign-in", data={"key": ADMIN}, headers=headers)
    sign_in(browser, "viewer")
    out = browser.post("/ops/sign-out", headers=headers)

    assert stranger.status_code == 403
    assert out.status_code == 403
    assert "Set-Cookie" not in stranger.headers
    assert "Set-Cookie" not in out.headers
    assert browser.get("/v1/queues").status_code == 200


def test_signing_out_without_a_session_takes_no_cookie_away(redis: Redis):
    """Another site's form comes without the cookie, but what is answered would still count."""
    answer = relay(redis).post("/ops/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers


def test_a_program_with_a_key_needs_to_prove_no_origin(redis: Redis):
    headers = {"X-API-Key": ADMIN, "Sec-Fetch-Site": "cross-site"}

    assert relay(redis).post(PAUSE, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_password_that_a_browser_has_kept_does_nothing_for_another_site(
    redis: Redis, headers: dict[str, str], status: int
):
    answer = relay(redis).post(PAUSE, auth=("anything", ADMIN), headers=headers)

    assert answer.status_code == status


def test_a_wrong_key_is_not_made_good_by_a_session(browser: FlaskClient):
    for headers in ({"X-API-Key": "wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Digest x"}):
        assert browser.get("/v1/queues", headers=headers).status_code == 401


def test_a_session_sends_no_events(browser: FlaskClient):
    for path in ("/v1/events", "/v2/digital-interaction", "/v2/digital-interactions"):
        assert browser.post(path, json={}, headers=OURS).status_code in {401, 403}


def test_another_site_cannot_send_a_signed_in_admin_to_gongs_consent(browser: FlaskClient):
    answer = browser.get("/connect/gong?destination=evil", headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, "Location" in answer.headers) == (403, False)


def test_what_is_answered_to_a_session_is_neither_kept_nor_read_by_another_site(browser: FlaskClient):
    for path in ("/v1/queues", "/ops/", "/ops/sign-in", "/ops/nothing-here"):
        headers = browser.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


def test_pages_load_and_run_nothing_from_elsewhere(browser: FlaskClient):
    policy = browser.get("/ops/").headers["Content-Security-Policy"]
    told = dict(part.split(" ", 1) for part in policy.split("; "))

    assert told["default-src"] == "'none'"
    assert told["script-src"] == told["style-src"] == told["connect-src"] == told["form-action"] == "'self'"
    assert told["base-uri"] == told["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert "nonce" not in policy


def test_the_error_says_what_a_program_should_do(browser: FlaskClient):
    assert "Authorization: Bearer" in browser.post(PAUSE).get_json()["detail"]
    assert Forbidden.status == 403
    assert KEYS["admin"] not in browser.post(PAUSE).text
