"""Two stores with a worker each and one web: one store is killed, and the other's companies are not affected."""

import signal

import pytest
import requests

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

MAIN, EU = Account("acme"), Account("globex", store="eu")
EVENTS = 6


def events(prefix: str) -> list[dict[str, object]]:
    return [page_view(f"{prefix}{number}") for number in range(EVENTS)]


def arrived(stack: Stack, account: Account, *prefixes: str) -> bool:
    """True if Gong has exactly these events, each once."""
    expected = sorted(f"{account.name}:{prefix}{number}" for prefix in prefixes for number in range(EVENTS))
    return sorted(stack.sandbox.event_ids(account.name)) == expected


@pytest.mark.parametrize("killed", ["eu", "main"])
def test_events_of_the_other_store_are_delivered_while_one_is_down_and_all_arrive_once_it_is_back(
    launch: Launch, killed: str
) -> None:
    with launch(Plan([MAIN, EU], FAST, stores=["eu"])) as stack:
        store = stack.store if killed == "main" else stack.stores["eu"]
        dead, alive = (MAIN, EU) if killed == "main" else (EU, MAIN)
        stack.gong.signal(signal.SIGSTOP)
        stack.relay.accept(dead, events("a"))
        store.kill()
        stack.gong.signal(signal.SIGCONT)

        stack.relay.accept(alive, events("b"))
        eventually(lambda: arrived(stack, alive, "b"), within=20, what="the living store's events in Gong")
        refused = stack.relay.post(dead, events("c"))
        ready = requests.get(f"{stack.url}/readyz", timeout=10)
        assert refused.status_code == 503
        assert (ready.status_code == 200) is (killed == "eu")

        store.start()
        eventually(lambda: stack.relay.post(dead, events("c")).ok, within=20, what="the endpoint")
        eventually(lambda: stack.relay.open_events() == 0, within=40, what="the drain")
        assert arrived(stack, dead, "a", "c")
        assert arrived(stack, alive, "b")
        rows = stack.relay.destinations()
        assert {name: row["store"] for name, row in rows.items()} == {"acme": "main", "globex": "eu"}
