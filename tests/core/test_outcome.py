"""Every response of Gong has one outcome."""

import json
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.lifecycle import HoldCause
from relay.core.outcome import (
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
)

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ENVELOPE = b'{"requestId":"4ab","errors":["content.contentTitle: must not be null"]}'
ERRORS = ("content.contentTitle: must not be null",)


def classify(status: int, body: bytes = ENVELOPE, **headers: str) -> object:
    return classify_response(
        HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, body), NOW
    )


@pytest.mark.parametrize("status", [200, 201])
def test_a_200_or_201_with_a_request_id_is_delivered(status: int):
    assert classify(status, b'{"requestId":"4ab"}') == Delivered(status, "4ab")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"{}",
        b"null",
        b'"4ab"',
        b'["4ab"]',
        b'{"error":"quota"}',
        b'{"message":"Forbidden"}',
        b'{"requestId":null}',
        b'{"requestId":""}',
        b'{"requestId":" "}',
        b'{"requestId":7}',
        b'{"requestId":["4ab"]}',
        b'{"data":{"requestId":"4ab"}}',
        b'{"requestid":"4ab"}',
        b'{"requestId":"4ab"',
        b'{"requ',
        b"<html>Welcome to the hotel</html>",
        b"[" * 60_000,
    ],
)
@pytest.mark.parametrize("headers", [{}, {"x_traceid": "4ab"}])
def test_a_200_without_a_request_id_in_its_body_is_failed_and_ambiguous(body: bytes, headers: dict[str, str]):
    outcome = classify(200, body, **headers)

    assert isinstance(outcome, Failed)
    assert (outcome.status, outcome.code, outcome.ambiguous) == (200, "not_gong", True)


@pytest.mark.parametrize("status", [100, 101, 102, 103, 199, 202, 203, 204, 205, 206, 207, 208, 226, 299])
@pytest.mark.parametrize("body", [b"", b'{"requestId":"4ab"}'])
def test_another_1xx_or_2xx_is_failed_and_ambiguous_whatever_its_body(status: int, body: bytes):
    outcome = classify(status, body)

    assert isinstance(outcome, Failed)
    assert (outcome.status, outcome.code, outcome.ambiguous) == (status, "not_gong", True)


def test_a_proxys_page_with_status_200_is_described():
    outcome = classify(200, b"<html>Welcome to the hotel</html>", content_type="text/html; charset=utf-8")

    assert outcome == Failed(
        status=200,
        request_id=None,
        code="not_gong",
        errors=("not an answer of Gong's API: HTTP 200, text/html", "<html>Welcome to the hotel</html>"),
        ambiguous=True,
        retry_after=None,
    )


def has_request_id(body: bytes) -> bool:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    request_id = value.get("requestId") if isinstance(value, dict) else None
    return isinstance(request_id, str) and bool(request_id.strip())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["requestId", "errors", "message", "error", "x"]), inner)
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode())
STATUSES = st.sampled_from([200, 201, 202, 204, 409, 400, 407]) | st.integers(100, 999)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "location", "x-traceid", "content-type", "date"]), st.text()
)


@given(STATUSES, BODIES, HEADERS)
def test_only_a_200_or_201_with_a_request_id_is_delivered(status: int, body: bytes, headers: dict[str, str]):
    outcome = classify_response(HttpResponse(status, headers, body), NOW)

    assert isinstance(outcome, Delivered) == (status in {200, 201} and has_request_id(body))


@given(STATUSES, BODIES, HEADERS)
def test_only_a_refusal_with_gongs_envelope_ends_an_event(status: int, body: bytes, headers: dict[str, str]):
    outcome = classify_response(HttpResponse(status, headers, body), NOW)

    if isinstance(outcome, AlreadyReported | Rejected):
        assert status in {400, 405, 409, 413, 415}
        assert has_request_id(body)
        assert isinstance(json.loads(body)["errors"], list)


def test_409_is_already_reported():
    assert classify(409) == AlreadyReported(409, "4ab", ERRORS)


