"""The data directory: one `up` at a time works there, and a killed one does not block the next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from relay.cli.up.data_dir import DataDir, DataDirInUseError, lock_data_dir

HOLDS = """
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


def hold(data: DataDir, end_leftovers=lambda: None, say=lambda _: None):
    return lock_data_dir(data, end_leftovers=end_leftovers, say=say)


def test_its_folders_are_made_for_their_owner_only(data: DataDir):
    with hold(data):
        assert {path.stat().st_mode & 0o777 for path in (data.root, data.server, data.log("web").parent)} == {
            0o700
        }


def test_a_second_holder_is_told_who_the_first_is(data: DataDir):
    with hold(data), pytest.raises(DataDirInUseError, match=rf"process {os.getpid()}\)"), hold(data):
        pass


def test_a_directory_is_free_again_after_its_holder(data: DataDir):
    with hold(data):
        pass
    with hold(data) as lock:
        assert lock > 0


@pytest.mark.slow
def test_what_a_killed_holder_left_is_ended_and_waited_for(data: DataDir):
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(data.root)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        left = int(holder.stdout.readline())
        holder.kill()
        holder.wait()
        said: list[str] = []

        with hold(data, end_leftovers=lambda: os.kill(left, signal.SIGKILL), say=said.append):
            assert "killed" in said[0]
