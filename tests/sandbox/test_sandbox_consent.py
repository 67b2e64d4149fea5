"""What a company's administrator is asked, and what an app gets of the answer."""

from typing import Any

import pytest

from tests.sandbox import world
from tests.sandbox.consenting import ASKED, BOTH, HOME, WRITE, authorize, connected, exchange, register, told
from tests.sandbox.world import Gong


def test_a_code_becomes_tokens_and_the_address_of_the_company(gong: Gong):
    pair = connected(gong)

    assert pair.pop("access_token") != pair.pop("refresh_token")
    assert pair == {
        "expires_in": 86_400,
        "scope": BOTH,
        "token_type": "Bearer",
        "api_base_url_for_customer": f"{gong.url}/c/acme",
    }


def test_state_and_the_redirects_own_query_come_back(gong: Gong):
    answer = authorize(gong, redirect_uri=f"{HOME}?destination=acme", state="a b&c")

    assert answer.headers["Location"].startswith(f"{HOME}?destination=acme&code=")
    assert told(answer)["state"] == "a b&c"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"approve": "deny"}, "access_denied"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": f"{WRITE} api:everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_what_is_not_granted_goes_back_with_its_error(gong: Gong, asked: dict[str, str], error: str):
    assert told(authorize(gong, **asked)) == {"error": error, "state": "s-1"}


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": f"{HOME}#here"},
        {"redirect_uri": ""},
        {"company": "-"},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps(gong: Gong, asked: dict[str, str]):
    answer = authorize(gong, **asked)

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_registered_redirect_holds_letter_by_letter(gong: Gong):
    register(gong, redirect_uris=["https://relay.example/callback"])

    uris = ("https://relay.example/callback", "https://relay.example/callback/", HOME)
    assert [authorize(gong, client_id="app", scope=WRITE, redirect_uri=uri).status_code for uri in uris] == [
        302,
        400,
        400,
    ]


def test_the_page_asks_and_its_form_decides(gong: Gong):
    url = f"{gong.url}/oauth2/authorize"
    page = gong.session.get(url, params=ASKED, timeout=10)
    decisions = [
        gong.session.post(
            page.url, data={"decision": word, "company": "globex"}, allow_redirects=False, timeout=10
        )
        for word in ("allow", "deny")
    ]

    assert "sandbox-client" in page.text
    assert page.headers["Content-Security-Policy"].endswith("form-action 'self' http://127.0.0.1:9")
    assert (
        exchange(gong, told(decisions[0])["code"]).json()["api_base_url_for_customer"].endswith("/c/globex")
    )
    assert told(decisions[1])["error"] == "access_denied"


def test_consent_can_be_given_without_asking():
    with world.gong(auto_approve=True) as gong:
        assert "code" in told(
            gong.session.get(f"{gong.url}/oauth2/authorize", params=ASKED, allow_redirects=False, timeout=10)
        )


def test_a_code_holds_once(gong: Gong):
    code = told(authorize(gong))["code"]

    assert [exchange(gong, code).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(("waited", "status"), [(599, 200), (600, 400)])
def test_a_code_holds_for_ten_minutes(gong: Gong, waited: int, status: int):
    gong.turn("clock", {"frozen": True})
    code = told(authorize(gong))["code"]
    gong.turn("clock", {"advance_seconds": waited})

    assert exchange(gong, code).status_code == status


def test_a_code_holds_only_for_the_address_it_was_sent_to(gong: Gong):
    answer = exchange(gong, told(authorize(gong))["code"], redirect_uri=f"{HOME}/other")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"client_secrets": ["1", "2", "3"]}, "client_secrets: write a list of one secret"),
        ({"client_secrets": "old"}, "client_secrets: write a list of one secret"),
        ({"client_id": ""}, "client_id: write the app's name"),
        ({"redirect_uris": HOME}, "redirect_uris: write a list of texts"),
        ({"secret": "old"}, "secret: no such key"),
    ],
)
def test_an_app_that_cannot_be_registered_says_why(gong: Gong, fields: dict[str, Any], message: str):
    answer = register(gong, **fields)

    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(message)