GONGS_REFUSALS = (400, 401, 403, 404, 405, 409, 413, 415)
OTHERS = sorted({*range(400, 500)} - {*GONGS_REFUSALS, 408, 425, 429})
FOREIGN_BODIES = (
    b"",
    b"<html>407 Proxy Authentication Required</html>",
    b"{}",
    b'{"message":"Forbidden"}',
    b'{"errors":["no"]}',
    b'{"requestId":"4ab","message":"Forbidden"}',
    b'{"requestId":"4ab","errors":"no"}',
)


@pytest.mark.parametrize("status", [*GONGS_REFUSALS, *OTHERS])
@pytest.mark.parametrize("body", FOREIGN_BODIES)
def test_a_4xx_without_gongs_envelope_blocks_the_destination(status: int, body: bytes):
    outcome = classify(status, body, content_type="text/html")

    assert isinstance(outcome, Blocked)
    assert (outcome.status, outcome.cause) == (status, HoldCause.NOT_GONG)
    assert outcome.errors[0] == f"not an answer of Gong's API: HTTP {status}, text/html"


@pytest.mark.parametrize("status", OTHERS)
def test_a_4xx_that_gong_never_gives_blocks_the_destination_even_with_gongs_envelope(status: int):
    assert classify(status) == Blocked(
        status,
        "4ab",
        HoldCause.NOT_GONG,
        (f"not an answer of Gong's API: HTTP {status}, no content type", *ERRORS),
    )


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
def test_a_3xx_that_is_no_redirect_blocks_as_an_answer_that_is_not_gongs(status: int):
    outcome = classify(status, b"", location="https://us-1.api.gong.io/")

    assert isinstance(outcome, Blocked)
    assert outcome.cause is HoldCause.NOT_GONG


def test_a_redirect_without_a_target_blocks_as_an_answer_that_is_not_gongs():
    outcome = classify(302, b"")

    assert isinstance(outcome, Blocked)
    assert outcome.cause is HoldCause.NOT_GONG


def test_the_description_of_an_answer_is_short_whatever_the_answer_is():
    outcome = classify(407, b"x" * 60_000, content_type="y" * 60_000)

    assert isinstance(outcome, Blocked)
    assert len("".join(outcome.errors)) < 500


def test_a_429_of_a_proxy_is_rate_limited_but_says_nothing_about_the_companys_limits():
    assert classify(429, b"<html>1015</html>", retry_after="5") == RateLimited(
        429, None, ("<html>1015</html>",), 5.0, from_gong=False
    )


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


@pytest.mark.parametrize("status", [400, 405, 413, 415])
def test_a_4xx_of_gong_about_the_body_is_rejected(status: int):
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


def test_a_retry_after_date_is_judged_by_the_date_of_its_own_response():
    # This worker's clock is ten minutes slow.
    outcome = classify(429, retry_after="Sat, 21 Nov 2026 10:10:30 GMT", date="Sat, 21 Nov 2026 10:10:00 GMT")

    assert outcome == RateLimited(429, "4ab", ERRORS, 30.0)


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 21 Nov 2026", "\x00"])
def test_without_a_readable_date_the_given_time_judges(date: str):
    outcome = classify(503, retry_after="Sat, 21 Nov 2026 10:00:30 GMT", date=date)

    assert isinstance(outcome, Failed)
    assert outcome.retry_after == 30.0


@given(STATUSES, BODIES, HEADERS)
def test_every_response_has_an_outcome_with_a_code(status: int, body: bytes, headers: dict[str, str]):
    assert outcome_code(classify_response(HttpResponse(status, headers, body), NOW))


def test_a_body_that_nests_too_deeply_has_an_outcome():
    assert isinstance(classify(400, b"[" * 60_000), Blocked)


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
    ],
)
def test_what_is_no_request_id_of_gong_is_dropped(request_id: str):
    for headers in ({}, {"x-traceid": request_id}):
        outcome = classify(200, orjson.dumps({"requestId": request_id}), **headers)
        assert outcome == Delivered(200, None)
