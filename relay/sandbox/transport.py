"""How an answer leaves: as it should, or late, unreadable, compressed or cut off, as armed faults want it."""

import errno
import gzip
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final, NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

from relay.sandbox.answers import HTML_TYPE, Answer, body_of, headers_of, refusal
from relay.sandbox.faults import Content, Fault, FaultKind

Strikes = Mapping[FaultKind, Fault]

NO_ANSWER: Final = Answer(0, {})
_SLOW_PIECE_BYTES: Final = 4
_CHALLENGE: Final = """<!DOCTYPE html>
<html lang="en"><head><title>gong.io | {status}</title></head>
<body><h1>Error {status}</h1><p>Ray ID: 8f2c0de5ca11ab1e &bull; cloudflare</p></body></html>
"""


def at_the_edge(strikes: Strikes) -> Answer | None:
    """What something before Gong answers in its place."""
    if FaultKind.DELAY in strikes:
        time.sleep(strikes[FaultKind.DELAY].seconds)
    if FaultKind.RESET_BEFORE in strikes:
        return NO_ANSWER
    if fault := strikes.get(FaultKind.REDIRECT):
        return Answer(HTTPStatus.FOUND, {}, (("Location", fault.location),), text="")
    if fault := strikes.get(FaultKind.CLOUDFLARE_HTML):
        return _cloudflare(fault.status)
    if fault := strikes.get(FaultKind.STATUS):
        return _status(fault)
    return None


class Reply(NamedTuple):
    """What goes on the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterable[bytes]


def reply(answer: Answer, request_id: str, strikes: Strikes, environ: WSGIEnvironment) -> Reply:
    """The answer as it leaves. One that was accepted may hang: it is kept, and nobody is told."""
    if answer is NO_ANSWER or (FaultKind.HANG_AFTER_ACCEPT in strikes and answer.accepted):
        if answer is not NO_ANSWER:
            time.sleep(strikes[FaultKind.HANG_AFTER_ACCEPT].seconds)
        return Reply(HTTPStatus.OK, [], _cut(environ))
    body, headers = body_of(answer, request_id), [*headers_of(answer, request_id)]
    if FaultKind.TRUNCATE_JSON in strikes:
        body = body[: len(body) // 2]
    if FaultKind.GZIP in strikes:
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    if fault := strikes.get(FaultKind.SLOW_BODY):
        return Reply(answer.status, headers, _slowly(body, fault.seconds))
    return Reply(answer.status, headers, [body])


def send(reply: Reply, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Hand a reply to the server. A server may refuse a status line without a phrase."""
    start_response(_LINES.get(reply.status) or f"{reply.status} Unknown", reply.headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else reply.body


_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def _status(fault: Fault) -> Answer:
    match fault.body:
        case Content.JSON:
            ours = fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return refusal(fault.status, ["Internal server error occurred" if ours else "Rejected"])
        case Content.HTML:
            html = f"<html><body><h1>{fault.status}</h1></body></html>"
            return Answer(fault.status, {}, text=html, content_type=HTML_TYPE)
        case Content.EMPTY:
            return Answer(fault.status, {}, text="")


def _cloudflare(status: int) -> Answer:
    headers = (("cf-ray", "8f2c0de5ca11ab1e-TXL"),)
    return Answer(status, {}, headers, text=_CHALLENGE.format(status=status), content_type=HTML_TYPE)


def _slowly(body: bytes, seconds: float) -> Iterator[bytes]:
    starts = range(0, len(body), _SLOW_PIECE_BYTES)
    for start in starts:
        time.sleep(seconds / len(starts))
        yield body[start : start + _SLOW_PIECE_BYTES]


def _cut(environ: WSGIEnvironment) -> Iterator[bytes]:
    """A body that breaks the connection before its first byte, and so before any header too.

    Gunicorn drops a connection whose body raises ConnectionResetError; werkzeug goes on reading from it,
    so the socket is shut down first. Either names its socket differently.
    """
    yield from ()  # a generator, so that nothing happens before the server asks for the body
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError(errno.ECONNRESET, "cut by a fault")
