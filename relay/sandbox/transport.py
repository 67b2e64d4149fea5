"""Sends a response, with the faults that apply to it: late, redirected, truncated, compressed or cut off."""

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

from relay.sandbox.faults import Fault, FaultBody, FaultKind
from relay.sandbox.responses import HTML_TYPE, GongResponse, encode_body, error_response, list_headers

FaultsByKind = Mapping[FaultKind, Fault]

NO_RESPONSE: Final = GongResponse(status=0, fields={})
"""Close the connection without a response."""

_SLOW_CHUNK_BYTES: Final = 4
_CLOUDFLARE_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><title>gong.io | {status}</title></head>
<body><h1>Error {status}</h1><p>Ray ID: 8f2c0de5ca11ab1e &bull; cloudflare</p></body></html>
"""


def edge_response(faults: FaultsByKind) -> GongResponse | None:
    """Return what a proxy in front of Gong would answer instead, if a fault asks for that."""
    if FaultKind.DELAY in faults:
        time.sleep(faults[FaultKind.DELAY].seconds)
    if FaultKind.RESET_BEFORE in faults:
        return NO_RESPONSE
    if fault := faults.get(FaultKind.REDIRECT):
        return GongResponse(
            status=HTTPStatus.FOUND, fields={}, headers=(("Location", fault.location),), text=""
        )
    if fault := faults.get(FaultKind.CLOUDFLARE_HTML):
        return _cloudflare_response(fault.status)
    if fault := faults.get(FaultKind.STATUS):
        return _status_response(fault)
    return None


class HttpReply(NamedTuple):
    """A response as it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterable[bytes]


def build_reply(
    response: GongResponse, request_id: str, faults: FaultsByKind, environ: WSGIEnvironment
) -> HttpReply:
    """Apply the faults to a response.

    `hang_after_accept` closes the connection of an accepted event: the event is kept, but its sender gets no response.
    """
    if response is NO_RESPONSE:
        return HttpReply(HTTPStatus.OK, [], _cut_connection(environ))
    if FaultKind.HANG_AFTER_ACCEPT in faults and response.accepted:
        time.sleep(faults[FaultKind.HANG_AFTER_ACCEPT].seconds)
        return HttpReply(HTTPStatus.OK, [], _cut_connection(environ))
    body, headers = encode_body(response, request_id), [*list_headers(response, request_id)]
    if FaultKind.TRUNCATE_JSON in faults:
        body = body[: len(body) // 2]
    if FaultKind.GZIP in faults:
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    if fault := faults.get(FaultKind.SLOW_BODY):
        return HttpReply(response.status, headers, _send_slowly(body, fault.seconds))
    return HttpReply(response.status, headers, [body])


def send_reply(reply: HttpReply, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Pass a reply to the WSGI server."""
    # Some servers reject a status line without a reason phrase.
    start_response(_STATUS_LINES.get(reply.status) or f"{reply.status} Unknown", reply.headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else reply.body


_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def _status_response(fault: Fault) -> GongResponse:
    headers = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
    match fault.body:
        case FaultBody.JSON:
            is_server_error = fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return error_response(
                fault.status, ["Internal server error occurred" if is_server_error else "Rejected"], headers
            )
        case FaultBody.OTHER_JSON:
            return GongResponse(
                status=fault.status, fields={}, headers=headers, text='{"message":"Forbidden"}'
            )
        case FaultBody.HTML:
            html = f"<html><body><h1>{fault.status}</h1></body></html>"
            return GongResponse(
                status=fault.status, fields={}, headers=headers, text=html, content_type=HTML_TYPE
            )
        case FaultBody.EMPTY:
            return GongResponse(status=fault.status, fields={}, headers=headers, text="")


def _cloudflare_response(status: int) -> GongResponse:
    headers = (("cf-ray", "8f2c0de5ca11ab1e-TXL"),)
    return GongResponse(
        status=status,
        fields={},
        headers=headers,
        text=_CLOUDFLARE_PAGE.format(status=status),
        content_type=HTML_TYPE,
    )


def _send_slowly(body: bytes, seconds: float) -> Iterator[bytes]:
    starts = range(0, len(body), _SLOW_CHUNK_BYTES)
    for start in starts:
        time.sleep(seconds / len(starts))
        yield body[start : start + _SLOW_CHUNK_BYTES]


def _cut_connection(environ: WSGIEnvironment) -> Iterator[bytes]:
    """A body that resets the connection before its first byte, so that no header is sent either."""
    yield from ()  # makes this a generator: nothing happens before the server asks for the body
    # Gunicorn drops a connection whose body raises ConnectionResetError, but werkzeug continues to read from it.
    # So shut the socket down first; each server has its own name for it.
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError(errno.ECONNRESET, "cut by a fault")
