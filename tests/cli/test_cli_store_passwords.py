"""No process prints a store's password, neither if its URL is malformed nor if its server is away."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.harness.processes import free_port

_COMMAND = str(Path(sys.executable).with_name("gong-relay"))
COMMANDS = (
    [_COMMAND, "settings"],
    [_COMMAND, "check"],
    [_COMMAND, "status"],
    [_COMMAND, "web"],
    [sys.executable, "-m", "workers"],
    [sys.executable, "-c", "import relay.wsgi"],
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[-1])
def test_a_malformed_url_ends_every_process_without_its_password(
    arguments: list[str], environ: dict[str, str], tmp_path: Path
):
    # A port of its own: the default may be in use.
    malformed = environ | {
        "PORT": str(free_port()),
        "RELAY_REDIS_URL": "redis://:top/secret@127.0.0.1:6379/0",
    }
    ran = subprocess.run(
        arguments, check=False, env=malformed, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )

    printed = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "/ must be written as %2F" in printed
    assert "top" not in printed.replace("stop", "")
    assert "secret" not in printed.replace("RELAY_SECRET", "")


def test_a_store_that_is_away_is_reported_without_its_password(run: Run):
    away = {"RELAY_REDIS_URL": "redis://user:top%2Fsecret@127.0.0.1:1/0"}
    result = run("status", **away)

    assert result.code == 3
    assert "secret" not in result.out + result.err


def test_settings_are_listed_without_the_stores_password(run: Run):
    result = run("settings", "--json", RELAY_REDIS_URL="redis://user:xqz:hid@den@127.0.0.1:1/0")

    assert result.code == 0
    assert not [word for word in ("xqz", "hid", "den@") if word in result.out + result.err]
