"""Requests to Gong's token endpoint, the results of its responses, and renewal delays."""

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

APP = OAuthApp(client_id="app-1", client_secret="the-secret-of-the-app", scopes=("api:a:write", "api:b:read"))
PAIR = {
    "access_token": "access-1",
    "refresh_token": "refresh-1",
    "expires_in": 86_400,
    "scope": "api:a:write",
    "token_type": "Bearer",
    "api_base_url_for_customer": "https://us-1.api.gong.io",
}
TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXRva2Vu.x_y-z"


def respond(status: int, content: Any) -> HttpResponse:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return HttpResponse(status, {}, body)


def test_the_authorize_url_requests_a_code_with_scopes_separated_by_spaces():
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


def test_a_code_is_sent_in_the_body_where_no_proxy_logs_it():
    call = build_exchange_request(APP, code="c/1+", redirect_uri="https://relay.example/cb")

    assert call.url == APP.token_url
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["c/1+"],
        "client_id": ["app-1"],
        "redirect_uri": ["https://relay.example/cb"],
    }


def test_parameters_are_sent_in_the_url_if_configured():
    app = OAuthApp(client_id="app-1", client_secret="secret", token_params=TokenParams.QUERY)

    call = build_refresh_request(app, "r 1")

    assert call.body == b""
    assert parse_qs(urlsplit(call.url).query) == {"grant_type": ["refresh_token"], "refresh_token": ["r 1"]}


def test_a_token_response_is_read_completely():
    assert classify_token_response(respond(200, PAIR)) == TokensIssued(
        access_token="access-1",
        refresh_token="refresh-1",
        lifetime=86_400.0,
        base_url="https://us-1.api.gong.io",
        scope="api:a:write",
    )


@pytest.mark.parametrize("expires_in", [None, "soon", -1, 0, True, 1.5])
def test_an_unreadable_lifetime_counts_as_a_day(expires_in):
    granted = classify_token_response(respond(200, PAIR | {"expires_in": expires_in}))

    assert isinstance(granted, TokensIssued)
    assert granted.lifetime == 86_400.0


def test_a_lifetime_may_be_a_string():
    granted = classify_token_response(respond(200, PAIR | {"expires_in": "600"}))

    assert isinstance(granted, TokensIssued)
    assert granted.lifetime == 600.0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            respond(
                400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            ),
            GrantRejected,
        ),
        (respond(400, b"Refresh token code is invalid"), GrantRejected),
        (respond(401, {"error": "invalid_grant"}), GrantRejected),
        (respond(401, {"error": "invalid_client"}), ClientRejected),
        (respond(400, {"error": "invalid_client"}), ClientRejected),
        (respond(401, b""), ClientRejected),
        (respond(400, {"error": "invalid_request"}), TryLater),
        (respond(403, b"<html>your address is not trusted</html>"), TryLater),
        (respond(429, {"errors": ["API request limit exceeded"]}), TryLater),
        (respond(500, {"error": "invalid_grant"}), TryLater),
        (respond(503, b""), TryLater),
        (respond(302, b""), TryLater),
        (respond(200, b"<html>welcome</html>"), ResultUnknown),
        (respond(200, {}), ResultUnknown),
        (respond(200, PAIR | {"access_token": ""}), ResultUnknown),
        (respond(200, PAIR | {"access_token": "two\r\nlines"}), ResultUnknown),
        (respond(200, PAIR | {"token_type": "mac"}), ResultUnknown),
        (NoResponse("timeout", "", ambiguous=True), ResultUnknown),
        (NoResponse("no_connection", "", ambiguous=False), TryLater),
    ],
    ids=str,
)
def test_only_gongs_error_codes_reject_a_grant_and_only_a_missing_response_is_unknown(answer, kind):
    assert type(classify_token_response(answer)) is kind


@given(st.integers(100, 599), st.binary(max_size=200))
def test_every_token_response_has_a_result(status: int, body: bytes):
    classify_token_response(HttpResponse(status, {}, body))


@pytest.mark.parametrize(
    "answer",
    [
        respond(400, {"error": "invalid_grant", "error_description": f"{TOKEN} is not known"}),
        respond(500, TOKEN.encode()),
        NoResponse("timeout", f"POST /oauth2/generate-customer-token?refresh_token={TOKEN}", ambiguous=True),
        respond(200, PAIR | {"access_token": TOKEN, "refresh_token": TOKEN}),
    ],
    ids=str,
)
def test_no_result_text_contains_a_token(answer):
    assert TOKEN not in repr(classify_token_response(answer))


def test_repr_of_application_and_request_contains_no_secret():
    text = repr(
        (
            APP,
            build_refresh_request(APP, TOKEN),
            build_exchange_request(APP, code=TOKEN, redirect_uri="https://r"),
        )
    )

    assert TOKEN not in text
    assert APP.client_secret not in text


@given(st.floats(1, 10 * 86_400), st.floats(0, 1, exclude_max=True))
def test_tokens_are_renewed_before_they_expire(lifetime: float, luck: float):
    after = choose_renewal_delay(lifetime, luck)

    assert after <= 0.8 * lifetime
    assert after <= 86_400
    assert after >= min(0.5 * lifetime, 86_400)


def test_a_long_lifetime_leaves_fifteen_minutes_for_retries():
    assert choose_renewal_delay(2000.0, 0.99) == 1100.0


def test_customers_who_connected_together_are_not_renewed_together():
    assert choose_renewal_delay(1000.0, 0.0) == 500.0
    assert choose_renewal_delay(1000.0, 0.5) == 650.0
