"""Answers that an HTTP library treats specially: interim responses, broken heads, two lengths, connections closed early."""

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from relay.core.call import Operation
from relay.core.destination import BasicCredentials
from relay.core.outcome import HttpResponse, NoResponse
from tests.harness.raw_gong import Answer, RawGong, envelope, raw_gong, response
from tests.store.tls_proxy import make_certificates
from workers.gong_client import GongClient, HttpOptions, build_request, credentials_from_api_key

OK = envelope(200)
OPTIONS = HttpOptions(connect=2.0, total=5.0, connections=4)
Send = Callable[..., HttpResponse | NoResponse]


@pytest.fixture
def gong() -> Iterator[RawGong]:
    with raw_gong() as gong:
        yield gong


def sender(gong: RawGong, options: HttpOptions = OPTIONS) -> Send:
    """Return a function that sends events through one client, which keeps its connections."""
    client = GongClient(options)
    credentials = credentials_from_api_key(f"{gong.url}/c/acme", BasicCredentials("key", "secret"))

    def send(event: str = "1", *, wait: float = 0.0, fresh: bool = False) -> HttpResponse | NoResponse:
        body = b'{"eventId":"%s"}' % event.encode()
        request = build_request(credentials, Operation.DIGITAL_INTERACTION, body)
        return client.fetch(request, before_write=lambda: time.sleep(wait), fresh=fresh)

    return send


@pytest.fixture
def send(gong: RawGong) -> Send:
    return sender(gong)


def status_of(answer: HttpResponse | NoResponse) -> int:
    assert isinstance(answer, HttpResponse), answer
    return answer.status


INTERIM = (
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX: y\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 199 Other\r\n\r\n",
)


@pytest.mark.parametrize("interim", INTERIM)
@pytest.mark.parametrize("status", [200, 409, 503])
def test_an_interim_response_is_skipped_and_the_final_one_counts(
    gong: RawGong, send: Send, interim: bytes, status: int
):
    gong.script["acme"].append(Answer(interim + envelope(status, "text")))

    assert status_of(send()) == status


def test_the_response_after_an_interim_one_never_counts_for_the_next_call(gong: RawGong, send: Send):
    gong.script["acme"] += [Answer(INTERIM[2] + envelope(503, "down")), Answer()]

    assert [status_of(send("1")), status_of(send("2"))] == [503, 200]


def test_the_bytes_after_a_101_never_count_for_the_next_call(gong: RawGong, send: Send):
    gong.script["acme"] += [Answer(b"HTTP/1.1 101 Switching\r\n\r\n" + OK), Answer(envelope(503, "down"))]

    assert [status_of(send("1")), status_of(send("2"))] == [101, 503]
    assert [request.number for request in gong.calls] == [1, 1]


def test_endless_interim_responses_are_a_lost_connection(gong: RawGong, send: Send):
    gong.script["acme"].append(Answer(INTERIM[1] * 1000 + OK))

    answer = send()
    assert isinstance(answer, NoResponse)
    assert (answer.code, answer.ambiguous) == ("connection_lost", True)


HEAD = OK[: OK.index(b"\r\n\r\n") + 4]


@pytest.mark.parametrize("length", [*range(1, len(HEAD), 7), len(HEAD) - 3, len(HEAD) - 2, len(HEAD) - 1])
def test_a_response_cut_in_its_head_is_a_lost_connection(gong: RawGong, send: Send, length: int):
    gong.script["acme"].append(Answer(OK[:length], closes=True))

    answer = send()
    assert isinstance(answer, NoResponse)
    assert (answer.code, answer.ambiguous) == ("connection_lost", True)


@pytest.mark.parametrize("length", range(len(HEAD), len(OK), 5))
def test_a_response_cut_in_its_body_is_a_lost_connection(gong: RawGong, send: Send, length: int):
    gong.script["acme"].append(Answer(OK[:length], closes=True))

    answer = send()
    assert isinstance(answer, NoResponse)
    assert (answer.code, answer.ambiguous) == ("connection_lost", True)


BODY = b'{"requestId":"1"}'


@pytest.mark.parametrize(
    "lengths",
    [
        ("Content-Length: 5",),
        ("Content-Length: 999",),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -1",),
        ("Content-Length: +17",),
        ("Content-Length: x",),
        ("Content-Length:",),
        ("Content-Length: 17, 5",),
        ("Content-Length: 17, 17",),
    ],
)
def test_contradicting_lengths_are_a_lost_connection_and_ambiguous(
    gong: RawGong, send: Send, lengths: tuple[str, ...]
):
    gong.script["acme"] += [Answer(response(200, BODY, *lengths)), Answer()]

    answer = send()
    assert isinstance(answer, NoResponse)
    assert (answer.code, answer.ambiguous) == ("connection_lost", True)
    assert status_of(send("2")) == 200


