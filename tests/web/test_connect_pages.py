"""Connecting a customer: the way to Gong and back, and who is turned away on it."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.core.vault import Vault
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.oauth_consents import ConsentStatus, lease_consent, settle_consent, unseal_code
from tests.web.connect_world import (
    LINK,
    PUBLIC_URL,
    SECRET_KEYS,
    Headers,
    asked,
    back,
    begin,
    browser,
    get,
    link,
)


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return browser(redis)


def test_an_operator_gets_a_link_that_holds_a_ticket(client: FlaskClient, operator: Headers):
    made = client.post(LINK, json={"account": "17", "company": "globex-eu"}, headers=operator)

    assert (made.status_code, made.json["destination"]) == (201, "globex")
    assert made.json["url"].startswith(f"{PUBLIC_URL}/connect/gong?destination=globex&ticket=")
    assert made.json["expires_at"].endswith("Z")


def test_a_link_needs_no_more_than_a_name(client: FlaskClient, operator: Headers):
    assert client.post(LINK, headers=operator).status_code == 201


def test_a_link_leads_to_gong_with_what_gong_wants_to_know(client: FlaskClient, operator: Headers):
    response = get(client, link(client, operator))

    assert response.location.startswith("https://app.gong.io/oauth2/authorize?")
    told = asked(response)
    assert len(told.pop("state")) >= 22
    assert told == {
        "client_id": "app-1",
        "response_type": "code",
        "scope": "api:digital-interactions:write api:engagement-data:write",
        "redirect_uri": f"{PUBLIC_URL}/connect/gong/callback",
    }


def test_the_browser_is_bound_by_a_cookie_that_no_script_and_no_other_site_gets(
    client: FlaskClient, operator: Headers
):
    cookie = get(client, link(client, operator)).headers["Set-Cookie"]

    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/connect/gong", "Max-Age=600"} <= set(
        cookie.split("; ")
    )


def test_without_tls_the_cookie_is_not_marked_secure_or_it_would_not_come_back(
    redis: Redis, operator: Headers
):
    client = browser(redis, "http://127.0.0.1:8080")
    made = client.post(LINK, headers=operator).json["url"]

    assert "Secure" not in client.get(made).headers["Set-Cookie"]


def test_a_consent_is_kept_for_a_worker_and_its_code_is_not_left_in_the_address(
    client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts
):
    response = back(client, begin(client, operator))

    assert response.status_code == 303
    assert "the-code" not in response.location
    consent = lease_consent(scripts, redis)
    assert consent is not None
    assert unseal_code(Vault(SECRET_KEYS), consent) == "the-code"
    assert consent.invitation.destination == "globex"


def test_the_page_tells_how_far_it_is(client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts):
    there = back(client, begin(client, operator)).location.removeprefix(PUBLIC_URL)
    waiting = get(client, there)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    settle_consent(redis, consent, ConsentStatus.CONNECTED)

    assert 'http-equiv="refresh"' in waiting.text
    assert "being connected as globex" in waiting.text
    connected = get(client, there)
    assert "Gong is connected as globex." in connected.text
    assert "refresh" not in connected.text


def test_the_page_says_what_went_wrong_as_text(
    client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts
):
    there = back(client, begin(client, operator)).location.removeprefix(PUBLIC_URL)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    settle_consent(redis, consent, ConsentStatus.FAILED, "Gong said <script>no</script>.")

    assert "Gong said &lt;script&gt;no&lt;/script&gt;." in get(client, there).text


def test_an_answer_of_gongs_is_good_once(client: FlaskClient, operator: Headers):
    state = begin(client, operator)
    back(client, state)

    again = back(client, state)

    assert again.status_code == 400
    assert "Open the link again" in again.text


def test_an_answer_that_was_asked_for_in_another_browser_is_refused(
    client: FlaskClient, operator: Headers, redis: Redis
):
    state = begin(client, operator)

    foreign = back(browser(redis), state)

    assert foreign.status_code == 403
    assert redis.zcard(keys.CONSENTS) == 0


@pytest.mark.parametrize("state", ["", "made-up", "\u00e4" * 5000])
def test_an_answer_that_nobody_asked_for_is_refused(client: FlaskClient, state: str):
    assert back(client, state).status_code == 400


def test_an_answer_that_comes_too_late_is_refused(client: FlaskClient, operator: Headers, redis: Redis):
    state = begin(client, operator)
    [key] = redis.keys(keys.CONSENT_REQUEST + "*")
    redis.pexpire(key, 0)

    assert back(client, state).status_code == 400


def test_a_link_that_has_expired_is_refused(client: FlaskClient, operator: Headers, redis: Redis):
    path = link(client, operator)
    [key] = redis.keys(keys.CONNECT_TICKET + "*")
    redis.pexpire(key, 0)

    response = get(client, path)

    assert (response.status_code, "Ask for a new link" in response.text) == (401, True)


def test_a_link_that_has_connected_somebody_is_refused(client: FlaskClient, operator: Headers):
    path = link(client, operator)
    back(client, asked(get(client, path))["state"])

    assert get(client, path).status_code == 401


def test_a_link_connects_nobody_but_whom_it_was_made_for(client: FlaskClient, operator: Headers):
    path = link(client, operator).replace("globex", "umbra")

    assert get(client, path).status_code == 401


def test_when_the_customer_says_no_nothing_is_kept_and_the_link_stays_good(
    client: FlaskClient, operator: Headers, redis: Redis
):
    path = link(client, operator)
    state = asked(get(client, path))["state"]

    response = back(client, state, error="access_denied", code="")

    assert (response.status_code, "Access to Gong was denied" in response.text) == (200, True)
    assert redis.zcard(keys.CONSENTS) == 0
    assert get(client, path).status_code == 302


def test_an_error_beside_a_code_is_an_error(client: FlaskClient, operator: Headers, redis: Redis):
    back(client, begin(client, operator), error="server_error")

    assert redis.zcard(keys.CONSENTS) == 0


def test_an_operators_key_opens_the_way_without_a_link(client: FlaskClient, operator: Headers):
    response = get(client, "/connect/gong?destination=umbra", headers=operator)

    assert asked(response)["client_id"] == "app-1"
    assert back(client, asked(response)["state"]).status_code == 303


@pytest.mark.parametrize("path", ["/connect/gong?destination=globex", "/connect/gong"])
def test_nobody_else_begins_anything(client: FlaskClient, path: str):
    assert get(client, path).status_code == 401
    assert client.post(LINK).status_code == 401


@pytest.mark.parametrize(
    "path", ["/connect/gong/done", "/connect/gong/done?id=x", f"/connect/gong/done?id={'A' * 22}"]
)
def test_there_is_nothing_to_see_of_a_consent_that_is_not_there(client: FlaskClient, path: str):
    assert get(client, path).status_code == 404


def test_every_page_is_kept_by_nobody_and_runs_nothing(client: FlaskClient, operator: Headers):
    there = back(client, begin(client, operator)).location.removeprefix(PUBLIC_URL)
    answers = [
        get(client, there),
        get(client, link(client, operator)),
        get(client, "/connect/gong"),
        back(client, "x"),
    ]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert all("default-src 'none'" in answer.headers["Content-Security-Policy"] for answer in answers)
    assert not any("<script" in answer.text for answer in answers)
