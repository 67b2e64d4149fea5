"""The sandbox as it runs beside the relay: under gunicorn with gevent, where connections must break too."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox import world
from tests.sandbox.world import Gong

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Gong]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-k",
            "gevent",
            "-w",
            "1",
            "--no-control-socket",
            "--graceful-timeout",
            "1",
        ]
        command += ["-b", f"fd://{listening.fileno()}", "relay.sandbox.wsgi:app"]
        environ = {"SANDBOX_JOURNAL": str(tmp_path / "gong.jsonl"), "SANDBOX_BURST": "100", "PYTHONPATH": "."}
        # The socket listens already: a first call waits in its queue until the server is up.
        process = subprocess.Popen(
            command, env=environ, pass_fds=[listening.fileno()], stderr=subprocess.DEVNULL
        )
        try:
            with requests.Session() as session:
                yield Gong(f"http://127.0.0.1:{listening.getsockname()[1]}", session)
        finally:
            process.terminate()
            process.wait(timeout=10)


def test_connections_break_under_gunicorn_and_what_was_accepted_is_kept(served: Gong):
    served.turn(
        "faults", [{"kind": "hang_after_accept", "nth": 1, "seconds": 0}, {"kind": "reset_before", "nth": 2}]
    )

    for event_id in ("web:1", "web:2"):
        with pytest.raises(requests.ConnectionError):
            served.send(world.interaction(event_id))
    assert [served.send(world.interaction(event_id)).status_code for event_id in ("web:1", "web:2")] == [
        409,
        200,
    ]


def test_one_slow_answer_does_not_hold_up_the_others(served: Gong):
    served.turn("faults", {"kind": "delay", "seconds": 30, "company": "slow"})
    with pytest.raises(requests.ReadTimeout):
        served.send(world.interaction(), company="slow", timeout=0.2)

    assert served.send(world.interaction(), timeout=10).ok
