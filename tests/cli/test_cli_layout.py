"""A store that a newer relay has written: commands, worker and web refuse it, with what to do."""

import subprocess
import sys

import pytest
from redis import Redis

from relay.store.engine import keys
from relay.store.schema_version import OURS
from tests.cli.conftest import Run
from tests.harness.processes import ROOT

NEWER = f"{OURS.major + 1}.0"


@pytest.fixture
def newer(redis: Redis, run: Run) -> Run:
    redis.set(keys.LAYOUT, NEWER)
    return run


@pytest.mark.parametrize("command", [("status",), ("events",), ("pause", "acme")])
def test_a_command_refuses_and_changes_nothing(newer: Run, redis: Redis, command: tuple[str, ...]):
    ended = newer(*command)

    assert ended.code == 1
    assert f"written by a newer version of the relay (layout {NEWER}" in ended.err
    assert redis.dbsize() == 1


@pytest.mark.parametrize("program", [("-m", "workers"), ("-c", "import relay.wsgi")])
def test_a_worker_and_the_web_refuse_to_start(
    newer: Run, environ: dict[str, str], redis: Redis, program: tuple[str, ...]
):
    ended = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env=environ | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert "Run that version again" in ended.stderr
    assert newer("status").code == 1
    assert redis.dbsize() == 1
