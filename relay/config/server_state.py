"""How one web server serves: the addresses that it listens on, and what its processes know of each other.

The first of its processes loads this before it begets the others: what is shared lies in memory that they inherit. So
nothing is imported here that the others would have to load anew.
"""

import mmap
import struct
import zlib
from collections.abc import Mapping

_MOST_BYTES = 4 * 1024 * 1024
_HEAD = struct.Struct("=BxxxII")
"""Whether to end; then the size of the text that is kept, and its checksum."""


def bind_addresses(host: str, port: int | str, environ: Mapping[str, str]) -> list[str]:
    """Where to listen: for partners, and where `RELAY_OPERATIONS_PORT` says so for operators too."""
    told = environ.get("RELAY_OPERATIONS_PORT", "")
    second = told.isdigit() and int(told) > 0
    return [f"{host}:{port}", *([f"{host}:{int(told)}"] if second else [])]


class SharedState:
    """What all processes of one web server share: whether it was told to stop, and the last good configuration."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HEAD.size + _MOST_BYTES)

    @property
    def stopping(self) -> bool:
        return bool(_HEAD.unpack_from(self._memory)[0])

    def mark_stopping(self) -> None:
        self._memory[0] = 1

    def save_config(self, text: str) -> None:
        """Remember the text of a configuration that is good; nothing of one that is too large."""
        raw = text.encode()
        if len(raw) <= _MOST_BYTES:
            self._memory[_HEAD.size : _HEAD.size + len(raw)] = raw
            _HEAD.pack_into(self._memory, 0, self.stopping, len(raw), zlib.crc32(raw))

    def saved_config(self) -> str | None:
        """The text that was kept last. None where there is none, or another process is just writing it."""
        _, size, checksum = _HEAD.unpack_from(self._memory)
        raw = bytes(self._memory[_HEAD.size : _HEAD.size + size])
        return raw.decode() if raw and zlib.crc32(raw) == checksum else None


SHARED_STATE = SharedState()
"""This server's own: made by its first process, inherited by the others."""
