"""Collects the head of a request: linear in its size, with a limit, before any parser sees it."""

import re

from relay.core.errors import BadRequest, HeadTooLarge
from relay.web.server.limits import MAX_HEAD_BYTES, MAX_LINE_BYTES

_END = b"\r\n\r\n"
_FIRST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Z-]+ [^ \r\n]+ HTTP/[0-9]\.[0-9]")
_FIRST_BYTES = frozenset(b"!#$%&'*+.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-\r")


class HeadBuffer:
    """The bytes of a connection from the start of a head on."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._has_first_line = False

    def __bool__(self) -> bool:
        return bool(self._raw)

    def add(self, piece: bytes) -> int | None:
        """Add bytes that arrived. Returns the size of the head once it is complete.

        Raises BadRequest or HeadTooLarge as soon as the bytes cannot become a head that is accepted.
        """
        raw, start = self._raw, len(self._raw)
        raw += piece
        # Only the last three bytes can begin an end that this piece completes.
        end = raw.find(_END, max(0, start - 3), MAX_HEAD_BYTES)
        if end >= 0:
            return end + len(_END)
        if len(raw) >= MAX_HEAD_BYTES:
            raise HeadTooLarge("head_too_large", f"The head is larger than {MAX_HEAD_BYTES} bytes.")
        self._check_part(start)
        return None

    def split(self, size: int) -> tuple[bytes, bytearray]:
        """Return the head and what follows it."""
        return bytes(self._raw[:size]), self._raw[size:]

    def _check_part(self, start: int) -> None:
        raw = self._raw
        if raw and raw[0] not in _FIRST_BYTES:
            raise bad_head("its first byte")
        # Without these checks, a head that cannot end would wait for its deadline.
        if raw.count(b"\n", start) != raw.count(b"\r\n", max(0, start - 1)):
            raise bad_head("its line feeds")
        if not self._has_first_line:
            self._check_first_line()

    def _check_first_line(self) -> None:
        begin = 2 if self._raw.startswith(b"\r\n") else 0
        end = self._raw.find(b"\r\n", begin, begin + MAX_LINE_BYTES + 2)
        if end >= 0:
            self._has_first_line = True
            if not _FIRST_LINE.fullmatch(self._raw, begin, end):
                raise bad_head("its first line")
        elif len(self._raw) > begin + MAX_LINE_BYTES:
            raise HeadTooLarge("head_too_large", f"The first line is longer than {MAX_LINE_BYTES} bytes.")


def bad_head(place: str) -> BadRequest:
    """Return the error for a head that cannot be parsed. `place` is one of a closed list: it is logged."""
    return BadRequest("bad_head", f"The head of the request is not valid HTTP/1.1: see {place}.")
