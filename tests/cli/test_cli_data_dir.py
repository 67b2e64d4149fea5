"""The data directory: one `up` at a time uses it, and a killed one does not block the next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from relay.cli.up.data_dir import DataDir, DataDirInUseError, lock_data_dir

LOCKS = """
import os, subprocess, sys, time
from pathlib import Path
from relay.cli.up.data_dir import DataDir, lock_data_dir
with lock_data_dir(DataDir(Path(sys.argv[1])), end_leftovers=lambda: None, say=print) as lock:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=(lock,))
    print(left.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / ".relay")


def lock(data: DataDir, end_leftovers=lambda: None, say=lambda _: None):
    return lock_data_dir(data, end_leftovers=end_leftovers, say=say)


def test_the_directories_are_readable_by_their_owner_only(data: DataDir):
    with lock(data):
        assert {path.stat().st_mode & 0o777 for path in (data.root, data.server, data.log("web").parent)} == {
            0o700
        }


def test_a_second_up_reports_the_process_of_the_first(data: DataDir):
    with lock(data), pytest.raises(DataDirInUseError, match=rf"process {os.getpid()}\)"), lock(data):
        pass


def test_the_lock_is_released_at_the_end(data: DataDir):
    with lock(data):
        pass
    with lock(data) as file_descriptor:
        assert file_descriptor > 0


@pytest.mark.slow
def test_processes_of_a_killed_up_are_stopped_before_the_start(data: DataDir):
    with subprocess.Popen([sys.executable, "-c", LOCKS, str(data.root)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        left = int(holder.stdout.readline())
        holder.kill()
        holder.wait()
        messages: list[str] = []

        with lock(data, end_leftovers=lambda: os.kill(left, signal.SIGKILL), say=messages.append):
            assert "killed" in messages[0]
