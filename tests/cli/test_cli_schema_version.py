"""A store with a layout that this version cannot read: commands, worker and web refuse it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from relay.store.engine import keys
from relay.store.schema_version import CURRENT
from tests.cli.conftest import Run
from tests.harness.processes import ROOT, free_port

LAYOUTS = [f"{CURRENT.major + 1}.0", f"{CURRENT.major - 1}.1"]
UP = "from relay.cli.main import main; main(prog_name='gong-relay')"
COMMANDS = [("status",), ("events",), ("pause", "acme")]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_refuses_other_layouts_and_changes_nothing(
    layout: str, run: Run, redis: Redis, command: tuple[str, ...]
):
    redis.set(keys.LAYOUT, layout)
    result = run(*command)

    assert result.code == 1
    assert f"layout {layout}" in result.err
    assert "Nothing was changed." in result.err
    assert redis.dbsize() == 1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("program", [("-m", "workers"), ("-c", "import relay.wsgi")])
def test_a_worker_and_the_web_refuse_other_layouts(
    layout: str, environ: dict[str, str], redis: Redis, program: tuple[str, ...]
):
    redis.set(keys.LAYOUT, layout)
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
    assert f"layout {layout}" in ended.stderr
    assert "Nothing was changed." in ended.stderr
    assert redis.get(keys.LAYOUT) == layout.encode()
    assert redis.dbsize() == 1


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_up_refuses_other_layouts_and_shows_why(
    layout: str, environ: dict[str, str], redis: Redis, tmp_path: Path
):
    redis.set(keys.LAYOUT, layout)
    ports = ("--port", str(free_port()), "--sandbox-port", str(free_port()))
    ended = subprocess.run(
        [sys.executable, "-c", UP, "--data-dir", str(tmp_path / "data"), "up", *ports],
        cwd=ROOT,
        env=environ | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert ended.returncode == 1
    assert "did not start" in ended.stderr
    assert f"layout {layout}" in ended.stderr
    assert redis.get(keys.LAYOUT) == layout.encode()
    assert redis.dbsize() == 1
