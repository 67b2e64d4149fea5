"""One connection of a client: its socket, what it received, and how long it may take."""

import socket
import struct
import time
from contextlib import suppress
from typing import Any

from relay.core.errors import BadRequest, RequestTimeout
from relay.web.server.connection_table import ClientUsage, ConnectionTable, Phase, busy
from relay.web.server.head import HeadBuffer
from relay.web.server.limits import LINGER_BYTES, LINGER_SECONDS, MIN_BYTES_PER_SECOND, ServerLimits

_RECEIVE_BYTES = 8_192
_BODY_RECEIVE_BYTES = 262_144
_MIN_TIMEOUT_SECONDS = 0.001
_ABORT = struct.pack("ii", 1, 0)

_waste = bytearray(65_536)
"""Unused bytes are received into it."""


class BodyPace:
    """How long a body may take: in each period it must progress, and it must end in time."""

    def __init__(self, limits: ServerLimits, now: float) -> None:
        self._period = limits.receive_seconds
        self._least = int(MIN_BYTES_PER_SECOND * limits.receive_seconds)
        self._end, self._period_end = now + limits.request_seconds, now + limits.receive_seconds
        self._bytes = 0

    def add(self, count: int, now: float) -> None:
        """Record bytes that arrived."""
        self._bytes += count
        if self._bytes >= self._least:
            self._bytes, self._period_end = 0, now + self._period

    def seconds_left(self, now: float) -> float:
        """Return how long the next byte may take. 0 or less if the body is too slow."""
        return min(self._end, self._period_end) - now


class Connection:
    """A client's connection. Its methods raise RequestTimeout and BadRequest; other errors of the socket are OSError."""

    def __init__(self, sock: Any, table: ConnectionTable, limits: ServerLimits) -> None:
        self.sock = sock
        self.pending = bytearray()
        """Bytes that arrived after those that were read."""
        self.phase = Phase.IDLE
        self.since = 0.0
        self.client: ClientUsage = ClientUsage()
        self.body_bytes = 0
        self.waits_for_client = False
        self.is_reserved = False
        self.has_sent = False
        """True once a part of the response to the present request was sent."""
        self._is_sending = False
        self._table, self._limits = table, limits
        self._pace = BodyPace(limits, time.monotonic())

    def read_head(self) -> bytes | None:
        """Wait for a request and return its head; None if the client closed the connection, or sent nothing for too long."""
        self._table.move(self, Phase.IDLE)
        self.has_sent = False
        buffer = HeadBuffer()
        piece = bytes(self.pending) or self._receive_first()
        deadline = time.monotonic() + self._limits.receive_seconds
        while piece:
            size = buffer.add(piece)
            if size is not None:
                self._table.move(self, Phase.BUSY)
                head, self.pending = buffer.split(size)
                return head
            if self.phase is Phase.IDLE:
                self._table.move(self, Phase.HEAD)
            piece = self._receive_head(deadline)
        return None

    def start_body(self) -> None:
        """Start the clock of a body."""
        self._pace = BodyPace(self._limits, time.monotonic())

    def take(self, count: int) -> bytes:
        """Return 1 to `count` bytes of a body. Raises Unavailable if all bodies together use too much memory."""
        if self.pending:
            piece = bytes(self.pending[:count])
            del self.pending[:count]
            return piece
        return self._receive_body(min(count, _BODY_RECEIVE_BYTES))

    def take_line(self, maximum: int) -> bytes:
        """Return the next line of a chunked body without its CRLF. Raises BadRequest if it is longer than `maximum`."""
        start = 0
        while (end := self.pending.find(b"\r\n", start)) < 0:
            if len(self.pending) > maximum:
                raise bad_chunk()
            start = max(0, len(self.pending) - 1)
            self.pending += self._receive_body(_RECEIVE_BYTES)
        if end > maximum:
            raise bad_chunk()
        line = bytes(self.pending[:end])
        del self.pending[: end + 2]
        return line

    def body_received(self) -> None:
        """The body is complete: from here on the client waits for the relay."""
        self.waits_for_client = False

    def end_body(self) -> None:
        """Uncount the body's bytes: the request has ended."""
        self._table.release_body(self)
        self.waits_for_client = False

    def send(self, raw: bytes) -> None:
        """Send bytes outside of a response of the application."""
        self.sock.settimeout(self._limits.receive_seconds)
        self.sock.sendall(raw)

    def response_deadline(self) -> float:
        """Return the time by which the client must have read a response that starts now."""
        return time.monotonic() + self._limits.request_seconds

    def start_send(self, deadline: float) -> None:
        """Let the next `sendall` wait until the deadline at most."""
        self.sock.settimeout(max(deadline - time.monotonic(), _MIN_TIMEOUT_SECONDS))
        self.waits_for_client = self._is_sending = self.has_sent = True

    def end_send(self) -> None:
        """Everything is sent."""
        self.waits_for_client = self._is_sending = False

    def linger(self) -> None:
        """Stop sending, and drop what the client still sends, so that it reads the response."""
        deadline, dropped = time.monotonic() + LINGER_SECONDS, 0
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            while dropped < LINGER_BYTES and (left := deadline - time.monotonic()) > 0:
                self.sock.settimeout(left)
                self.waits_for_client = True
                count = self.sock.recv_into(_waste)
                if not count:
                    return
                dropped += count

    def abort(self) -> None:
        """Let the system forget what was sent and not received: a client that never reads would fill its memory."""
        with suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)

    def shut_down(self) -> None:
        """End every wait for the client. A request that has already arrived is still answered."""
        how = socket.SHUT_RDWR if self._is_sending else socket.SHUT_RD
        with suppress(OSError):
            self.sock.shutdown(how)

    def _receive_first(self) -> bytes:
        try:
            return self._receive(_RECEIVE_BYTES, self._limits.idle_seconds)
        except TimeoutError:
            return b""

    def _receive_head(self, deadline: float) -> bytes:
        try:
            return self._receive(_RECEIVE_BYTES, deadline - time.monotonic())
        except TimeoutError:
            detail = f"The head did not arrive within {self._limits.receive_seconds:g} seconds."
            raise RequestTimeout("request_timeout", detail) from None

    def _receive_body(self, count: int) -> bytes:
        self.waits_for_client = True
        try:
            piece = self._receive(count, self._pace.seconds_left(time.monotonic()))
        except TimeoutError:
            raise RequestTimeout("request_timeout", "The body arrived too slowly.") from None
        except OSError:
            piece = b""
        if not piece:
            raise self._body_ended()
        self._pace.add(len(piece), time.monotonic())
        self._table.hold_body(self, len(piece))
        # gevent switches only if nothing has arrived yet. Without this, bodies that arrive in tiny chunks at the same time
        # would all be decoded before any other request gets its turn.
        time.sleep(0)
        return piece

    def _body_ended(self) -> Exception:
        if self.phase is Phase.EVICTED:
            return busy("The relay closed this connection to make room for others. Send the request again.")
        text = "The connection broke before the body was complete. Send the request again."
        return BadRequest("body_incomplete", text)

    def _receive(self, count: int, seconds: float) -> bytes:
        if seconds <= 0:
            raise TimeoutError
        self.sock.settimeout(seconds)
        piece: bytes = self.sock.recv(count)
        return piece


def bad_chunk() -> BadRequest:
    """Return the error for a body whose chunks are malformed."""
    return BadRequest("bad_chunk", "A chunk of the body is malformed. Send Content-Length, or valid chunks.")