def test_one_length_that_is_sent_twice_is_one_length(gong: RawGong, send: Send):
    gong.script["acme"].append(Answer(response(200, BODY, f"Content-Length: {len(BODY)}")))

    assert status_of(send()) == 200


def test_bytes_after_a_response_never_count_for_the_next_call(gong: RawGong, send: Send):
    gong.script["acme"] += [Answer(OK + OK), Answer(envelope(503, "down"))]

    assert status_of(send("1")) == 200
    time.sleep(0.05)
    assert status_of(send("2")) == 503


def test_connections_are_kept(gong: RawGong, send: Send):
    assert [status_of(send(str(number))) for number in range(3)] == [200] * 3
    assert [request.number for request in gong.calls] == [1, 2, 3]


@pytest.mark.parametrize("after", [0.0, 0.1])
def test_a_kept_connection_that_closes_during_the_wait_for_the_rate_gate_costs_no_call(
    gong: RawGong, send: Send, after: float
):
    gong.always["acme"] = Answer(closes=True, after=after)

    for number in range(3):
        assert status_of(send(str(number), wait=0.3)) == 200
    assert len(gong.calls) == 3


def test_a_peer_without_any_patience_gets_the_call_at_once(gong: RawGong, send: Send):
    gong.patience = 0.1

    assert status_of(send(wait=0.4)) == 200
    assert len(gong.calls) == 1


def test_a_new_connection_that_closes_during_the_wait_is_opened_again(gong: RawGong):
    # The peer closes what is idle for a tenth of a second; the first wait for the rate gate is longer.
    gong.patience = 0.1
    waits = iter([0.5, 0.0])
    credentials = credentials_from_api_key(f"{gong.url}/c/acme", BasicCredentials("key", "secret"))
    answer = GongClient(OPTIONS).send(
        credentials,
        Operation.DIGITAL_INTERACTION,
        b'{"eventId":"1"}',
        before_write=lambda: time.sleep(next(waits)),
    )

    assert status_of(answer) == 200


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The TLS context of a server that clients with `trust_env` trust."""
    certificates = make_certificates(tmp_path / "tls")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.certificate, certificates.key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
    return context


def test_over_tls_a_wait_costs_no_connection(tls: ssl.SSLContext):
    # A server of TLS 1.3 sends session tickets at once, so there are bytes to read before the request is written.
    with raw_gong(tls=tls) as gong:
        send = sender(gong, replace(OPTIONS, trust_env=True))

        assert [status_of(send(str(number), wait=0.2)) for number in range(3)] == [200] * 3
    assert [request.number for request in gong.calls] == [1, 2, 3]


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Tunnel(socketserver.StreamRequestHandler):
    """A proxy that understands CONNECT and nothing else."""

    def handle(self) -> None:
        line = self.rfile.readline().split()
        while self.rfile.readline().strip():
            pass
        host, port = line[1].decode().split(":")
        with socket.create_connection((host, int(port))) as target:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=_pump, args=(target, self.connection), daemon=True).start()
            _pump(self.connection, target)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Tunnel) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        yield
        server.shutdown()


@pytest.mark.usefixtures("proxy")
def test_through_a_tunnel_a_connection_that_closes_is_opened_again(tls: ssl.SSLContext):
    with raw_gong(tls=tls) as gong:
        gong.always["acme"] = Answer(closes=True, after=0.1)
        send = sender(gong, replace(OPTIONS, trust_env=True))

        assert [status_of(send(str(number), wait=0.3)) for number in range(3)] == [200] * 3
        assert status_of(send("4", fresh=True)) == 200
    assert [request.number for request in gong.calls] == [1] * 4


def test_a_kept_connection_that_breaks_is_reported_as_such(gong: RawGong, send: Send):
    gong.script["acme"] += [Answer(), Answer(b"", closes=True), Answer(b"", closes=True)]

    assert status_of(send("1")) == 200
    on_kept, on_new = send("2"), send("2", fresh=True)
    assert isinstance(on_kept, NoResponse)
    assert isinstance(on_new, NoResponse)
    assert (on_kept.code, on_kept.ambiguous, on_kept.reused) == ("connection_lost", True, True)
    assert (on_new.code, on_new.ambiguous, on_new.reused) == ("connection_lost", True, False)
    assert [request.number for request in gong.calls] == [1, 2, 1]


def test_a_fresh_call_uses_no_kept_connection(gong: RawGong, send: Send):
    assert [status_of(send("1")), status_of(send("2", fresh=True))] == [200, 200]
    assert [request.number for request in gong.calls] == [1, 1]
