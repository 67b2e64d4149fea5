"""CSRF protection: another site cannot act through a signed-in browser."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.core.errors import Forbidden
from relay.settings import Settings
from relay.store.engine import keys
from tests.web.access_world import KEYS, SAME_ORIGIN, SEAL, relay, sign_in
from tests.web.conftest import ADMIN

PAUSE = "/v1/destinations/acme/pause"

NOT_SAME_ORIGIN = [
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


@pytest.mark.parametrize("headers", NOT_SAME_ORIGIN, ids=str)
def test_a_form_of_another_site_is_rejected(browser: FlaskClient, redis: Redis, headers: dict[str, str]):
    response = browser.post(PAUSE, headers=headers)

    assert (response.status_code, response.get_json()["code"]) == (403, "cross_site")
    assert not redis.exists(keys.HOLD + "acme")


@pytest.mark.parametrize(
    "headers", [SAME_ORIGIN, {"Origin": "http://localhost"}, {"Origin": "https://LOCALHOST"}], ids=str
)
def test_a_form_of_our_own_pages_is_accepted(browser: FlaskClient, headers: dict[str, str]):
    assert browser.post(PAUSE, headers=headers).get_json()["changed"] is True


def test_the_public_url_counts_as_our_origin_behind_a_proxy(redis: Redis):
    settings = Settings(admin_key=ADMIN, secret_keys=(SEAL,), public_url="https://relay.example")
    client = relay(redis, settings=settings)
    response = client.post(
        "/ops/sign-in",
        data={"key": ADMIN},
        headers={"Origin": "https://relay.example", "Host": "10.0.0.5:8080"},
    )

    assert response.status_code == 303


@pytest.mark.parametrize("headers", NOT_SAME_ORIGIN, ids=str)
def test_another_site_can_sign_a_browser_neither_in_nor_out(redis: Redis, headers: dict[str, str]):
    browser = relay(redis)
    signed_in = browser.post("/ops/sign-in", data={"key": ADMIN}, headers=headers)
    sign_in(browser, "viewer")
    signed_out = browser.post("/ops/sign-out", headers=headers)

    assert signed_in.status_code == 403
    assert signed_out.status_code == 403
    assert "Set-Cookie" not in signed_in.headers
    assert "Set-Cookie" not in signed_out.headers
    assert browser.get("/v1/queues").status_code == 200


def test_signing_out_without_a_session_deletes_no_cookie(redis: Redis):
    """Another site's form arrives without the cookie, but a Set-Cookie in its response would still count."""
    response = relay(redis).post("/ops/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 303
    assert "Set-Cookie" not in response.headers


def test_a_program_with_a_key_needs_no_origin(redis: Redis):
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
def test_a_basic_password_that_a_browser_remembers_is_rejected_from_another_site(
    redis: Redis, headers: dict[str, str], status: int
):
    response = relay(redis).post(PAUSE, auth=("anything", ADMIN), headers=headers)

    assert response.status_code == status


def test_a_session_does_not_replace_an_invalid_key(browser: FlaskClient):
    for headers in ({"X-API-Key": "wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Digest x"}):
        assert browser.get("/v1/queues", headers=headers).status_code == 401


def test_a_session_cannot_send_events(browser: FlaskClient):
    for path in ("/v1/events", "/v2/digital-interaction", "/v2/digital-interactions"):
        assert browser.post(path, json={}, headers=SAME_ORIGIN).status_code in {401, 403}


def test_another_site_cannot_redirect_a_signed_in_admin_to_gong(browser: FlaskClient):
    response = browser.get("/connect/gong?destination=evil", headers={"Sec-Fetch-Site": "cross-site"})

    assert (response.status_code, "Location" in response.headers) == (403, False)


def test_responses_to_a_session_are_not_cached_and_not_readable_by_other_sites(browser: FlaskClient):
    for path in ("/v1/queues", "/ops/", "/ops/sign-in", "/ops/nothing-here"):
        headers = browser.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


def test_pages_load_only_our_own_files(browser: FlaskClient):
    policy = browser.get("/ops/").headers["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))

    assert directives["default-src"] == "'none'"
    assert (
        directives["script-src"]
        == directives["style-src"]
        == directives["connect-src"]
        == directives["form-action"]
        == "'self'"
    )
    assert directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert "nonce" not in policy


def test_the_error_says_how_a_program_authenticates(browser: FlaskClient):
    assert "Authorization: Bearer" in browser.post(PAUSE).get_json()["detail"]
    assert Forbidden.status == 403
    assert KEYS["admin"] not in browser.post(PAUSE).text
