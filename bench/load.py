"""A load generator: keep-alive connections from one process, each of which sends an event once the previous is answered.

`python -m bench.load PORT SECONDS CONNECTIONS FIRST` prints one JSON object. Every event has its own number,
counting up from FIRST, so that none is a duplicate.
"""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

from bench.sample import KEY, MARK, template


@dataclass(slots=True)
class Connection:
    """One socket and the answer that is arriving on it."""

    sock: socket.socket
    buffer: bytes = b""


@dataclass(slots=True)
class Load:
    """What was sent: how many events were accepted, and the answers other than 202."""

    number: int
    accepted: int = 0
    rejected: list[str] = field(default_factory=list)

    def request(self) -> bytes:
        self.number += 1
        return _HEAD + _BODY.replace(MARK, b"%016d" % self.number)

    def record(self, answer: bytes) -> None:
        if answer.startswith(b"HTTP/1.1 202"):
            self.accepted += 1
        else:
            self.rejected.append(answer[:400].decode("utf-8", "replace"))


_BODY = template()
_HEAD = (
    f"POST /v1/events HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {KEY}\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n"
).encode()


def drive(port: int, seconds: float, connections: int, first: int) -> Load:
    """Keep `connections` busy for `seconds`."""
    load, selector = Load(first), selectors.DefaultSelector()
    deadline = time.perf_counter() + seconds
    for _ in range(connections):
        connection = Connection(socket.create_connection(("127.0.0.1", port)))
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.sock, selectors.EVENT_READ, connection)
        _send(load, connection)
    while time.perf_counter() < deadline:
        for ready, _ in selector.select(1.0):
            _read(load, ready.data)
    return load


def _send(load: Load, connection: Connection) -> None:
    connection.buffer = b""
    connection.sock.sendall(load.request())


def _read(load: Load, connection: Connection) -> None:
    part = connection.sock.recv(65_536)
    if not part:
        raise ConnectionError(f"the server closed the connection after {connection.buffer[:400]!r}")
    connection.buffer += part
    head, complete, body = connection.buffer.partition(b"\r\n\r\n")
    if complete and len(body) >= int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
        load.record(connection.buffer)
        _send(load, connection)


def main() -> None:
    port, seconds, connections, first = sys.argv[1:]
    load = drive(int(port), float(seconds), int(connections), int(first))
    print(json.dumps({"accepted": load.accepted, "rejected": load.rejected[:1]}))


if __name__ == "__main__":
    main()
