"""A replay of a thousand dead letters under kill -9 of its worker: each is sent once, and live events overtake it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

EVENTS, LIVE, KILLS = 1_000, 20, 20
PER_SECOND = 100
TAKEN_AT_ONCE = 32
"""A worker takes as many as this in one step, and makes their calls side by side."""
ACCOUNT = Account("many", per_second=PER_SECOND, per_day=100_000)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay under kills. `arrived_before` is what Gong had when the live events were posted."""

    page: Mapping[str, Any]
    arrived: list[str]
    states: Mapping[str, int]
    reasons: list[str]
    arrived_before: int


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    settings = FAST | {
        "RELAY_WORKER_THREADS": "32",
        "RELAY_LEASE_SECONDS": "3",
        "RELAY_CALL_TIMEOUT_SECONDS": "1",
    }
    gong = {"PER_SECOND": str(2 * PER_SECOND), "BURST": str(PER_SECOND), "PER_DAY": "100000"}
    with launch(Plan([ACCOUNT], settings, gong=gong)) as stack:
        yield stack


@pytest.fixture(scope="module")
def dead(stack: Stack) -> Stack:
    """A thousand events that Gong has rejected."""
    stack.sandbox.arm("status", status=400)
    for first in range(0, EVENTS, 200):
        stack.relay.accept(ACCOUNT, [page_view(f"e{number}") for number in range(first, first + 200)])
    eventually(lambda: states(stack)["dead"] == EVENTS, within=90, what="all refused")
    stack.sandbox.disarm()
    return stack


@pytest.fixture(scope="module")
def replayed(dead: Stack) -> Replayed:
    replay_id, before, worker = begin(dead), 0, dead.workers[0]
    for number in range(1, KILLS + 1):
        await_arrivals(dead, number * (EVENTS - 200) // KILLS)
        worker.kill()
        if number == KILLS // 2:  # while no worker runs, so that the order of sending can be observed
            before = len(arrivals(dead))
            dead.relay.accept(ACCOUNT, [page_view(f"live{live}") for live in range(LIVE)])
        worker.start()
    eventually(lambda: is_done(dead, replay_id), within=120, what="the drain")
    page = dead.relay.get(f"/v1/replays/{replay_id}")
    reasons = [event["reason"] for event in dead.relay.get("/v1/events?status=dead&limit=500")["events"]]
    return Replayed(page, arrivals(dead), states(dead), reasons, before)


def begin(stack: Stack) -> str:
    answer = requests.post(f"{stack.url}/v1/replays", json={}, headers={"X-API-Key": ADMIN_KEY}, timeout=10)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def states(stack: Stack) -> Mapping[str, int]:
    return dict(stack.relay.destinations()[ACCOUNT.name]["states"])


def is_done(stack: Stack, replay_id: str) -> bool:
    return stack.relay.get(f"/v1/replays/{replay_id}")["status"] == "done" and stack.relay.open_events() == 0


def await_arrivals(stack: Stack, count: int) -> None:
    eventually(lambda: len(arrivals(stack)) >= count, within=60, what=f"{count} arrived")


def arrivals(stack: Stack) -> list[str]:
    """Return the eventId of each call that Gong accepted, in order of arrival."""
    return [line["event_id"] for line in stack.sandbox.log(ACCOUNT.name) if line["status"] == 200]


def test_each_dead_letter_arrives_once_and_so_does_each_live_event(replayed: Replayed) -> None:
    dead = [f"many:e{number}" for number in range(EVENTS)]

    assert sorted(replayed.arrived) == sorted(dead + [f"many:live{number}" for number in range(LIVE)])


def test_the_records_show_that_each_was_sent_once(replayed: Replayed) -> None:
    counts = {name: replayed.page[name] for name in ("examined", "matched", "replayed", "skipped", "failed")}

    assert counts == {"examined": EVENTS, "matched": EVENTS, "replayed": EVENTS, "skipped": 0, "failed": 0}
    ended = ("delivered", "duplicate", "dead")
    assert sum(replayed.states[state] for state in ended) == EVENTS + LIVE
    assert set(replayed.reasons) <= {"worker_crashed"}, (
        "a worker killed with it again and again is all that may bury one"
    )


def test_live_events_overtake_the_replay(replayed: Replayed) -> None:
    following = replayed.arrived[replayed.arrived_before :][: LIVE + TAKEN_AT_ONCE]

    assert {name for name in following if "live" in name} == {f"many:live{number}" for number in range(LIVE)}
    assert EVENTS + LIVE - replayed.arrived_before > LIVE + TAKEN_AT_ONCE, "nothing was left to be overtaken"
