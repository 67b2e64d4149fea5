"""Reads the head of a response strictly: what `http.client` guesses about a broken head must not decide about an event."""

from http.client import (  # noqa: TID251 - the response class that requests uses is extended, and makes no request
    HTTPException,
    HTTPResponse,
    RemoteDisconnected,
    parse_headers,
)
from typing import Any

_MAX_INTERIM_RESPONSES = 8
_SWITCHING_PROTOCOLS, _FIRST_FINAL = 101, 200


class _HeadReader:
    """Reads lines. The end of the stream after the first line is an error: `http.client` would take it for a blank line."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._has_begun = False

    def readline(self, limit: int) -> bytes:
        line: bytes = self._stream.readline(limit)
        if not line and self._has_begun:
            raise RemoteDisconnected("the connection ended in the head of the response")
        self._has_begun = True
        return line

    def close(self) -> None:
        self._stream.close()


class StrictResponse(HTTPResponse):
    """A response with a complete head and one length. Interim responses are skipped."""

    fp: Any

    def begin(self) -> None:
        """Read the head. Raises HTTPException if it is incomplete, contradicts itself, or never becomes final."""
        stream = self.fp
        reader = self.fp = _HeadReader(stream)
        try:
            super().begin()
        finally:
            if self.fp is reader:
                self.fp = stream
        _check_length(self.headers.get_all("content-length", []))
        # After a 101 the bytes are no longer HTTP, so nothing on this connection may pass for a later response.
        if self.status < _FIRST_FINAL:
            self.will_close = True

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the final response. `http.client` itself skips only 100."""
        for _ in range(_MAX_INTERIM_RESPONSES):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed does not declare it
            if status == _SWITCHING_PROTOCOLS or status >= _FIRST_FINAL:
                return version, status, reason
            parse_headers(self.fp)
        raise HTTPException("too many interim responses")


def _check_length(values: list[str]) -> None:
    lengths = {value.strip() for value in values}
    if len(lengths) > 1 or not all(length.isascii() and length.isdigit() for length in lengths):
        raise HTTPException("the response has no single Content-Length")
