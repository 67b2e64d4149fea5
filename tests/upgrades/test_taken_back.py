"""An update that is taken back: the version before reads and sends what this one has written. Runs that version's code."""

import json
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from redis import Redis

from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from tests.flows.delivering import received
from tests.upgrades.reading import FOLDER
from tests.upgrades.writing import write
from tests.valkey import Valkey

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BEFORE = "48c6fc6"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """That version's code, with today's programs of this folder."""
    told = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if told.returncode:
        pytest.skip("the history of the project is not here, or not all of it")
    with tarfile.open(fileobj=BytesIO(told.stdout)) as archive:
        archive.extractall(tmp_path, filter="data")
    shutil.copytree(FOLDER, tmp_path / "tests/upgrades")
    return tmp_path


def test_what_this_version_has_written_the_one_before_sends_and_explains(
    redis: Redis, valkey: Valkey, older: Path
):
    ids = write(redis)
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        host = gong.removeprefix("http://")
        ran = subprocess.run(
            [sys.executable, "-m", "tests.upgrades.reading", valkey.url, host],
            cwd=older,
            env={"PYTHONPATH": str(older), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        arrived = sorted(one["event_id"] for one in received(gong))
    assert ran.returncode == 0, ran.stderr[-2000:]
    states = json.loads(ran.stdout.splitlines()[-1])["states"]

    assert {name: states[one] for name, one in ids.items()} == {
        "delivered": "delivered",
        "duplicate": "duplicate",
        "refused": "dead",
        "discarded": "discarded",
        "filtered": "filtered",
        "waiting": "delivered",
        "sending": "delivered",
        "gathering": "delivered",
        "collapsed": "collapsed",
        "queued": "delivered",
        "partner-filtered": "filtered",
        "partner-dead": "dead",
        "partner-queued": "delivered",
    }
    assert arrived == [
        "partner:1",
        "visits:gathering",
        "website:queued",
        "website:sending",
        "website:waiting",
    ]
