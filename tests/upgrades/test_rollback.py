"""An update that is rolled back: an older version's own code runs over the data that this version wrote.

`PREVIOUS` is the last commit of the older major layout: it must refuse today's data. `SAME_MAJOR` is the last commit of
this major layout that others may run: it must deliver today's data. As long as no second version of layout 2.x exists,
`HEAD` stands in for it.
"""

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from redis import Redis

from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from tests.flows.delivering import received
from tests.upgrades.writing import KEYS, dump, write
from tests.valkey import Valkey

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PREVIOUS = "df840f4"
SAME_MAJOR = "HEAD"

Checkout = Callable[[str], Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Extracts the code of a commit into a folder of its own."""

    def extract(commit: str) -> Path:
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
        if archive.returncode:
            pytest.skip("the history of the project is not here, or not all of it")
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as members:
            members.extractall(tmp_path / commit, filter="data")
        return tmp_path / commit

    return extract


def run_python(folder: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with the code in `folder`."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"} | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "program",
    [
        ("-m", "workers"),
        ("-c", "import relay.wsgi"),
        ("-c", "from relay.cli.main import main; main(['status'])"),
    ],
    ids=["worker", "web", "command"],
)
def test_the_version_of_the_older_layout_refuses_todays_data_and_changes_nothing(
    redis: Redis, valkey: Valkey, checkout: Checkout, tmp_path: Path, program: tuple[str, ...]
):
    write(redis)
    before = dump(redis)
    config = tmp_path / "relay.yaml"
    config.write_text(
        "destinations:\n  acme:\n    auth: {basic: {access_key: a, access_key_secret: b}}\n"
        "    base_url: https://acme.api.gong.io\nsources: {}\n"
    )

    ended = run_python(
        checkout(PREVIOUS), *program, RELAY_REDIS_URL=valkey.url, RELAY_CONFIG=str(config), **KEYS
    )

    assert ended.returncode == 1, ended.stderr[-2000:]
    assert "written by a newer version of the relay (layout 2.0" in ended.stderr
    assert {key: content for key, (_, _, content) in dump(redis).items()} == {
        key: content for key, (_, _, content) in before.items()
    }


def test_a_version_of_the_same_major_layout_delivers_and_explains_todays_data(
    redis: Redis, valkey: Valkey, checkout: Checkout
):
    ids = write(redis)
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        # `reading` belongs to the version that runs: only it knows the names in that version's code.
        ended = run_python(
            checkout(SAME_MAJOR), "-m", "tests.upgrades.reading", valkey.url, gong.removeprefix("http://")
        )
        event_ids = sorted(call["event_id"] for call in received(gong))
    assert ended.returncode == 0, ended.stderr[-2000:]
    states = json.loads(ended.stdout.splitlines()[-1])["states"]

    assert {name: states[event_id] for name, event_id in ids.items()} == {
        "delivered": "delivered",
        "duplicate": "duplicate",
        "rejected": "dead",
        "discarded": "discarded",
        "filtered": "filtered",
        "retrying": "delivered",
        "sending": "delivered",
        "aggregating": "delivered",
        "aggregated": "aggregated",
        "queued": "delivered",
        "partner-filtered": "filtered",
        "partner-dead": "dead",
        "partner-queued": "delivered",
    }
    assert event_ids == [
        "partner:1",
        "visits:aggregating",
        "website:queued",
        "website:retrying",
        "website:sending",
    ]
