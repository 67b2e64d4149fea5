"""The installed command as a process: a pipe, a terminal, and Ctrl-C."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from tests.cli.conftest import Make

COMMAND = str(Path(sys.executable).with_name("gong-relay"))
pytestmark = pytest.mark.slow


@pytest.fixture
def whole_environ(redis: Redis, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    assert redis.dbsize() == 0
    return environ | {"PATH": os.environ["PATH"], "COLUMNS": "80", "TERM": "xterm", "HOME": str(tmp_path)}


def test_events_sent_through_a_pipe_are_listed(
    whole_environ: dict[str, str], page_view: Make, tmp_path: Path
):
    def ran(*arguments: str, sent: str = "") -> str:
        line = [COMMAND, "--data-dir", str(tmp_path), *arguments]
        return subprocess.run(
            line, input=sent, env=whole_environ, capture_output=True, check=True, text=True, timeout=60
        ).stdout

    sent = json.loads(ran("send", "-", "--source", "web", "--json", sent=json.dumps(page_view())))
    listed = json.loads(ran("events", "--json"))

    assert [row["id"] for row in listed["events"]] == [result["id"] for result in sent["results"]]


def test_watch_refreshes_until_ctrl_c_and_exits_with_0(whole_environ: dict[str, str], tmp_path: Path):
    ours, theirs = pty.openpty()
    line = [COMMAND, "--data-dir", str(tmp_path), "status", "--watch"]
    with subprocess.Popen(
        line,
        env=whole_environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - one thread
    ) as process:
        os.close(theirs)
        drawn = b""
        while drawn.count(b"workers") < 2:
            drawn += os.read(ours, 65_536)
        process.send_signal(signal.SIGINT)
        _read_to_end(ours)
        assert process.wait(20) == 0
    os.close(ours)
    assert b"acme" in drawn


def test_erase_asks_for_confirmation_on_a_terminal(
    whole_environ: dict[str, str], page_view: Make, tmp_path: Path
):
    def ran(*arguments: str, typed: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        ours, theirs = pty.openpty()
        os.write(ours, typed)
        line = [COMMAND, "--data-dir", str(tmp_path), *arguments]
        done = subprocess.run(
            line, env=whole_environ, stdin=theirs, capture_output=True, timeout=60, check=check
        )
        os.close(ours)
        os.close(theirs)
        return done

    person = page_view()["person"]["email"]
    path = tmp_path / "event.json"
    path.write_text(json.dumps(page_view()))
    ran("send", str(path), "--source", "web")

    refused = ran("erase", "--email", person, typed=b"n\n", check=False)
    assert refused.returncode == 1
    assert b"1 event" in refused.stderr
    assert json.loads(ran("events", "--json").stdout)["events"][0]["status"] != "erased"

    report = json.loads(ran("erase", "--email", person, "--json", typed=b"y\n").stdout)
    assert report["erased"] == 1


def _hear_ctrl_c() -> None:
    """A shell ignores SIGINT for background processes, and this process would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read_to_end(terminal: int) -> None:
    """Read all output. The program would block if the terminal's buffer were full."""
    with contextlib.suppress(OSError):  # Linux raises it once no program has this terminal open
        while os.read(terminal, 65_536):
            pass
