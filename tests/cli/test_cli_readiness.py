"""Checks of a free port and of a responding server."""

import socket
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from relay.cli.up.readiness import is_free, responds


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    def app(environ, start):
        start("200 OK" if environ["PATH_INFO"] == "/readyz" else "503 Service Unavailable", [])
        return [b""]

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_port_with_a_listener_is_not_free(port: int):
    assert not is_free("127.0.0.1", port)


def test_a_port_without_a_listener_is_free(unused_port: int):
    assert is_free("127.0.0.1", unused_port)


def test_only_status_200_counts_as_a_response(port: int):
    assert responds("127.0.0.1", port, "/readyz")
    assert not responds("127.0.0.1", port, "/livez")


def test_a_port_without_a_listener_does_not_respond(unused_port: int):
    assert not responds("127.0.0.1", unused_port, "/readyz")
