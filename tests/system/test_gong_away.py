"""Gong cannot be reached at all: events wait, none is given up, and all arrive when it is back."""

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
EVENTS = 5


def test_events_wait_while_gong_is_unreachable_and_arrive_once_when_it_is_back(launch: Launch) -> None:
    with launch(Plan([ACCOUNT], FAST)) as stack:
        stack.gong.kill()
        stack.relay.accept(ACCOUNT, [page_view(f"e{number}") for number in range(EVENTS)])
        states = eventually(
            lambda: (row := stack.relay.destinations()["web"]["states"])["retrying"] == EVENTS and row,
            within=20,
            what="every event waiting",
        )
        assert states["dead"] == 0
        stack.gong.start()
        stack.await_gong()
        eventually(lambda: stack.relay.open_events() == 0, within=30, what="the drain")
        assert sorted(stack.sandbox.event_ids()) == [f"web:e{number}" for number in range(EVENTS)]
