"""The HTTP client: whatever a server does, the result is one HttpResponse or one NoResponse."""

import inspect
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from requests import exceptions

from relay.core.call import Operation
from relay.core.destination import BasicCredentials
from relay.core.outcome import HttpResponse, NoResponse
from workers.gong_client import GongClient, HttpOptions, classify_exception, credentials_from_api_key

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\nContent-Type: application/json\r\n\r\n{"requestId":"1"}'


def _whole_request(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b'{"eventId":"1"}') and (part := connection.recv(65_536)):
        data += part
    return data


@contextmanager
def server(behave: Callable[[socket.socket, bytes], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server whose every connection is read once, noted, and then treated as `behave` likes."""
    listener, requests_received = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests_received.append(_whole_request(connection))
                try:
                    behave(connection, requests_received[-1])
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests_received
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def send(base_url: str, *, total: float = 5.0) -> HttpResponse | NoResponse:
    gong = GongClient(HttpOptions(connect=1.0, total=total, connections=2))
    access = credentials_from_api_key(base_url, BasicCredentials("key", "secret"))
    return gong.send(access, Operation.DIGITAL_INTERACTION, b'{"eventId":"1"}', before_write=lambda: None)


def test_a_call_has_the_body_the_credentials_and_the_user_agent():
    with server(lambda sock, _: sock.sendall(OK)) as (url, requests_received):
        answer = send(url)

    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.body) == (200, b'{"requestId":"1"}')
    head = requests_received[0].lower()
    assert requests_received[0].startswith(b"POST /v2/digital-interaction HTTP/1.1\r\n")
    assert b"authorization: basic a2v5onnly3jlda==" in head
    assert b"user-agent: gong-event-relay/" in head
    assert requests_received[0].endswith(b'{"eventId":"1"}')


def test_a_redirect_is_not_followed():
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    with server(lambda sock, _: sock.sendall(redirect)) as (url, requests_received):
        answer = send(url)

    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.headers["location"], len(requests_received)) == (
        302,
        "http://elsewhere.example/",
        1,
    )


def test_a_refused_connection_is_not_ambiguous():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert send(f"http://127.0.0.1:{port}") == Like("no_connection", ambiguous=False)


def test_an_unknown_host_is_not_ambiguous():
    assert send("http://no-such-host.invalid") == Like("no_connection", ambiguous=False)


def test_a_connection_cut_after_the_request_is_ambiguous():
    with server(lambda sock, _: sock.shutdown(socket.SHUT_RDWR)) as (url, _):
        answer = send(url)

    assert answer == Like("connection_lost", ambiguous=True)


def test_a_server_that_never_answers_times_out():
    release = threading.Event()
    with server(lambda *_: release.wait(20) and None) as (url, _):
        answer = send(url, total=0.3)
        release.set()

    assert answer == Like("timeout", ambiguous=True)


def test_a_server_that_sends_single_bytes_is_cut_off_at_the_total_deadline():
    stop = threading.Event()

    def drip(sock: socket.socket, _: bytes) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            sock.sendall(b"x")

    with server(drip) as (url, _):
        started = time.monotonic()
        answer = send(url, total=0.6)
        stop.set()

    assert isinstance(answer, NoResponse)
    assert answer.ambiguous
    assert time.monotonic() - started < 10


def test_a_body_that_stops_coming_times_out():
    release = threading.Event()

    def stall(sock: socket.socket, _: bytes) -> None:
        sock.sendall(OK[:-5])
        release.wait(20)

    with server(stall) as (url, _):
        answer = send(url, total=0.3)
        release.set()

    assert answer == Like("timeout", ambiguous=True)


def test_an_endless_body_is_read_up_to_64_kib():
    head = b"HTTP/1.1 500 Oops\r\nContent-Length: 10000000\r\n\r\n"
    with server(lambda sock, _: sock.sendall(head + b"x" * 10_000_000)) as (url, _):
        answer = send(url)

    assert isinstance(answer, HttpResponse)
    assert (answer.status, len(answer.body)) == (500, 65_536)


def test_a_response_that_is_not_http_counts_as_no_response():
    with server(lambda sock, _: sock.sendall(b"SSH-2.0-OpenSSH\r\n")) as (url, _):
        answer = send(url)

    assert answer == Like("connection_lost", ambiguous=True)


ERRORS = sorted(
    (
        exception
        for _, exception in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(exception, requests.RequestException)
    ),
    key=lambda exception: exception.__name__,
)


@pytest.mark.parametrize("error", ERRORS)
def test_every_exception_of_requests_is_classified(error: type[requests.RequestException]):
    try:
        raised = error("text")
    except TypeError:
        raised = error("text", "doc", 0)

    response = classify_exception(raised)
    assert response.code in {"timeout", "no_connection", "connection_lost"}
    assert error.__name__ in response.detail


class Like:
    """A Silence of this code and doubt, whatever its detail."""

    def __init__(self, code: str, *, ambiguous: bool) -> None:
        self.code, self.ambiguous = code, ambiguous

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoResponse) and (other.code, other.ambiguous) == (self.code, self.ambiguous)

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return f"Silence({self.code!r}, ambiguous={self.ambiguous})"


def test_the_detail_of_a_failure_quotes_no_header_no_proxy_and_no_url():
    secret = requests.exceptions.InvalidHeader("Invalid header value b'Basic secret'")
    proxy = requests.exceptions.ProxyError(
        OSError(111, "Connection refused", "http://user:secret@proxy:3128")
    )

    assert classify_exception(secret).detail == "InvalidHeader"
    assert classify_exception(proxy).detail == "ProxyError: ConnectionRefusedError: Connection refused"
