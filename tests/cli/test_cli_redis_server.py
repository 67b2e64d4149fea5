"""The embedded server: where it listens, how it keeps data, and that a forgotten one can be ended."""

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
    with subprocess.Popen(server_command(program, folder, path), stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 20
            while not is_ready(path):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield path, process
        finally:
            process.terminate()


def test_a_short_folder_holds_its_own_socket(folder: Path):
    assert socket_path(folder).parent == folder.resolve()


def test_a_long_folder_has_its_socket_in_a_private_short_one(folder: Path):
    long = folder / ("x" * 120)
    path = socket_path(long)

    assert len(os.fsencode(path)) <= 100
    assert path == socket_path(long)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.rmdir()


def test_two_long_folders_have_two_sockets(folder: Path):
    paths = {socket_path(folder / (letter * 120)) for letter in "ab"}

    assert len(paths) == 2
    for path in paths:
        path.parent.rmdir()


def test_a_private_folder_that_others_may_enter_is_refused(folder: Path):
    path = socket_path(folder / ("y" * 120))
    path.parent.chmod(0o755)

    with pytest.raises(PermissionError, match="not private"):
        socket_path(folder / ("y" * 120))
    path.parent.rmdir()


def test_an_address_is_written_so_that_any_path_reads_back():
    assert socket_url(Path("/a b/50%/s.sock")) == "unix:///a%20b/50%25/s.sock"


def test_every_write_is_on_disk_and_nothing_is_evicted(folder: Path):
    with serving(folder) as (path, _), Redis.from_url(socket_url(path), decode_responses=True) as client:
        told = client.config_get(
            "appendonly", "appendfsync", "maxmemory-policy", "save", "hash-max-listpack-value"
        )

    assert told == {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "save": "",
        "hash-max-listpack-value": "8192",
    }


def test_a_forgotten_server_is_ended_and_its_data_stay(folder: Path):
    with serving(folder) as (path, process):
        with Redis.from_url(socket_url(path)) as client:
            client.set("kept", "1")
        stop_leftover_server(path)
        process.wait(10)
    with serving(folder) as (path, _), Redis.from_url(socket_url(path)) as client:
        assert client.get("kept") == b"1"


def test_where_nobody_listens_there_is_nothing_to_end(folder: Path):
    stop_leftover_server(folder / "valkey.sock")

    assert not is_ready(folder / "valkey.sock")
