"""`web`, `worker` and `sandbox` become their server, which stops on SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(folder: Path, *arguments: str, **environ: str) -> "Iterator[subprocess.Popen[bytes]]":
    line = [sys.executable, "-c", "from relay.cli.main import main; main()", *arguments]
    variables = {"PATH": os.environ["PATH"], **environ}
    with (
        (folder / "out").open("wb") as out,
        subprocess.Popen(line, cwd=folder, env=variables, stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def wait_for_response(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> requests.Response:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return requests.get(url, headers={"Connection": "close"}, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError((folder / "out").read_text())


def stop(process: "subprocess.Popen[bytes]") -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(40)


def test_web_listens_on_the_given_port_and_exits_with_0(tmp_path: Path, port: int, environ: dict[str, str]):
    with running(tmp_path, "web", "--host", "127.0.0.1", "--port", str(port), **environ) as web:
        answer = wait_for_response(f"http://127.0.0.1:{port}/readyz", web, tmp_path)

        assert answer.status_code == 200
        assert stop(web) == 0


def test_web_reads_its_port_from_the_environment(tmp_path: Path, port: int, environ: dict[str, str]):
    with running(tmp_path, "web", PORT=str(port), **environ) as web:
        assert wait_for_response(f"http://127.0.0.1:{port}/livez", web, tmp_path).status_code == 200


def test_web_reports_an_invalid_configuration_and_exits(tmp_path: Path, port: int, environ: dict[str, str]):
    Path(environ["RELAY_CONFIG"]).write_text("destinations: {acme: {}}")
    with running(tmp_path, "web", "--port", str(port), **environ) as web:
        assert web.wait(60) != 0

    lines = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    reasons = {line["where"]: line.get("reason", "") for line in lines}
    assert reasons["destinations.acme.auth"].startswith("is missing")


def test_a_worker_runs_until_sigterm(tmp_path: Path, environ: dict[str, str], redis):
    redis.flushall()
    with running(tmp_path, "worker", "--threads", "2", **environ) as worker:
        deadline = time.monotonic() + 60
        while not redis.smembers("rq:workers"):
            assert time.monotonic() < deadline, (tmp_path / "out").read_text()
            time.sleep(0.05)

        assert stop(worker) == 0


def test_the_sandbox_listens_on_the_given_port(tmp_path: Path, port: int):
    with running(
        tmp_path, "sandbox", "--port", str(port), "--fidelity", "strict", "--latency", "0.01"
    ) as sandbox:
        assert wait_for_response(f"http://127.0.0.1:{port}/", sandbox, tmp_path).status_code == 200
        assert stop(sandbox) == 0


def test_a_server_reads_the_env_file_of_the_data_directory(
    tmp_path: Path, port: int, environ: dict[str, str]
):
    (tmp_path / "env").write_text("".join(f"{name}={value}\n" for name, value in environ.items()))
    with running(tmp_path, "web", "--data-dir", str(tmp_path), "--port", str(port)) as web:
        assert wait_for_response(f"http://127.0.0.1:{port}/readyz", web, tmp_path).status_code == 200
