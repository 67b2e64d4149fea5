"""A stand-in for Gong that accepts everything and answers after a delay: `python -m bench.sink PORT LATENCY_SECONDS`."""

import sys
from itertools import count
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Any

import gevent
from gevent.server import StreamServer

_numbers = count()


def serve(latency_seconds: float) -> Any:
    """A handler for one connection that answers call after call until the client closes it."""

    def handle(sock: socket, _address: object) -> None:
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        stream = sock.makefile("rb", 65_536)
        while stream.readline():
            stream.read(_length(stream))
            if latency_seconds:
                gevent.sleep(latency_seconds)
            sock.sendall(_answer(b'{"requestId":"%016d"}' % next(_numbers)))

    return handle


def _length(stream: Any) -> int:
    length = 0
    while (line := stream.readline().lower()).strip():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return length


def _answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


if __name__ == "__main__":
    StreamServer(("127.0.0.1", int(sys.argv[1])), serve(float(sys.argv[2]))).serve_forever()
