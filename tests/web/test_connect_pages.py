"""The pages on which a customer connects Gong: redirect, callback, progress, and rejected requests."""

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
    authorize_params,
    browser,
    call_back,
    create_link,
    get,
    start,
)


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return browser(redis)


def test_an_admin_creates_a_link_with_a_ticket(client: FlaskClient, operator: Headers):
    response = client.post(LINK, json={"account": "17", "company": "globex-eu"}, headers=operator)

    assert (response.status_code, response.json["destination"]) == (201, "globex")
    assert response.json["url"].startswith(f"{PUBLIC_URL}/connect/gong?destination=globex&ticket=")
    assert response.json["expires_at"].endswith("Z")


def test_a_link_needs_only_a_destination(client: FlaskClient, operator: Headers):
    assert client.post(LINK, headers=operator).status_code == 201


def test_a_link_redirects_to_gong_with_the_oauth_parameters(client: FlaskClient, operator: Headers):
    response = get(client, create_link(client, operator))

    assert response.location.startswith("https://app.gong.io/oauth2/authorize?")
    params = authorize_params(response)
    assert len(params.pop("state")) >= 22
    assert params == {
        "client_id": "app-1",
        "response_type": "code",
        "scope": "api:digital-interactions:write api:engagement-data:write",
        "redirect_uri": f"{PUBLIC_URL}/connect/gong/callback",
    }


def test_the_cookie_is_protected_from_scripts_and_other_sites(client: FlaskClient, operator: Headers):
    cookie = get(client, create_link(client, operator)).headers["Set-Cookie"]

    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/connect/gong", "Max-Age=600"} <= set(
        cookie.split("; ")
    )


def test_without_tls_the_cookie_is_not_secure_because_browsers_would_drop_it(redis: Redis, operator: Headers):
    client = browser(redis, "http://127.0.0.1:8080")
    url = client.post(LINK, headers=operator).json["url"]

    assert "Secure" not in client.get(url).headers["Set-Cookie"]


def test_the_code_is_stored_for_a_worker_and_removed_from_the_url(
    client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts
):
    response = call_back(client, start(client, operator))

    assert response.status_code == 303
    assert "the-code" not in response.location
    consent = lease_consent(scripts, redis)
    assert consent is not None
    assert unseal_code(Vault(SECRET_KEYS), consent) == "the-code"
    assert consent.invitation.destination == "globex"


def test_the_page_shows_the_progress(client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts):
    path = call_back(client, start(client, operator)).location.removeprefix(PUBLIC_URL)
    waiting = get(client, path)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    settle_consent(redis, consent, ConsentStatus.CONNECTED)

    assert 'http-equiv="refresh"' in waiting.text
    assert "being connected as globex" in waiting.text
    connected = get(client, path)
    assert "Gong is connected as globex." in connected.text
    assert "refresh" not in connected.text


def test_the_page_shows_an_error_as_escaped_text(
    client: FlaskClient, operator: Headers, redis: Redis, scripts: Scripts
):
    path = call_back(client, start(client, operator)).location.removeprefix(PUBLIC_URL)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    settle_consent(redis, consent, ConsentStatus.FAILED, "Gong said <script>no</script>.")

    assert "Gong said &lt;script&gt;no&lt;/script&gt;." in get(client, path).text


def test_a_callback_is_accepted_once(client: FlaskClient, operator: Headers):
    state = start(client, operator)
    call_back(client, state)

    second = call_back(client, state)

    assert second.status_code == 400
    assert "Open the link again" in second.text


def test_a_callback_in_another_browser_is_rejected(client: FlaskClient, operator: Headers, redis: Redis):
    state = start(client, operator)

    response = call_back(browser(redis), state)

    assert response.status_code == 403
    assert redis.zcard(keys.CONSENTS) == 0


@pytest.mark.parametrize("state", ["", "response-up", "\u00e4" * 5000])
def test_a_callback_with_an_unknown_state_is_rejected(client: FlaskClient, state: str):
    assert call_back(client, state).status_code == 400


def test_a_late_callback_is_rejected(client: FlaskClient, operator: Headers, redis: Redis):
    state = start(client, operator)
    [key] = redis.keys(keys.CONSENT_REQUEST + "*")
    redis.pexpire(key, 0)

    assert call_back(client, state).status_code == 400


def test_an_expired_link_is_rejected(client: FlaskClient, operator: Headers, redis: Redis):
    path = create_link(client, operator)
    [key] = redis.keys(keys.CONNECT_TICKET + "*")
    redis.pexpire(key, 0)

    response = get(client, path)

    assert (response.status_code, "Ask for a new link" in response.text) == (401, True)


def test_a_used_link_is_rejected(client: FlaskClient, operator: Headers):
    path = create_link(client, operator)
    call_back(client, authorize_params(get(client, path))["state"])

    assert get(client, path).status_code == 401


def test_a_link_works_for_its_own_destination_only(client: FlaskClient, operator: Headers):
    path = create_link(client, operator).replace("globex", "umbra")

    assert get(client, path).status_code == 401


def test_if_the_customer_denies_access_nothing_is_stored_and_the_link_stays_valid(
    client: FlaskClient, operator: Headers, redis: Redis
):
    path = create_link(client, operator)
    state = authorize_params(get(client, path))["state"]

    response = call_back(client, state, error="access_denied", code="")

    assert (response.status_code, "Access to Gong was denied" in response.text) == (200, True)
    assert redis.zcard(keys.CONSENTS) == 0
    assert get(client, path).status_code == 302


def test_a_callback_with_an_error_and_a_code_grants_nothing(
    client: FlaskClient, operator: Headers, redis: Redis
):
    call_back(client, start(client, operator), error="server_error")

    assert redis.zcard(keys.CONSENTS) == 0


def test_an_operators_key_opens_the_way_without_a_create_link(client: FlaskClient, operator: Headers):
    response = get(client, "/connect/gong?destination=umbra", headers=operator)

    assert authorize_params(response)["client_id"] == "app-1"
    assert call_back(client, authorize_params(response)["state"]).status_code == 303


@pytest.mark.parametrize("path", ["/connect/gong?destination=globex", "/connect/gong"])
def test_without_a_link_or_a_key_nothing_starts(client: FlaskClient, path: str):
    assert get(client, path).status_code == 401
    assert client.post(LINK).status_code == 401


@pytest.mark.parametrize(
    "path", ["/connect/gong/done", "/connect/gong/done?id=x", f"/connect/gong/done?id={'A' * 22}"]
)
def test_an_unknown_consent_is_404(client: FlaskClient, path: str):
    assert get(client, path).status_code == 404


def test_no_page_is_cached_or_runs_a_script(client: FlaskClient, operator: Headers):
    path = call_back(client, start(client, operator)).location.removeprefix(PUBLIC_URL)
    responses = [
        get(client, path),
        get(client, create_link(client, operator)),
        get(client, "/connect/gong"),
        call_back(client, "x"),
    ]

    assert {response.headers["Cache-Control"] for response in responses} == {"no-store"}
    assert {response.headers["Referrer-Policy"] for response in responses} == {"no-referrer"}
    assert all("default-src 'none'" in response.headers["Content-Security-Policy"] for response in responses)
    assert not any("<script" in response.text for response in responses)
