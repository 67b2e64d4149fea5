"""The configuration file changes under real processes: a valid change is applied, an invalid one changes nothing."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.harness.accounts import Account, configuration
from tests.harness.clients import page_view
from tests.harness.processes import Process
from tests.harness.stack import Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

FIRST, SECOND = Account("first"), Account("second")
WRONG = "destinations: [this is no object]\n"


@pytest.fixture
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([FIRST])) as stack:
        # A worker that is still on its way to the file would read the changed one, and follow nothing.
        eventually(lambda: stack.relay.get("/v1/queues")["workers"], within=30, what="a worker at work")
        yield stack


def write(stack: Stack, text: str) -> None:
    """Replace the file atomically, as Kubernetes does."""
    fresh = stack.folder / "fresh.yaml"
    fresh.write_text(text)
    fresh.rename(stack.folder / "relay.yaml")


def both(stack: Stack) -> str:
    return configuration([FIRST, SECOND], stack.gong_url)


def ready(stack: Stack) -> dict[str, str]:
    return dict(requests.get(f"{stack.url}/readyz", timeout=5).json())


def state(stack: Stack) -> str:
    return str(requests.get(f"{stack.url}/readyz", timeout=5).json()["configuration"]["status"])


def times(log: Path, word: str) -> int:
    return log.read_text().count(f'"event":"{word}"')


def hang_up(process: Process) -> None:
    """Send SIGHUP to the first process only, as `systemctl reload` does."""
    assert process.popen is not None
    process.popen.send_signal(signal.SIGHUP)


def arrives(stack: Stack, account: Account, native: str) -> None:
    """Post an event and wait until it is in Gong."""
    eventually(lambda: stack.relay.post(account, page_view(native)).status_code == 202, within=10)
    wanted = f"{account.name}:{native}"
    eventually(lambda: wanted in stack.sandbox.event_ids(), within=20, what=f"{wanted} in Gong")


def test_web_and_worker_apply_a_valid_change_without_a_restart(stack: Stack) -> None:
    web, worker = stack.web.popen, stack.workers[0].popen
    assert stack.relay.post(SECOND, page_view("early")).status_code == 401
    write(stack, both(stack))
    eventually(lambda: times(stack.workers[0].log, "worker.restarting") == 1, within=15, what="the worker")
    arrives(stack, SECOND, "late")
    assert (web, worker) == (stack.web.popen, stack.workers[0].popen)
    assert stack.web.running
    assert stack.workers[0].running


def test_an_invalid_change_is_reported_and_the_old_configuration_stays_in_use(stack: Stack) -> None:
    write(stack, WRONG)
    eventually(lambda: state(stack) == "rejected", within=10, what="the refusal at /readyz")
    eventually(
        lambda: times(stack.workers[0].log, "config.rejected") == 1, within=10, what="the worker's word"
    )
    arrives(stack, FIRST, "still")
    write(stack, both(stack))
    eventually(lambda: state(stack) == "current", within=10, what="the file that is good again")
    arrives(stack, SECOND, "fixed")


def test_a_web_keeps_serving_after_a_reload_of_an_invalid_file(stack: Stack) -> None:
    write(stack, WRONG)
    before = times(stack.web.log, "config.rejected")
    hang_up(stack.web)
    # gunicorn has put a new process in the old one's place once both have said what they think of the file.
    eventually(lambda: times(stack.web.log, "config.rejected") > before, within=15, what="the new process")
    eventually(lambda: state(stack) == "rejected", within=15, what="an answer")
    arrives(stack, FIRST, "still")
    assert stack.web.running


def test_a_web_process_that_dies_while_the_file_is_invalid_is_replaced(stack: Stack) -> None:
    write(stack, WRONG)
    eventually(lambda: state(stack) == "rejected", within=10)
    children = f"/proc/{stack.web.popen.pid}/task/{stack.web.popen.pid}/children"
    [child] = Path(children).read_text().split()
    import os

    os.kill(int(child), signal.SIGKILL)
    eventually(lambda: Path(children).read_text().split() not in ([], [child]), within=15)
    arrives(stack, FIRST, "after")
    assert stack.web.running


def test_a_worker_restarts_on_sighup_with_the_same_process_id(stack: Stack) -> None:
    hang_up(stack.workers[0])
    eventually(lambda: times(stack.workers[0].log, "worker.restarting") == 1, within=15)
    arrives(stack, FIRST, "on")
    stack.workers[0].terminate()
    assert stack.workers[0].wait(25) == 0


def test_a_worker_keeps_working_after_sighup_with_an_invalid_file(stack: Stack) -> None:
    write(stack, WRONG)
    hang_up(stack.workers[0])
    eventually(lambda: times(stack.workers[0].log, "config.rejected") >= 1, within=15)
    arrives(stack, FIRST, "still")
    assert times(stack.workers[0].log, "worker.restarting") == 0
