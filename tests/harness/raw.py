"""A sender on a bare socket, which sends exactly the given bytes."""

import socket
from urllib.parse import urlsplit

from tests.harness.accounts import Account


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def head(account: Account, headers: bytes) -> bytes:
    """Return the head of a request that posts events as NDJSON. `headers` are complete lines about the body's length."""
    return (
        b"POST /v1/events HTTP/1.1\r\nHost: relay\r\nContent-Type: application/x-ndjson\r\n"
        b"Authorization: Bearer " + account.key.encode() + b"\r\n" + headers + b"\r\n"
    )


def status(wire: socket.socket) -> int:
    """Return the status of the response."""
    with wire.makefile("rb") as answer:
        line = answer.readline()
    assert line.startswith(b"HTTP/1.1 "), f"no answer, but {line!r}"
    return int(line.split()[1])
