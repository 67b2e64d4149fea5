"""A worker and a web server under a low limit on open files work within it, and the worker's log says so."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.harness.accounts import accounts
from tests.harness.clients import page_view
from tests.harness.processes import Process
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

COMPANIES = 60


def limit_files(process: Process, files: int) -> None:
    """Start this process with a limit that it cannot raise."""
    process.command = ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh", *process.command]


@pytest.fixture
def stack(launch: Launch) -> Iterator[Stack]:
    settings = FAST | {
        "RELAY_WORKER_THREADS": "128",
        "RELAY_CALL_TIMEOUT_SECONDS": "4",
        "RELAY_LEASE_SECONDS": "8",
    }
    with launch(Plan(accounts(COMPANIES), settings, gong={"LATENCY_SECONDS": "1"}, workers=0)) as stack:
        yield stack


def test_a_worker_at_200_files_delivers_a_backlog_of_many_companies(stack: Stack) -> None:
    for account in accounts(COMPANIES):
        stack.relay.accept(account, [page_view(f"e{number}") for number in range(3)])
    worker = stack.new_worker()
    limit_files(worker, 200)
    stack.workers.append(worker)
    worker.start()

    eventually(lambda: stack.relay.open_events() == 0, within=60, what="the drain")
    assert worker.running
    assert len(stack.sandbox.event_ids()) == len(set(stack.sandbox.event_ids())) == COMPANIES * 3
    log = worker.log.read_text()
    assert '"worker.fewer_threads"' in log
    assert "Too many open files" not in log


def test_a_web_server_at_256_files_answers_while_many_connections_are_half_open(stack: Stack) -> None:
    stack.web.stop()
    limit_files(stack.web, 256)
    stack.web.start()
    stack.await_web()
    host, port = stack.url.removeprefix("http://").split(":")
    with ExitStack() as connections:
        for _ in range(400):
            half_open = connections.enter_context(socket.create_connection((host, int(port)), timeout=20))
            half_open.sendall(b"POST /v1/events HTTP/1.1\r\nHost: ")
        stack.relay.close()
        eventually(
            lambda: stack.relay.post(accounts(1)[0], page_view("through")).status_code == 202,
            within=40,
            what="a response",
        )
    assert "Too many open files" not in stack.web.log.read_text()
