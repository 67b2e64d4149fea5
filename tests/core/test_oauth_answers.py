"""What is asked of Gong's token endpoint, what its answers mean, and when tokens are renewed."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.oauth import (
    Granted,
    InDoubt,
    NotNow,
    OAuthApp,
    Spurned,
    TokenParams,
    WrongSecret,
    authorize_address,
    exchange_call,
    judge_tokens,
    refresh_call,
    renew_after,
)
from relay.core.outcome import Reply, Silence

APP = OAuthApp("app-1", "the-secret-of-the-app", scopes=("api:a:write", "api:b:read"))
PAIR = {
    "access_token": "access-1",
    "refresh_token": "refresh-1",
    "expires_in": 86_400,
    "scope": "api:a:write",
    "token_type": "Bearer",
    "api_base_url_for_customer": "https://us-1.api.gong.io",
}
TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXRva2Vu.x_y-z"


def reply(status: int, told: Any) -> Reply:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Reply(status, {}, body)


def test_the_authorize_page_is_asked_for_a_code_with_scopes_split_by_blanks():
    address = authorize_address(APP, redirect_uri="https://relay.example/connect/gong/callback", state="s1")

    assert "scope=api%3Aa%3Awrite%20api%3Ab%3Aread" in address
    assert address.startswith("https://app.gong.io/oauth2/authorize?")
    assert parse_qs(urlsplit(address).query) == {
        "client_id": ["app-1"],
        "response_type": ["code"],
        "scope": ["api:a:write api:b:read"],
        "redirect_uri": ["https://relay.example/connect/gong/callback"],
        "state": ["s1"],
    }


def test_a_code_is_exchanged_in_the_body_so_that_no_proxy_logs_it():
    call = exchange_call(APP, code="c/1+", redirect_uri="https://relay.example/cb")

    assert call.url == APP.token_url
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["c/1+"],
        "client_id": ["app-1"],
        "redirect_uri": ["https://relay.example/cb"],
    }


def test_parameters_stand_in_the_address_where_that_is_asked_for():
    app = OAuthApp("app-1", "secret", token_params=TokenParams.QUERY)

    call = refresh_call(app, "r 1")

    assert call.body == b""
    assert parse_qs(urlsplit(call.url).query) == {"grant_type": ["refresh_token"], "refresh_token": ["r 1"]}


def test_a_pair_is_read_whole():
    assert judge_tokens(reply(200, PAIR)) == Granted(
        "access-1", "refresh-1", 86_400.0, "https://us-1.api.gong.io", "api:a:write"
    )


@pytest.mark.parametrize("told", [None, "soon", -1, 0, True, 1.5])
def test_a_lifetime_that_makes_no_sense_is_a_day(told):
    granted = judge_tokens(reply(200, PAIR | {"expires_in": told}))

    assert isinstance(granted, Granted)
    assert granted.lifetime == 86_400.0


def test_a_lifetime_may_be_told_as_text():
    granted = judge_tokens(reply(200, PAIR | {"expires_in": "600"}))

    assert isinstance(granted, Granted)
    assert granted.lifetime == 600.0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            reply(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
            Spurned,
        ),
        (reply(400, b"Refresh token code is invalid"), Spurned),
        (reply(401, {"error": "invalid_grant"}), Spurned),
        (reply(401, {"error": "invalid_client"}), WrongSecret),
        (reply(400, {"error": "invalid_client"}), WrongSecret),
        (reply(401, b""), WrongSecret),
        (reply(400, {"error": "invalid_request"}), NotNow),
        (reply(403, b"<html>your address is not trusted</html>"), NotNow),
        (reply(429, {"errors": ["API request limit exceeded"]}), NotNow),
        (reply(500, {"error": "invalid_grant"}), NotNow),
        (reply(503, b""), NotNow),
        (reply(302, b""), NotNow),
        (reply(200, b"<html>welcome</html>"), InDoubt),
        (reply(200, {}), InDoubt),
        (reply(200, PAIR | {"access_token": ""}), InDoubt),
        (reply(200, PAIR | {"access_token": "two\r\nlines"}), InDoubt),
        (reply(200, PAIR | {"token_type": "mac"}), InDoubt),
        (Silence("timeout", "", ambiguous=True), InDoubt),
        (Silence("no_connection", "", ambiguous=False), NotNow),
    ],
    ids=str,
)
def test_only_gongs_own_word_spends_a_refresh_token_and_only_silence_is_in_doubt(answer, kind):
    assert type(judge_tokens(answer)) is kind


@given(st.integers(100, 599), st.binary(max_size=200))
def test_every_answer_has_a_meaning(status: int, body: bytes):
    judge_tokens(Reply(status, {}, body))


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, {"error": "invalid_grant", "error_description": f"{TOKEN} is not known"}),
        reply(500, TOKEN.encode()),
        Silence("timeout", f"POST /oauth2/generate-customer-token?refresh_token={TOKEN}", ambiguous=True),
        reply(200, PAIR | {"access_token": TOKEN, "refresh_token": TOKEN}),
    ],
    ids=str,
)
def test_no_token_stands_in_what_is_told_of_an_answer(answer):
    assert TOKEN not in repr(judge_tokens(answer))


def test_no_secret_stands_in_what_is_told_of_the_application_or_a_request():
    told = repr((APP, refresh_call(APP, TOKEN), exchange_call(APP, code=TOKEN, redirect_uri="https://r")))

    assert TOKEN not in told
    assert APP.client_secret not in told


@given(st.floats(1, 10 * 86_400), st.floats(0, 1, exclude_max=True))
def test_tokens_are_renewed_in_time(lifetime: float, luck: float):
    after = renew_after(lifetime, luck)

    assert after <= 0.8 * lifetime
    assert after <= 86_400
    assert after >= min(0.5 * lifetime, 86_400)


def test_a_long_life_keeps_a_quarter_of_an_hour_to_spare():
    assert renew_after(2000.0, 0.99) == 1100.0


def test_customers_who_connect_together_do_not_renew_together():
    assert renew_after(1000.0, 0.0) == 500.0
    assert renew_after(1000.0, 0.5) == 650.0
