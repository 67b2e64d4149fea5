"""A Gong on bare sockets: it sends exactly the given bytes, closes connections when it likes, and else answers like Gong."""

import json
import re
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call is answered. `raw` None: as Gong does.

    `stores`: Gong has the event all the same. `closes`: the connection is closed after the answer, `after` seconds later.
    """

    raw: bytes | None = None
    stores: bool = False
    closes: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived. `number` counts those of its connection from 1; `account` is in the path."""

    account: str
    number: int
    head: bytes
    body: bytes

    @property
    def event_id(self) -> str:
        return str(json.loads(self.body or b"{}").get("eventId", ""))


def response(status: int, body: bytes, *headers: str) -> bytes:
    """Return a whole response with its Content-Length."""
    lines = [f"HTTP/1.1 {status} Text", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def envelope(status: int, *errors: str) -> bytes:
    """Return a response of Gong."""
    body = {"requestId": "4al018gzaztcr8nbukw"} | ({"errors": list(errors)} if errors else {})
    return response(status, json.dumps(body).encode(), "Content-Type: application/json;charset=UTF-8")


@dataclass
class RawGong:
    """The server's state. `script` has the answers to an account's next calls, `always` those to all further ones."""

    url: str
    script: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, Answer] = field(default_factory=dict)
    calls: list[Request] = field(default_factory=list)
    events: set[tuple[str, str]] = field(default_factory=set)
    most_requests: dict[str, int] = field(default_factory=dict)
    """How many requests of an account a connection answers; then it is closed in place of the next answer."""
    patience: float | None = None
    """Seconds after which a connection without a request is closed."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer:
        """Record a call and return how to answer it."""
        with self.lock:
            self.calls.append(request)
            if request.number > self.most_requests.get(request.account, request.number):
                return Answer(b"", closes=True)
            script = self.script[request.account]
            answer = script.popleft() if script else self.always.get(request.account, Answer())
            event = (request.account, request.event_id)
            is_known = event in self.events
            if request.event_id and (answer.stores or answer.raw is None):
                self.events.add(event)
        if answer.raw is not None:
            return answer
        return Answer(_gongs_answer(request, is_known=is_known), closes=answer.closes, after=answer.after)

    def count_calls(self, account: str) -> int:
        with self.lock:
            return sum(request.account == account for request in self.calls)

    def event_ids(self, account: str) -> list[str]:
        with self.lock:
            return sorted(event_id for name, event_id in self.events if name == account)


def _gongs_answer(request: Request, *, is_known: bool) -> bytes:
    if not request.event_id:
        return envelope(400, "eventId: must not be null")
    return envelope(409, "Event was already reported in the past") if is_known else envelope(200)


@contextmanager
def raw_gong(
    script: Mapping[str, Iterable[Answer]] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[RawGong]:
    """Run the server, over TLS if `tls` is given. An account's base URL is `url` with `/c/<account>`."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    gong = RawGong(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}")
    for account, answers in (script or {}).items():
        gong.script[account].extend(answers)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=_serve, args=(gong, connection, tls), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield gong
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _serve(gong: RawGong, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        connection.settimeout(gong.patience)
        with connection, connection.makefile("rb") as stream:
            _answer_all(gong, connection, stream)


def _answer_all(gong: RawGong, connection: socket.socket, stream: Iterable[bytes]) -> None:
    number = 0
    while request := _read_request(stream, number + 1):
        number += 1
        answer = gong.answer(request)
        connection.sendall(answer.raw or b"")
        if answer.closes:
            threading.Event().wait(answer.after)
            connection.shutdown(socket.SHUT_RDWR)
            return


def _read_request(stream: Iterable[bytes], number: int) -> Request | None:
    lines: list[bytes] = []
    for line in stream:
        lines.append(line)
        if line == b"\r\n":
            break
    head = b"".join(lines)
    if not head.endswith(b"\r\n\r\n"):
        return None
    length = re.search(rb"(?i)content-length: (\d+)", head)
    account = re.search(rb"/c/([^/ ]+)", head)
    body = stream.read(int(length[1])) if length else b""  # type: ignore[attr-defined]
    return Request(account[1].decode() if account else "", number, head, body)
