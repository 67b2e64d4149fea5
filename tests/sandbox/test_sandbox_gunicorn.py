"""The sandbox under gunicorn with gevent, as it runs beside the relay."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox import bodies
from tests.sandbox.client import Gong

pytestmark = pytest.mark.slow


@pytest.fixture
def gunicorn_gong(tmp_path: Path) -> Iterator[Gong]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
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
        command += ["-b", f"fd://{listener.fileno()}", "relay.sandbox.wsgi:app"]
        environ = {"SANDBOX_JOURNAL": str(tmp_path / "gong.jsonl"), "SANDBOX_BURST": "100", "PYTHONPATH": "."}
        # The socket is already listening, so a first call waits in its backlog until the server is up.
        process = subprocess.Popen(
            command, env=environ, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL
        )
        try:
            with requests.Session() as session:
                yield Gong(f"http://127.0.0.1:{listener.getsockname()[1]}", session)
        finally:
            process.terminate()
            process.wait(timeout=10)


def test_connection_faults_work_under_gunicorn_and_accepted_events_are_kept(gunicorn_gong: Gong):
    gunicorn_gong.control(
        "faults", [{"kind": "hang_after_accept", "nth": 1, "seconds": 0}, {"kind": "reset_before", "nth": 2}]
    )

    for event_id in ("web:1", "web:2"):
        with pytest.raises(requests.ConnectionError):
            gunicorn_gong.send(bodies.interaction(event_id))
    assert [
        gunicorn_gong.send(bodies.interaction(event_id)).status_code for event_id in ("web:1", "web:2")
    ] == [
        409,
        200,
    ]


def test_a_slow_response_does_not_delay_other_calls(gunicorn_gong: Gong):
    gunicorn_gong.control("faults", {"kind": "delay", "seconds": 30, "company": "slow"})
    with pytest.raises(requests.ReadTimeout):
        gunicorn_gong.send(bodies.interaction(), company="slow", timeout=0.2)

    assert gunicorn_gong.send(bodies.interaction(), timeout=10).ok
