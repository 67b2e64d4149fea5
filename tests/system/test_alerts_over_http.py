"""Alerts of real workers, sent over HTTP while one of them is killed repeatedly, and the heartbeat."""

import base64
from collections.abc import Iterator

import pytest

from tests.alerts.receiver import SECRET, Inbox, run_receiver
from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.processes import Process
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACME = Account("acme")
KILLS = 6
SECTION = """
alerts:
  receivers: {{ops: {{url: "{url}/hook", secret: "${{ALERT_SECRET}}"}}}}
  heartbeat: {{url: "{url}/beat"}}
  conditions: {{no_worker: off}}
  check_interval: 1s
  resolve_after: 1s
"""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with run_receiver() as inbox:
        yield inbox


@pytest.fixture
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([ACME], FAST, workers=0)) as stack:
        yield stack


@pytest.fixture
def worker(stack: Stack, inbox: Inbox) -> Process:
    """A worker that has a receiver."""
    config = stack.folder / "relay.yaml"
    config.write_text(config.read_text() + SECTION.format(url=inbox.url))
    process = stack.new_worker()
    hosts = f"{process.environ['RELAY_ALLOW_GONG_HOSTS']},{inbox.host}"
    secret = f"whsec_{base64.b64encode(SECRET).decode()}"
    process.environ = dict(process.environ) | {"RELAY_ALLOW_GONG_HOSTS": hosts, "ALERT_SECRET": secret}
    stack.workers.append(process)
    return process


def of_holds(inbox: Inbox, what: str) -> set[str]:
    """Return the ids of messages that an alert about a hold opened or resolved."""
    messages = zip(inbox.ids, inbox.message_types(), strict=True)
    return {
        message
        for message, (message_type, kind) in messages
        if (message_type, kind) == (f"alert.{what}", "on_hold")
    }


def test_a_worker_that_is_killed_repeatedly_loses_and_invents_no_alert(
    stack: Stack, worker: Process, inbox: Inbox
):
    inbox.answers = [503] * 3
    stack.sandbox.post(f"companies/{ACME.name}/revoke")
    stack.relay.accept(ACME, [page_view("e1")])
    for number in range(KILLS):
        worker.start()
        beats = inbox.heartbeats
        eventually(
            lambda count=beats: inbox.heartbeats > count, within=20, what=f"a check of worker {number}"
        )
        worker.kill()
    worker.start()
    eventually(lambda: of_holds(inbox, "opened"), within=60, what="the alert")
    stack.sandbox.post(f"companies/{ACME.name}/restore")
    stack.relay.act(f"/v1/destinations/{ACME.name}/resume")
    eventually(lambda: of_holds(inbox, "resolved"), within=60, what="the all-clear")

    assert len(of_holds(inbox, "opened")) == 1
    assert len(of_holds(inbox, "resolved")) == 1
    assert inbox.is_signed()
    assert inbox.heartbeats > 0
