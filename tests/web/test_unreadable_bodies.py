"""Unreadable bodies are rejected completely, with the reason, and nothing is stored."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from relay.store.engine import keys

Headers = dict[str, str]
Maker = Callable[..., dict[str, Any]]


def count_events(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


def assert_problem(response: TestResponse, status: int, code: str) -> None:
    assert response.content_type == "application/problem+json"
    body = response.get_json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", "unsupported_type"),
        ("text/plain", "unsupported_type"),
        ("application/x-www-form-urlencoded", "unsupported_type"),
        ("application/json; charset=utf-16", "unsupported_charset"),
    ],
)
def test_an_unsupported_type_is_415(client: FlaskClient, sender: Headers, content_type: str, code: str):
    headers = sender | ({"Content-Type": content_type} if content_type else {})

    assert_problem(client.post("/v1/events", data=b"{}", headers=headers), 415, code)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"[" * 1000 + b"]" * 1000,
        b"[" * 100_000,
        b'{"a":' + b"9" * 4299 + b"}",
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\u0000"}',
        b'{"a":1,"a":2}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32"),
        b'{"a":"\xe9"}',
        b'{"a":"\x01"}',
    ],
)
def test_invalid_json_is_400_and_nothing_is_stored(
    client: FlaskClient, sender: Headers, raw: bytes, redis: Redis
):
    response = client.post("/v1/events", data=raw, headers=sender | {"Content-Type": "application/json"})

    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert count_events(redis) == 0


@pytest.mark.parametrize("raw", [b"null", b"1", b'"text"'])
def test_json_that_is_not_an_event_is_422(client: FlaskClient, sender: Headers, raw: bytes):
    assert_problem(
        client.post("/v1/events", data=raw, headers=sender | {"Content-Type": "application/json"}),
        422,
        "invalid",
    )


def test_too_many_bytes_or_items_are_413(client: FlaskClient, sender: Headers, page_view: Maker):
    large = client.post("/v1/events", json=page_view(properties={"x": "y" * 1_100_000}), headers=sender)
    many = client.post("/v1/events", json=[1] * 501, headers=sender)

    assert_problem(large, 413, "body_too_large")
    assert_problem(many, 413, "too_many_items")


def test_a_compressed_body_is_415(client: FlaskClient, sender: Headers):
    headers = sender | {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    assert_problem(client.post("/v1/events", data=b"{}", headers=headers), 415, "unsupported_encoding")


@pytest.mark.parametrize(
    ("length", "raw", "status", "code"),
    [
        ("0", b"", 400, "empty_body"),
        ("1000", b"{}", 400, "body_incomplete"),
        ("many", b"{}", 400, "bad_length"),
        ("1" * 5_000, b"{}", 413, "body_too_large"),
        ("", b"{}", 411, "length_required"),
    ],
)
def test_a_body_must_match_its_content_length(
    client: FlaskClient, sender: Headers, length: str, raw: bytes, status: int, code: str
):
    headers = sender | {"Content-Type": "application/json"}
    response = client.post(
        "/v1/events", data=raw, headers=headers, environ_overrides={"CONTENT_LENGTH": length}
    )

    assert_problem(response, status, code)
