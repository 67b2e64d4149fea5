"""The web with two ports, and how it drains load balancers before it exits."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.clients import page_view, session
from tests.harness.processes import free_port
from tests.harness.stack import Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
DELAY_SECONDS = 3
COMMAND = "from relay.cli.main import main; main()"


@pytest.fixture
def stack(launch: Launch) -> Iterator[Stack]:
    """A web process started by the command line, with a separate operations port."""
    settings = {
        "RELAY_OPERATIONS_PORT": str(free_port()),
        "RELAY_SHUTDOWN_DELAY_SECONDS": str(DELAY_SECONDS),
    }
    with launch(Plan([ACCOUNT], settings, workers=0)) as stack:
        stack.web.stop()
        port = stack.url.rpartition(":")[2]
        stack.web.command = [sys.executable, "-c", COMMAND, "web", "--host", "127.0.0.1", "--port", port]
        stack.web.start()
        stack.await_web()
        yield stack


def at_operations(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.plan.settings['RELAY_OPERATIONS_PORT']}"


def status(url: str) -> int:
    return requests.get(url, headers={"X-API-Key": ADMIN_KEY, "Connection": "close"}, timeout=5).status_code


def test_each_port_serves_only_its_own_paths(stack: Stack) -> None:
    stack.relay.accept(ACCOUNT, page_view("one"))
    there = at_operations(stack)
    statuses = {
        path: (status(stack.url + path), status(there + path))
        for path in ("/readyz", "/livez", "/v1/queues", "/openapi.json")
    }

    assert statuses == {
        "/readyz": (200, 200),
        "/livez": (200, 200),
        "/v1/queues": (404, 200),
        "/openapi.json": (404, 200),
    }
    sent = requests.post(
        f"{there}/v1/events", json=page_view("two"), headers={"X-API-Key": ACCOUNT.key}, timeout=5
    )
    assert sent.status_code == 404


def test_a_stopping_web_is_not_ready_but_still_accepts_requests(stack: Stack) -> None:
    stopping = time.monotonic()
    stack.web.terminate()
    eventually(lambda: status(f"{stack.url}/readyz") == 503, within=2, what="/readyz turning away")
    refusal = requests.get(f"{stack.url}/readyz", timeout=5).json()
    assert refusal["code"] == "shutting_down"
    stack.relay.accept(ACCOUNT, page_view("late"))
    assert stack.web.wait(25) == 0
    assert DELAY_SECONDS <= time.monotonic() - stopping < 25


def test_idle_connections_do_not_delay_the_stop(stack: Stack) -> None:
    with ExitStack() as opened:
        for _ in range(20):
            client = opened.enter_context(session())
            assert client.get(f"{stack.url}/livez", timeout=5).ok
        stopping = time.monotonic()
        stack.web.terminate()
        assert stack.web.wait(25) == 0
        assert time.monotonic() - stopping < DELAY_SECONDS + 5


def test_a_second_signal_ends_it_at_once(stack: Stack) -> None:
    stack.web.terminate()
    with suppress(requests.ConnectionError):
        eventually(lambda: status(f"{stack.url}/readyz") == 503, within=2)
    signalled = time.monotonic()
    stack.web.terminate()
    assert stack.web.wait(25) == 0
    assert time.monotonic() - signalled < DELAY_SECONDS
