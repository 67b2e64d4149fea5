"""Broken, slow and unusual HTTP on raw sockets to a real server: each gets its status, and the log quotes none of it."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

import pytest

from relay.settings import Settings
from tests.harness import raw
from tests.harness.accounts import Account
from tests.harness.clients import Relay, page_view
from tests.harness.stack import Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("http")
CANARY = b"canary-4711-of-a-stranger"
LINE = json.dumps(page_view("whole")).encode() + b"\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LIMIT = Settings().max_body_bytes


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    settings = {"RELAY_RECEIVE_TIMEOUT_SECONDS": "1", "RELAY_REQUEST_TIMEOUT_SECONDS": "3"}
    with launch(Plan([ACCOUNT], settings, workers=0)) as stack:
        yield stack


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])

    @property
    def closes(self) -> bool:
        return b"\r\nconnection: close" in self.head.lower()


def read_answer(wire: socket.socket) -> Answer:
    with wire.makefile("rb") as file:
        lines = iter(file.readline, b"\r\n")
        head = b"".join(lines)
        fields = dict(line.lower().split(b": ", 1) for line in head.splitlines()[1:])
        return Answer(int(head.split()[1]), head, file.read(int(fields.get(b"content-length", 0))))


def exchange(stack: Stack, request: bytes, *, stops_sending: bool = False) -> Answer:
    with raw.connect(stack.url) as wire:
        wire.sendall(request)
        if stops_sending:
            wire.shutdown(socket.SHUT_WR)
        return read_answer(wire)


def drip(stack: Stack, start: bytes, piece: bytes, *, every: float) -> Answer:
    """Send a start, and then one piece after another until an answer arrives."""
    with raw.connect(stack.url) as wire:
        wire.sendall(start)
        wire.settimeout(every)
        while True:
            with suppress(TimeoutError):
                wire.recv(1, socket.MSG_PEEK)
                break
            with suppress(OSError):
                wire.sendall(piece)
        wire.settimeout(30)
        return read_answer(wire)


def post(headers: bytes, body: bytes = b"", path: bytes = b"/v1/events") -> bytes:
    key = ACCOUNT.key.encode()
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: relay\r\nContent-Type: application/x-ndjson\r\n"
        b"Authorization: Bearer " + key + b"\r\n" + headers + b"\r\n" + body
    )


def form(headers: bytes, body: bytes = b"") -> bytes:
    return b"POST /ops/sign-in HTTP/1.1\r\nHost: relay\r\n" + FORM + headers + b"\r\n" + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


BROKEN_HEADS = {
    "http 0.9": b"GET /" + CANARY + b"\r\n",
    "a lower-case method": b"get /" + CANARY + b" HTTP/1.1\r\n\r\n",
    "a version that does not exist": b"GET /" + CANARY + b" HTTP/9.9\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00" + CANARY,
    "line feeds only": b"GET /" + CANARY + b" HTTP/1.1\nHost: a\n\n",
    "a control character": b"GET / HTTP/1.1\r\nX: " + CANARY + b"\x00\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: " + CANARY + b"\r\n\r\n",
    "a space in a name": b"GET / HTTP/1.1\r\nX " + CANARY + b": 1\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nX: 1\r\n " + CANARY + b"\r\n\r\n",
    "another expectation": b"GET / HTTP/1.1\r\nExpect: " + CANARY + b"\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: " + CANARY + b"\r\n\r\n",
    "a length that is no number": post(b"Content-Length: " + CANARY + b"\r\n"),
    "two lengths": post(b"Content-Length: 5\r\nContent-Length: 6\r\n", CANARY),
    "a length and chunks": post(CHUNKED + b"Content-Length: 5\r\n", CANARY),
    "chunks that are not last": post(b"Transfer-Encoding: chunked, gzip\r\n", CANARY),
}


@pytest.mark.parametrize("name", BROKEN_HEADS)
def test_a_broken_head_is_answered_400_and_the_connection_closed(stack: Stack, name: str):
    answer = exchange(stack, BROKEN_HEADS[name])

    assert (answer.status, answer.code, answer.closes) == (400, "bad_head", True)
    assert CANARY not in answer.body


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 51 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 1000 + b"\r\n") * 40 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 1000 + b"\r\n") * 640,
    ],
    ids=["a long line", "a long field", "many fields", "a large head", "a head of 640 KB without an end"],
)
def test_a_head_that_is_too_large_is_answered_431(stack: Stack, head: bytes):
    answer = exchange(stack, head)

    assert (answer.status, answer.code, answer.closes) == (431, "head_too_large", True)


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"br, chunked", b"deflate , chunked"])
def test_other_transfer_codings_are_answered_501(stack: Stack, coding: bytes):
    answer = exchange(stack, post(b"Transfer-Encoding: " + coding + b"\r\n", chunk(CANARY)))

    assert (answer.status, answer.code) == (501, "unsupported_transfer_coding")


BROKEN_CHUNKS = {
    "a size that is no number": b"zz" + CANARY + b"\r\n",
    "a negative size": b"-5\r\n" + CANARY,
    "a size with a prefix": b"0x5\r\n" + CANARY,
    "no size": b"\r\n" + CANARY,
    "a size of 17 digits": b"10000000000000000\r\n" + CANARY,
    "no end of the chunk": b"5\r\n" + CANARY + b"\r\n0\r\n\r\n",
    "an endless size line": b"5;" + b"a" * 5000,
    "a control character in an extension": b"5;\x01\r\n" + CANARY,
    "a trailer without a name": chunk(LINE) + b"0\r\n" + CANARY + b"\r\n\r\n",
    "an endless trailer": chunk(LINE) + b"0\r\nX: " + b"a" * 10_000,
    "many trailers": chunk(LINE) + b"0\r\n" + b"X: a\r\n" * 100 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN_CHUNKS)
@pytest.mark.parametrize("build", [post, form], ids=["events", "form"])
def test_broken_chunks_are_answered_400(stack: Stack, build: Callable[[bytes, bytes], bytes], name: str):
    answer = exchange(stack, build(CHUNKED, BROKEN_CHUNKS[name]))

    assert answer.status == 400
    assert answer.closes
    assert CANARY not in answer.body
    if build is post:
        assert answer.code == "bad_chunk"


def test_many_tiny_chunks_are_answered_400(stack: Stack):
    answer = exchange(stack, post(CHUNKED, chunk(b"x") * 30_000 + b"0\r\n\r\n"))

    assert (answer.status, answer.code) == (400, "bad_chunk")


@pytest.mark.parametrize(
    "body", [b"", b"5", b"5\r\n", b"ffffffffffffffff\r\n" + LINE, chunk(LINE), chunk(LINE) + b"0\r\n"]
)
def test_chunks_that_end_early_are_incomplete(stack: Stack, body: bytes):
    answer = exchange(stack, post(CHUNKED, body), stops_sending=True)

    assert (answer.status, answer.code) == (400, "body_incomplete")


def test_chunks_with_extensions_and_trailers_are_accepted(stack: Stack):
    half = len(LINE) // 2
    body = b"%X;a=b\r\n%s\r\n%x ; c\r\n%s\r\n0;d\r\nX-Trailer: 1\r\n\r\n" % (
        half,
        LINE[:half],
        len(LINE) - half,
        LINE[half:],
    )

    assert exchange(stack, post(CHUNKED, body)).status == 202


def test_a_form_cut_short_is_not_processed(stack: Stack):
    answer = exchange(stack, form(b"Content-Length: 50\r\n", b"key=" + CANARY), stops_sending=True)

    assert answer.status == 400


def test_a_form_without_a_length_has_no_body_to_wait_for(stack: Stack):
    assert exchange(stack, form(b"")).status < 500


@pytest.mark.parametrize("headers", [b"Content-Length: %d\r\n" % (LIMIT + 1), CHUNKED])
def test_a_form_larger_than_a_body_may_be_is_not_read_to_its_end(stack: Stack, headers: bytes):
    padding = chunk(b"a=" + b"b" * 65_000) if headers == CHUNKED else b"a=" + b"b" * 65_000
    answer = exchange(stack, form(headers, padding * 20))

    # In chunks, the sign-in page reads the first 16 KB, in which there is no key.
    assert (answer.status, answer.closes) == (403 if headers == CHUNKED else 413, True)


def test_the_deadline_is_for_the_whole_head(stack: Stack):
    answer = drip(stack, b"GET /livez HTTP/1.1\r\nX: ", b"a", every=0.3)

    assert (answer.status, answer.code, answer.closes) == (408, "request_timeout", True)


@pytest.mark.parametrize("build", [post, form], ids=["events", "form"])
@pytest.mark.parametrize("headers", [b"Content-Length: 10000\r\n", CHUNKED], ids=["by length", "in chunks"])
def test_a_body_that_drips_is_answered_408(
    stack: Stack, build: Callable[[bytes], bytes], headers: bytes
) -> None:
    answer = drip(stack, build(headers), chunk(b"a") if headers == CHUNKED else b"a", every=0.3)

    assert (answer.status, answer.closes) == (408, True)


def test_a_body_that_stalls_after_a_fast_start_is_answered_408(stack: Stack):
    answer = drip(stack, post(b"Content-Length: 1000000\r\n", b" " * 900_000), b"", every=0.3)

    assert (answer.status, answer.code) == (408, "request_timeout")


def test_a_body_that_progresses_but_does_not_end_in_time_is_answered_408(stack: Stack):
    answer = drip(stack, post(b"Content-Length: 1000000\r\n"), b" " * 2000, every=0.3)

    assert (answer.status, answer.code) == (408, "request_timeout")


def test_a_client_that_reads_no_response_is_disconnected(stack: Stack):
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(30)
        address = stack.url.removeprefix("http://").split(":")
        wire.connect((address[0], int(address[1])))
        with suppress(OSError):
            for _ in range(2000):
                wire.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(
            lambda: b"response_not_read" in stack.web.log.read_bytes(), within=30, what="the disconnection"
        )


def test_a_body_is_asked_for_only_when_it_is_read(stack: Stack):
    expect = b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(LINE)
    with raw.connect(stack.url) as wire:
        wire.sendall(post(expect))
        assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(LINE)
        assert read_answer(wire).status == 202
    stranger = post(expect).replace(ACCOUNT.key.encode(), CANARY)
    answer = exchange(stack, stranger)
    assert (answer.status, answer.closes) == (401, True)


def test_many_clients_of_one_address_are_all_answered(stack: Stack):
    """More connections at once than one address may keep: none is closed while it is in use."""

    def send(number: int) -> list[int]:
        statuses = []
        # A new connection for each request: an idle one may be closed at any time, and then the client repeats.
        for turn in range(3):
            with closing(Relay(stack.url, timeout=60)) as relay:
                statuses.append(relay.post(ACCOUNT, page_view(f"{number}-{turn}")).status_code)
        return statuses

    clients = Settings().max_connections_per_client + 50
    with ThreadPoolExecutor(clients) as pool:
        statuses = [status for answers in pool.map(send, range(clients)) for status in answers]
    assert statuses == [202] * (3 * clients)


def test_pipelined_requests_are_answered_in_order(stack: Stack):
    chunks = post(CHUNKED, chunk(LINE) + b"0\r\n\r\n")
    sized = post(b"Content-Length: %d\r\n" % len(LINE), LINE)
    with raw.connect(stack.url) as wire:
        wire.sendall(chunks + b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" + sized)
        rest = wire.makefile("rb")
        statuses = []
        while len(statuses) < 3:
            line = rest.readline()
            if line.startswith(b"HTTP/1.1 "):
                statuses.append(int(line.split()[1]))
        rest.close()
    assert statuses == [202, 200, 202]


def test_a_short_unread_body_does_not_cost_the_connection(stack: Stack):
    with raw.connect(stack.url) as wire:
        for _ in range(3):
            wire.sendall(post(b"Content-Length: 30000\r\n", b"a" * 30_000, b"/nowhere"))
            answer = read_answer(wire)
            assert (answer.status, answer.closes) == (404, False)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (post(b"Content-Length: 900000000\r\n", path=b"/nowhere"), 404),
        (post(b"Content-Length: 900000000\r\n"), 413),
        (post(b"Content-Length: 1000000\r\n").replace(ACCOUNT.key.encode(), CANARY), 401),
        (post(CHUNKED, b"fffffff\r\n").replace(ACCOUNT.key.encode(), CANARY), 401),
    ],
)
def test_a_long_unread_body_is_not_read_to_its_end(stack: Stack, request_head: bytes, status: int):
    with raw.connect(stack.url) as wire:
        wire.sendall(request_head)
        answer = read_answer(wire)
        assert (answer.status, answer.closes) == (status, True)
        sent = 0
        with suppress(OSError):
            while sent < 200_000_000:
                sent += wire.send(b"a" * 65_536)
        assert sent < 100_000_000


def test_what_is_said_in_the_log_is_json_and_quotes_nothing(stack: Stack):
    """Runs last: the log then contains what every test above caused."""
    stack.web.terminate()
    assert stack.web.wait(30) == 0
    lines = stack.web.log.read_bytes().splitlines()

    assert {json.loads(line)["event"] for line in lines} >= {"server.bad_request", "request.answered"}
    assert CANARY not in stack.web.log.read_bytes()
    assert ACCOUNT.key.encode() not in stack.web.log.read_bytes()
