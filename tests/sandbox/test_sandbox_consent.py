"""The consent page: what an administrator decides, and what the app gets."""

from typing import Any

import pytest

from tests.sandbox import client
from tests.sandbox.client import Gong
from tests.sandbox.oauth import (
    BOTH_SCOPES,
    CALLBACK,
    CONSENT_PARAMS,
    WRITE_SCOPE,
    authorize,
    callback_params,
    connect,
    exchange,
    register,
)


def test_a_code_is_exchanged_for_tokens_and_the_companys_base_url(gong: Gong):
    pair = connect(gong)

    assert pair.pop("access_token") != pair.pop("refresh_token")
    assert pair == {
        "expires_in": 86_400,
        "scope": BOTH_SCOPES,
        "token_type": "Bearer",
        "api_base_url_for_customer": f"{gong.url}/c/acme",
    }


def test_the_redirect_keeps_its_query_and_returns_the_state(gong: Gong):
    response = authorize(gong, redirect_uri=f"{CALLBACK}?destination=acme", state="a b&c")

    assert response.headers["Location"].startswith(f"{CALLBACK}?destination=acme&code=")
    assert callback_params(response)["state"] == "a b&c"


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"approve": "deny"}, "access_denied"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": f"{WRITE_SCOPE} api:everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_denied_or_invalid_request_redirects_with_an_error(gong: Gong, params: dict[str, str], error: str):
    assert callback_params(authorize(gong, **params)) == {"error": error, "state": "s-1"}


@pytest.mark.parametrize(
    "params",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": f"{CALLBACK}#here"},
        {"redirect_uri": ""},
        {"company": "-"},
    ],
)
def test_the_browser_is_never_redirected_to_an_unregistered_address(gong: Gong, params: dict[str, str]):
    response = authorize(gong, **params)

    assert response.status_code == 400
    assert "Location" not in response.headers


def test_a_redirect_uri_must_match_exactly(gong: Gong):
    register(gong, redirect_uris=["https://relay.example/callback"])

    uris = ("https://relay.example/callback", "https://relay.example/callback/", CALLBACK)
    assert [
        authorize(gong, client_id="app", scope=WRITE_SCOPE, redirect_uri=uri).status_code for uri in uris
    ] == [
        302,
        400,
        400,
    ]


def test_the_form_of_the_page_allows_or_denies(gong: Gong):
    url = f"{gong.url}/oauth2/authorize"
    page = gong.session.get(url, params=CONSENT_PARAMS, timeout=10)
    decisions = [
        gong.session.post(
            page.url, data={"decision": decision, "company": "globex"}, allow_redirects=False, timeout=10
        )
        for decision in ("allow", "deny")
    ]

    assert "sandbox-client" in page.text
    assert page.headers["Content-Security-Policy"].endswith("form-action 'self' http://127.0.0.1:9")
    assert (
        exchange(gong, callback_params(decisions[0])["code"])
        .json()["api_base_url_for_customer"]
        .endswith("/c/globex")
    )
    assert callback_params(decisions[1])["error"] == "access_denied"


def test_auto_approve_grants_consent_without_the_page():
    with client.run_gong(auto_approve=True) as gong:
        assert "code" in callback_params(
            gong.session.get(
                f"{gong.url}/oauth2/authorize", params=CONSENT_PARAMS, allow_redirects=False, timeout=10
            )
        )


def test_a_code_works_once(gong: Gong):
    code = callback_params(authorize(gong))["code"]

    assert [exchange(gong, code).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(("waited", "status"), [(599, 200), (600, 400)])
def test_a_code_expires_after_ten_minutes(gong: Gong, waited: int, status: int):
    gong.control("clock", {"frozen": True})
    code = callback_params(authorize(gong))["code"]
    gong.control("clock", {"advance_seconds": waited})

    assert exchange(gong, code).status_code == status


def test_a_code_is_valid_only_for_its_redirect_uri(gong: Gong):
    response = exchange(gong, callback_params(authorize(gong))["code"], redirect_uri=f"{CALLBACK}/other")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"client_secrets": ["1", "2", "3"]}, "client_secrets: must be a list of 1 to 2 secrets"),
        ({"client_secrets": "old"}, "client_secrets: must be a list of 1 to 2 secrets"),
        ({"client_id": ""}, "client_id: must be a non-empty string"),
        ({"redirect_uris": CALLBACK}, "redirect_uris: must be a list of strings"),
        ({"secret": "old"}, "secret: unknown key"),
    ],
)
def test_an_invalid_app_is_rejected_with_the_reason(gong: Gong, fields: dict[str, Any], message: str):
    response = register(gong, **fields)

    assert response.status_code == 400
    assert response.json()["errors"][0].startswith(message)
