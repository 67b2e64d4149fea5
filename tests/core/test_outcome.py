"""Every response of Gong has one outcome."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.lifecycle import HoldCause
from relay.core.outcome import (
    MAX_RETRY_AFTER_SECONDS,
    AlreadyReported,
    Blocked,
    Delivered,
    Failed,
    HttpResponse,
    NoResponse,
    RateLimited,
    Rejected,
    classify_response,
    outcome_code,
    parse_retry_after,
)

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ENVELOPE = b'{"requestId":"4ab","errors":["content.contentTitle: must not be null"]}'
ERRORS = ("content.contentTitle: must not be null",)


def classify(status: int, body: bytes = ENVELOPE, **headers: str) -> object:
    return classify_response(
        HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, body), NOW
    )


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_2xx_of_gong_is_delivered_with_its_request_id(status: int):
    assert classify(status, b'{"requestId":"4ab"}') == Delivered(status, "4ab")


def test_a_2xx_with_a_truncated_body_is_delivered_if_its_trace_id_shows_that_it_is_gongs():
    assert classify(200, b'{"requ', x_traceid="4ab") == Delivered(200, "4ab")


def test_a_204_is_delivered():
    assert classify(204, b"") == Delivered(204, None)


def test_a_proxys_page_with_status_200_is_not_a_delivery():
    outcome = classify(200, b"<html>Welcome to the hotel</html>")

    assert outcome == Failed(
        status=200,
        request_id=None,
        code="not_gong",
        errors=("<html>Welcome to the hotel</html>",),
        ambiguous=True,
        retry_after=None,
    )


def test_409_is_already_reported():
    assert classify(409) == AlreadyReported(409, "4ab", ERRORS)


def test_429_is_rate_limited_with_its_retry_after():
    assert classify(429, retry_after="5") == RateLimited(429, "4ab", ERRORS, 5.0)
    assert classify(429) == RateLimited(429, "4ab", ERRORS, None)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599, 408, 425])
def test_a_server_error_is_failed_and_ambiguous(status: int):
    outcome = classify(status, b"<html>cloudflare</html>", retry_after="7")

    assert outcome == Failed(
        status=status,
        request_id=None,
        code="gong_error",
        errors=("<html>cloudflare</html>",),
        ambiguous=True,
        retry_after=7.0,
    )


@pytest.mark.parametrize("status", [400, 405, 410, 413, 415, 422])
def test_any_other_4xx_is_rejected(status: int):
    assert classify(status) == Rejected(status, "4ab", ERRORS)


@pytest.mark.parametrize(
    ("status", "text", "cause"),
    [
        (401, "access token has been revoked", HoldCause.INVALID_CREDENTIALS),
        (
            401,
            "You don't have permission to use 'api:digital-interactions:write' in your app.",
            HoldCause.MISSING_SCOPE,
        ),
        (403, "Limited release", HoldCause.FORBIDDEN),
        (404, "Not Found", HoldCause.ENDPOINT_NOT_FOUND),
    ],
)
def test_a_blocked_call_names_its_cause(status: int, text: str, cause: HoldCause):
    body = f'{{"requestId":"4ab","errors":["{text}"]}}'.encode()

    assert classify(status, body) == Blocked(status, "4ab", cause, (text,))


def test_a_redirect_blocks_and_names_its_target():
    outcome = classify(302, b"", location="https://us-1.api.gong.io/v2/digital-interaction")

    assert isinstance(outcome, Blocked)
    assert outcome.cause is HoldCause.REDIRECTED
    assert "us-1.api.gong.io" in outcome.errors[0]


def test_a_call_without_a_response_is_failed_and_as_ambiguous_as_it_was():
    assert classify_response(NoResponse("timeout", "read", ambiguous=True), NOW) == Failed(
        status=None,
        request_id=None,
        code="timeout",
        errors=("read",),
        ambiguous=True,
        retry_after=None,
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("2.5", 2.5),
        ("0", 1.0),
        (" 7 ", 7.0),
        ("86399", 86399.0),
        ("999999999", MAX_RETRY_AFTER_SECONDS),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 1.0),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_parsed_in_every_form(text: str | None, seconds: float | None):
    assert parse_retry_after(text, NOW) == seconds


@given(st.text())
def test_any_retry_after_gives_none_or_a_value_within_bounds(text: str):
    seconds = parse_retry_after(text, NOW)

    assert seconds is None or 1.0 <= seconds <= MAX_RETRY_AFTER_SECONDS


@given(
    st.integers(100, 999),
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(["retry-after", "location", "x-traceid"]), st.text()),
)
def test_every_response_has_an_outcome_with_a_code(status: int, body: bytes, headers: dict[str, str]):
    assert outcome_code(classify_response(HttpResponse(status, headers, body), NOW))


def test_a_body_that_nests_too_deeply_has_an_outcome():
    assert isinstance(classify(400, b"[" * 60_000), Rejected)


@pytest.mark.parametrize(
    "request_id",
    [
        "4al018gzaztcr8nbukw",
        "5f0c0a3e-0b8e-4f27-a8a5-0f1d5a2c9b11",
        "1-67891233:abcdef012345",
    ],
)
def test_a_request_id_of_gong_is_kept(request_id: str):
    assert classify(200, orjson.dumps({"requestId": request_id})) == Delivered(200, request_id)


@pytest.mark.parametrize(
    "request_id",
    [
        "jane@globex.com",
        "jane%40globex.com",
        "+15550100199",
        "15550100199",
        "a b",
        "a\x1b[2J",
        "a\u202eb",
        "a\nb",
        "é",
        "x" * 101,
        "",
        7,
        ["a"],
    ],
)
def test_what_is_no_request_id_of_gong_is_dropped(request_id: object):
    for headers in ({}, {"x-traceid": str(request_id)}):
        outcome = classify(200, orjson.dumps({"requestId": request_id}), **headers)
        assert outcome == Delivered(200, None)
