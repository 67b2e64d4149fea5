"""State that the processes of one web server share, and the addresses that the server listens on.

The parent process imports this module before it forks, so that its children inherit the shared memory. It therefore
imports nothing that a child would have to load again.
"""

import mmap
import struct
import zlib
from collections.abc import Mapping

_MOST_BYTES = 4 * 1024 * 1024
_HEAD = struct.Struct("=BxxxII")
"""Whether the server is stopping; then the size of the saved text, and its checksum."""


def bind_addresses(host: str, port: int | str, environ: Mapping[str, str]) -> list[str]:
    """Return the addresses to listen on: one, or two if `RELAY_OPERATIONS_PORT` is set."""
    operations_port = environ.get("RELAY_OPERATIONS_PORT", "")
    addresses = [f"{host}:{port}"]
    if operations_port.isdigit() and int(operations_port) > 0:
        addresses.append(f"{host}:{int(operations_port)}")
    return addresses


class SharedState:
    """Memory shared by all processes of one web server: whether it is stopping, and the last valid configuration."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HEAD.size + _MOST_BYTES)

    @property
    def stopping(self) -> bool:
        return bool(_HEAD.unpack_from(self._memory)[0])

    def mark_stopping(self) -> None:
        self._memory[0] = 1

    def save_config(self, text: str) -> None:
        """Save the text of a valid configuration. Text that is too large is not saved."""
        raw = text.encode()
        if len(raw) <= _MOST_BYTES:
            self._memory[_HEAD.size : _HEAD.size + len(raw)] = raw
            _HEAD.pack_into(self._memory, 0, self.stopping, len(raw), zlib.crc32(raw))

    def saved_config(self) -> str | None:
        """Return the text that was saved last; None if there is none, or another process is writing one."""
        _, size, checksum = _HEAD.unpack_from(self._memory)
        raw = bytes(self._memory[_HEAD.size : _HEAD.size + size])
        # No lock: a text that another process is writing fails the checksum.
        return raw.decode() if raw and zlib.crc32(raw) == checksum else None


SHARED_STATE = SharedState()
"""The state of this server: created by the parent process, inherited by its children."""
