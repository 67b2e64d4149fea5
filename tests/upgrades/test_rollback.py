"""An upgrade is rolled back: the code of an older version runs on the data that this version wrote.

`PREVIOUS` is the last commit of the older major layout: it must refuse today's data. `SAME_MAJOR` is the last commit of
this major layout that may be deployed somewhere: it must deliver today's data. Until a second version of layout 2.x exists,
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
    """A function that extracts the code of a commit into its own folder."""

    def extract(commit: str) -> Path:
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
        if archive.returncode:
            pytest.skip("the Git history is missing or incomplete")
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
def test_a_version_of_the_older_layout_refuses_todays_data_and_changes_nothing(
    redis: Redis, valkey: Valkey, checkout: Checkout, tmp_path: Path, program: tuple[str, ...]
):
    write(redis)
    before = dump(redis)
    config = tmp_path / "relay.yaml"
    config.write_text(
        "destinations:\n  acme:\n    auth: {basic: {access_key: a, access_key_secret: b}}\n"
        "    base_url: https://acme.api.gong.io\nsources: {}\n"
    )

    process = run_python(
        checkout(PREVIOUS), *program, RELAY_REDIS_URL=valkey.url, RELAY_CONFIG=str(config), **KEYS
    )

    assert process.returncode == 1, process.stderr[-2000:]
    assert "written by a newer version of the relay (layout 2.1" in process.stderr
    assert {key: content for key, (_, _, content) in dump(redis).items()} == {
        key: content for key, (_, _, content) in before.items()
    }


def test_a_version_of_the_same_major_layout_delivers_and_explains_todays_data(
    redis: Redis, valkey: Valkey, checkout: Checkout
):
    ids = write(redis)
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        # `reading` comes from the checked-out version, because only it matches the names in that version's code.
        process = run_python(
            checkout(SAME_MAJOR), "-m", "tests.upgrades.reading", valkey.url, gong.removeprefix("http://")
        )
        event_ids = sorted(call["event_id"] for call in received(gong))
    assert process.returncode == 0, process.stderr[-2000:]
    states = json.loads(process.stdout.splitlines()[-1])["states"]

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
