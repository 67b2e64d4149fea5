"""How a call comes in: when it is stamped, and how its body may be sent."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from relay.sandbox.request import MAX_BODY_BYTES
from tests.sandbox import world
from tests.sandbox.world import KEY, Gong

JSON = {"Content-Type": "application/json"}


def pieces(size: int) -> Iterator[bytes]:
    """A body without a length, as much longer than an event as wished."""
    whole = json.dumps(world.interaction()).encode().ljust(size)
    yield whole[:20]
    yield whole[20:]


def known(gong: Gong) -> bool:
    return "acme" in gong.look("metrics")["companies"]


def test_a_call_is_stamped_when_it_comes_in_and_not_when_its_body_is_there(gong: Gong):
    gong.turn("clock", {"frozen": True, "now": 1_800_000_000})
    address = urlsplit(gong.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            b"POST /c/acme/v2/digital-interaction HTTP/1.1\r\nHost: gong\r\nContent-Length: 2\r\n\r\n"
        )
        assert any(known(gong) for _ in range(1000))
        gong.turn("clock", {"advance_seconds": 90})
        connection.sendall(b"{}")
        assert connection.recv(100)

    assert gong.look("log")["log"][0]["at"] == "2027-01-15T08:00:00.000+00:00"


@pytest.mark.parametrize(("size", "status"), [(500, 200), (MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_may_come_in_pieces_up_to_its_limit(gong: Gong, size: int, status: int):
    assert gong.send(None, data=pieces(size), headers=JSON).status_code == status


def test_an_answer_to_head_has_no_body(gong: Gong):
    answer = gong.call("users", method="HEAD")

    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("path", ["", "digital-interaction/", "c/acme/v2/digital-interaction", "x\u00e9"])
def test_a_path_that_is_nothing_of_gongs_is_not_found_in_gongs_words(gong: Gong, path: str):
    answer = gong.call(path, world.interaction(), auth=KEY)

    assert (answer.status_code, answer.json()["errors"]) == (404, ["Not Found"])
