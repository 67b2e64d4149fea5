"""Web and worker start before their store: they log that they wait, and continue when it is there."""

import pytest
import requests

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")


def test_processes_that_start_before_the_store_log_it_wait_and_continue(launch: Launch) -> None:
    with launch(Plan([ACCOUNT], FAST)) as stack:
        worker = stack.workers[0]
        stack.relay.accept(ACCOUNT, page_view("before"))
        for process in (worker, stack.web):
            process.stop()
        stack.store.stop()
        for process in (stack.web, worker):
            process.start()
        stack.await_web()
        refused = requests.get(f"{stack.url}/readyz", timeout=5)
        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert stack.relay.post(ACCOUNT, page_view("early")).status_code == 503
        eventually(
            lambda: '"worker.waiting_for_store"' in worker.log.read_text(),
            within=15,
            what="the worker's word",
        )
        stack.store.start()
        stack.relay.close()
        eventually(lambda: requests.get(f"{stack.url}/readyz", timeout=5).ok, within=15, what="readiness")
        stack.relay.accept(ACCOUNT, page_view("after"))
        wanted = {"web:before", "web:after"}
        eventually(lambda: wanted <= set(stack.sandbox.event_ids()), within=30, what="both in Gong")
        assert worker.running
        assert stack.web.running
