"""What is asked of Gong's token endpoint, what its answers mean, and when tokens are renewed."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.oauth import (
    ClientRejected,
    GrantRejected,
    OAuthApp,
    ResultUnknown,
    TokenParams,
    TokensIssued,
    TryLater,
    build_authorize_url,
    build_exchange_request,
    build_refresh_request,
    choose_renewal_delay,
    classify_token_response,
)
from relay.core.outcome import HttpResponse, NoResponse

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


def reply(status: int, told: Any) -> HttpResponse:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return HttpResponse(status, {}, body)


def test_the_authorize_page_is_asked_for_a_code_with_scopes_split_by_blanks():
    address = build_authorize_url(APP, redirect_uri="https://relay.example/connect/gong/callback", state="s1")

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
    call = build_exchange_request(APP, code="c/1+", redirect_uri="https://relay.example/cb")

    assert call.url == APP.token_url
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["c/1+"],
        "client_id": ["app-1"],
        "redirect_uri": ["https://relay.example/cb"],
    }


def test_parameters_stand_in_the_address_where_that_is_asked_for():
    app = OAuthApp("app-1", "secret", token_params=TokenParams.QUERY)

    call = build_refresh_request(app, "r 1")

    assert call.body == b""
    assert parse_qs(urlsplit(call.url).query) == {"grant_type": ["refresh_token"], "refresh_token": ["r 1"]}


def test_a_pair_is_read_whole():
    assert classify_token_response(reply(200, PAIR)) == TokensIssued(
        "access-1", "refresh-1", 86_400.0, "https://us-1.api.gong.io", "api:a:write"
    )


@pytest.mark.parametrize("told", [None, "soon", -1, 0, True, 1.5])
def test_a_lifetime_that_makes_no_sense_is_a_day(told):
    granted = classify_token_response(reply(200, PAIR | {"expires_in": told}))

    assert isinstance(granted, TokensIssued)
    assert granted.lifetime == 86_400.0


def test_a_lifetime_may_be_told_as_text():
    granted = classify_token_response(reply(200, PAIR | {"expires_in": "600"}))

    assert isinstance(granted, TokensIssued)
    assert granted.lifetime == 600.0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            reply(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
            GrantRejected,
        ),
        (reply(400, b"Refresh token code is invalid"), GrantRejected),
        (reply(401, {"error": "invalid_grant"}), GrantRejected),
        (reply(401, {"error": "invalid_client"}), ClientRejected),
        (reply(400, {"error": "invalid_client"}), ClientRejected),
        (reply(401, b""), ClientRejected),
        (reply(400, {"error": "invalid_request"}), TryLater),
        (reply(403, b"<html>your address is not trusted</html>"), TryLater),
        (reply(429, {"errors": ["API request limit exceeded"]}), TryLater),
        (reply(500, {"error": "invalid_grant"}), TryLater),
        (reply(503, b""), TryLater),
        (reply(302, b""), TryLater),
        (reply(200, b"<html>welcome</html>"), ResultUnknown),
        (reply(200, {}), ResultUnknown),
        (reply(200, PAIR | {"access_token": ""}), ResultUnknown),
        (reply(200, PAIR | {"access_token": "two\r\nlines"}), ResultUnknown),
        (reply(200, PAIR | {"token_type": "mac"}), ResultUnknown),
        (NoResponse("timeout", "", ambiguous=True), ResultUnknown),
        (NoResponse("no_connection", "", ambiguous=False), TryLater),
    ],
    ids=str,
)
def test_only_gongs_own_word_spends_a_refresh_token_and_only_silence_is_in_doubt(answer, kind):
    assert type(classify_token_response(answer)) is kind


@given(st.integers(100, 599), st.binary(max_size=200))
def test_every_answer_has_a_meaning(status: int, body: bytes):
    classify_token_response(HttpResponse(status, {}, body))


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, {"error": "invalid_grant", "error_description": f"{TOKEN} is not known"}),
        reply(500, TOKEN.encode()),
        NoResponse("timeout", f"POST /oauth2/generate-customer-token?refresh_token={TOKEN}", ambiguous=True),
        reply(200, PAIR | {"access_token": TOKEN, "refresh_token": TOKEN}),
    ],
    ids=str,
)
def test_no_token_stands_in_what_is_told_of_an_answer(answer):
    assert TOKEN not in repr(classify_token_response(answer))


def test_no_secret_stands_in_what_is_told_of_the_application_or_a_request():
    told = repr(
        (
            APP,
            build_refresh_request(APP, TOKEN),
            build_exchange_request(APP, code=TOKEN, redirect_uri="https://r"),
        )
    )

    assert TOKEN not in told
    assert APP.client_secret not in told


@given(st.floats(1, 10 * 86_400), st.floats(0, 1, exclude_max=True))
def test_tokens_are_renewed_in_time(lifetime: float, luck: float):
    after = choose_renewal_delay(lifetime, luck)

    assert after <= 0.8 * lifetime
    assert after <= 86_400
    assert after >= min(0.5 * lifetime, 86_400)


def test_a_long_life_keeps_a_quarter_of_an_hour_to_spare():
    assert choose_renewal_delay(2000.0, 0.99) == 1100.0


def test_customers_who_connect_together_do_not_renew_together():
    assert choose_renewal_delay(1000.0, 0.0) == 500.0
    assert choose_renewal_delay(1000.0, 0.5) == 650.0
