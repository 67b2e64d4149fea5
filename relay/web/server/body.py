"""The bodies of requests as streams for the application: of a length, or in chunks."""

import io
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from relay.core.errors import TooLarge
from relay.web.server.connection import Connection, bad_chunk
from relay.web.server.limits import DRAIN_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})(?:[ \t]*;[\t -~\x80-\xff]*)?")
_BUFFER_BYTES = 8_192
_MAX_SIZE_LINE = 1024
_MAX_TRAILER_LINE = 4096
_MAX_TRAILERS = 16
_FREE_CHUNKS = 1024
_MIN_MEAN_CHUNK = 64
"""Smaller chunks cost more than the bytes in them, beyond the first thousand."""


class RequestBody(io.RawIOBase, ABC):
    """The body of one request. Reading raises RelayError: the body is then incomplete, and the connection unusable."""

    def __init__(self, connection: Connection, max_bytes: int, *, expects_continue: bool) -> None:
        super().__init__()
        self._connection, self._max_bytes = connection, max_bytes
        self._expects_continue = expects_continue
        self._has_started, self._bytes = False, 0
        self.has_failed = False

    @property
    @abstractmethod
    def has_ended(self) -> bool:
        """True if every byte was read."""

    @property
    @abstractmethod
    def is_short(self) -> bool:
        """True if the rest is short enough to be read and dropped."""

    @abstractmethod
    def _take(self, count: int) -> bytes:
        """Return 1 to `count` bytes; none at the end."""

    @property
    def can_drop_rest(self) -> bool:
        """True if the connection can be used again after `drop_rest`."""
        return self.has_ended or (self.is_short and not self.has_failed and not self._expects_continue)

    def stream(self) -> io.BufferedReader:
        """Return the body as the stream that WSGI expects."""
        return io.BufferedReader(self, _BUFFER_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read into a buffer, as io.BufferedReader does. Raises TooLarge beyond the maximum size of a body."""
        target = memoryview(buffer).cast("B")
        self._start()
        # Until the bytes are here: after any error, the start of the next request is unknown.
        self.has_failed = True
        piece = self._take(len(target))
        self._bytes += len(piece)
        # One byte more may be read: that is how `read_body` detects that chunks exceed its own limit.
        if self._bytes > self._max_bytes + 1:
            raise too_large(self._max_bytes)
        self.has_failed = False
        if self.has_ended:
            self._connection.body_received()
        target[: len(piece)] = piece
        return len(piece)

    def drop_rest(self) -> None:
        """Read and drop what the application did not read. Raises RelayError if the client does not send it."""
        self._start()
        dropped = 0
        while not self.has_ended:
            dropped += len(self._take(DRAIN_BYTES))
            if dropped > DRAIN_BYTES:
                raise too_large(DRAIN_BYTES)

    def _start(self) -> None:
        if self._has_started:
            return
        self._has_started = True
        self._connection.start_body()
        # Only now: a request that is rejected without its body should not send it.
        if self._expects_continue:
            self._expects_continue = False
            self._connection.send(_CONTINUE)


class SizedBody(RequestBody):
    """A body with Content-Length."""

    def __init__(
        self, connection: Connection, max_bytes: int, *, expects_continue: bool, length: int
    ) -> None:
        super().__init__(connection, max_bytes, expects_continue=expects_continue)
        self._left = length

    @property
    def has_ended(self) -> bool:
        return self._left == 0

    @property
    def is_short(self) -> bool:
        return self._left <= DRAIN_BYTES

    def _take(self, count: int) -> bytes:
        if self._left > self._max_bytes:
            raise too_large(self._max_bytes)
        piece = self._connection.take(min(count, self._left)) if self._left else b""
        self._left -= len(piece)
        return piece


class ChunkedBody(RequestBody):
    """A body in chunks. gunicorn's own reader copies its buffer for each chunk, so tiny chunks would stop the process."""

    def __init__(self, connection: Connection, max_bytes: int, *, expects_continue: bool) -> None:
        super().__init__(connection, max_bytes, expects_continue=expects_continue)
        self._left, self._has_ended = 0, False
        self._chunks, self._max_chunks = 0, _FREE_CHUNKS + max_bytes // _MIN_MEAN_CHUNK

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    @property
    def is_short(self) -> bool:
        return False

    def _take(self, count: int) -> bytes:
        if not self._left and not self._has_ended:
            self._start_chunk()
        if self._has_ended:
            return b""
        piece = self._connection.take(min(count, self._left))
        self._left -= len(piece)
        if not self._left and self._connection.take_line(0):
            raise bad_chunk()
        return piece

    def _start_chunk(self) -> None:
        match = _CHUNK_SIZE.fullmatch(self._connection.take_line(_MAX_SIZE_LINE))
        self._chunks += 1
        if match is None or self._chunks > self._max_chunks:
            raise bad_chunk()
        self._left = int(match[1], 16)
        if not self._left:
            self._skip_trailers()
            self._has_ended = True

    def _skip_trailers(self) -> None:
        for _ in range(_MAX_TRAILERS + 1):
            line = self._connection.take_line(_MAX_TRAILER_LINE)
            if not line:
                return
            # No route uses trailers, so they are only checked for their form.
            if b":" not in line or b"\n" in line or b"\r" in line:
                break
        raise bad_chunk()


def too_large(max_bytes: int) -> TooLarge:
    """Return the error for a body that is larger than allowed."""
    return TooLarge(
        "body_too_large", f"The body is larger than {max_bytes} bytes. Send fewer events per request."
    )
