"""Whatever happens to a web server, each line that it writes is JSON, and none quotes a request."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.harness.accounts import Account
from tests.harness.processes import Process
from tests.harness.stack import Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

CANARY = "canary-4712-of-a-stranger"

APPLICATION = f"""
import logging, sys, threading, warnings
import gevent

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise ValueError(environ["QUERY_STRING"])
    if path == "/greenlet":
        gevent.spawn(int, environ["QUERY_STRING"])
        threading.Thread(target=int, args=(environ["QUERY_STRING"],)).start()
        gevent.sleep(0.05)
    if path == "/library":
        logging.getLogger("library").error("failed for %s", environ["QUERY_STRING"])
        warnings.warn(environ["QUERY_STRING"])
    headers = [("Content-Length", "2")] + ([("X-Bad", "{CANARY}\\n")] if path == "/header" else [])
    start_response("200 OK", headers)
    def content():
        yield b"o"
        if path == "/late":
            raise KeyError(environ["QUERY_STRING"])
        yield b"k"
    return content()
"""


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([Account("log")], workers=0)) as stack:
        yield stack


@contextmanager
def serving(stack: Stack, name: str) -> Iterator[Process]:
    """Serve the application above in place of the relay."""
    (stack.folder / "failing.py").write_text(APPLICATION)
    stack.web.stop()
    options = ["--config", "python:relay.gunicorn_conf", "--bind", stack.url.removeprefix("http://")]
    command = [stack.web.command[0], "-m", "gunicorn", *options, "--workers", "1", "failing:app"]
    environ = stack.environ() | {"PYTHONPATH": str(stack.folder)}
    server = Process(command, environ, stack.folder / f"{name}.log")
    server.start()
    try:
        eventually(lambda: status(stack) == 200, within=20)
        yield server
    finally:
        server.stop()


def status(stack: Stack, path: str = "/") -> int:
    """Return the status of a response; 0 if there is none."""
    try:
        return requests.get(stack.url + path, timeout=5).status_code
    except requests.RequestException:
        return 0


def test_errors_of_an_application_are_logged_by_type_and_place(stack: Stack):
    with serving(stack, "errors") as server:
        for path in ("raise", "greenlet", "library", "header", "late"):
            status(stack, f"/{path}?{CANARY}")
        assert status(stack, f"/raise?{CANARY}") == 500
        eventually(lambda: len(lines(server.log)) >= 8, within=10)

    assert CANARY not in server.log.read_text()
    logged = {(line["event"], line.get("error")) for line in lines(server.log)}
    assert logged >= {
        ("server.crashed", "ValueError"),
        ("server.crashed", "KeyError"),
        ("server.crashed", "InvalidResponseHeader"),
        ("server.message", None),
    }


def test_a_web_that_cannot_start_says_why_in_json(stack: Stack):
    stack.web.stop()
    config, log = stack.folder / "relay.yaml", stack.folder / "refused.log"
    config.write_text(f"sources: {{a: {{destination: {CANARY}}}}}")
    server = Process(stack.web.command, stack.web.environ, log)
    server.start()
    try:
        assert server.wait(30) != 0
    finally:
        server.stop()

    reasons = [line for line in lines(log) if line["event"] == "server.start_failed"]
    assert reasons
    assert all(line["level"] == "error" and line["reason"] for line in reasons)


def test_a_killed_process_is_reported_by_reason(stack: Stack):
    with serving(stack, "killed") as server:
        pid = server.popen.pid
        [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        eventually(
            lambda: any(line.get("reason") == "worker_killed" for line in lines(server.log)), within=10
        )

    assert {line["event"] for line in lines(server.log)} == {"server.message"}
