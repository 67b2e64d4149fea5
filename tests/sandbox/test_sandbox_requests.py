"""How the sandbox reads a request: its timestamp and its body."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from relay.sandbox.request import MAX_BODY_BYTES
from tests.sandbox import bodies
from tests.sandbox.client import KEY, Gong

JSON_HEADERS = {"Content-Type": "application/json"}


def chunks(size: int) -> Iterator[bytes]:
    """Yield a valid body of `size` bytes in two chunks, so that the request has no Content-Length."""
    body = json.dumps(bodies.interaction()).encode().ljust(size)
    yield body[:20]
    yield body[20:]


def has_acme(gong: Gong) -> bool:
    return "acme" in gong.inspect("metrics")["companies"]


def test_the_timestamp_of_a_call_is_when_it_arrives_not_when_its_body_is_complete(gong: Gong):
    gong.control("clock", {"frozen": True, "now": 1_800_000_000})
    address = urlsplit(gong.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            b"POST /c/acme/v2/digital-interaction HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
        )
        assert any(has_acme(gong) for _ in range(1000))
        gong.control("clock", {"advance_seconds": 90})
        connection.sendall(b"{}")
        assert connection.recv(100)

    assert gong.inspect("log")["log"][0]["at"] == "2027-01-15T08:00:00.000+00:00"


@pytest.mark.parametrize(("size", "status"), [(500, 200), (MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)])
def test_a_chunked_body_is_accepted_up_to_the_size_limit(gong: Gong, size: int, status: int):
    assert gong.send(None, data=chunks(size), headers=JSON_HEADERS).status_code == status


def test_a_response_to_head_has_no_body(gong: Gong):
    response = gong.call("users", method="HEAD")

    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize("path", ["", "digital-interaction/", "c/acme/v2/digital-interaction", "x\u00e9"])
def test_an_unknown_path_gets_gongs_404(gong: Gong, path: str):
    response = gong.call(path, bodies.interaction(), auth=KEY)

    assert (response.status_code, response.json()["errors"]) == (404, ["Not Found"])
