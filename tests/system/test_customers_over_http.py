"""Customers connect to a relay of real processes, and their events arrive, through expiry and withdrawn consents."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import page_view, session
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

EVENTS = 8
WORKERS = 8
GLOBEX = Account("globex", oauth=True, per_second=100)
INITECH = replace(GLOBEX, name="initech")
SETTINGS = FAST | {"RELAY_WORKER_THREADS": "4"}


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    wide = {"PER_SECOND": "1000", "BURST": "1000", "LATENCY_SECONDS": "0.2"}
    with launch(Plan([GLOBEX, INITECH], SETTINGS, gong=wide, workers=WORKERS)) as stack:
        yield stack


def post(stack: Stack, account: Account, round_: str) -> None:
    stack.relay.accept(account, [page_view(f"{round_}{number}") for number in range(EVENTS)])


def connect(stack: Stack, name: str) -> None:
    """Connect as the customer's administrator does, with the operator's link."""
    link = stack.relay.act(f"/v1/destinations/{name}/connect")["url"]
    with session() as browser:
        at_gong = browser.get(link, allow_redirects=False, timeout=10).headers["Location"]
        page = browser.get(f"{at_gong}&approve=auto&company={name}", timeout=10)
        message = f"Gong is connected as {name}."
        eventually(lambda: message in browser.get(page.url, timeout=10).text, within=20, what=message)


def on_hold(stack: Stack, name: str) -> Callable[[], Any]:
    return lambda: (stack.relay.destinations()[name]["hold"] or {}).get("cause") == "reauthorization_required"


def arrived(stack: Stack, name: str, count: int) -> Callable[[], bool]:
    return lambda: len(set(stack.sandbox.event_ids(name))) == count


def test_events_wait_for_their_customer_and_are_sent_once_it_has_connected(stack: Stack) -> None:
    post(stack, GLOBEX, "before")
    eventually(on_hold(stack, "globex"), within=20, what="the hold")
    assert stack.sandbox.log("globex") == []

    connect(stack, "globex")

    eventually(arrived(stack, "globex", EVENTS), within=20, what="the events that waited")


def test_eight_workers_renew_an_expired_token_once_and_lose_nothing(stack: Stack) -> None:
    connect(stack, "initech")
    before = stack.sandbox.companies()["initech"]["refreshes"]
    stack.sandbox.arm("token_expired_now", company="initech", count=1)
    stack.sandbox.arm("delay", seconds=0.5, route="oauth-refresh", company="initech")

    post(stack, INITECH, "after")

    eventually(arrived(stack, "initech", EVENTS), within=20, what="every event")
    assert stack.sandbox.companies()["initech"]["refreshes"] == before + 1


def test_events_wait_after_a_withdrawn_consent_until_the_customer_reconnects(stack: Stack) -> None:
    stack.sandbox.post("companies/globex/revoke")
    calls = len(stack.sandbox.log("globex"))
    post(stack, GLOBEX, "again")
    eventually(on_hold(stack, "globex"), within=20, what="the hold")
    refused = [row for row in stack.sandbox.log("globex")[calls:] if row["status"] == 401]
    assert len(refused) <= WORKERS
    assert '"event":"oauth.reauthorization_required"' in stack.workers[0].log.read_text()

    stack.sandbox.post("companies/globex/restore")
    connect(stack, "globex")

    eventually(arrived(stack, "globex", 2 * EVENTS), within=20, what="the events that waited")
