"""A visit of many page views through real processes: one call, although the worker dies while the session is open."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

VISITED = Account(
    "visited",
    aggregate={"page_view": {"idle_timeout": "12h", "max_duration": "12h", "as": "website visited"}},
)


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([VISITED], FAST)) as stack:
        yield stack


@pytest.fixture
def store(stack: Stack) -> Iterator[Redis]:
    client = open_redis(stack.store.url, WORKER)
    yield client
    client.close()


def visit(stack: Stack, name: str) -> list[dict[str, Any]]:
    """Post twelve page views one by one."""
    views = [
        page_view(f"{name}-{at}", session_id=name, occurred_at=f"2026-11-20T10:{at:02}:00Z")
        for at in range(12)
    ]
    return [stack.relay.accept(VISITED, view) for view in views]


def end_sessions(store: Redis) -> None:
    for event_id in store.zrange(keys.AGGREGATING, 0, -1):
        store.zadd(keys.AGGREGATING, {event_id: 0})


def arrived(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the bodies that Gong has, by eventId."""
    events = stack.sandbox.get("events", company=VISITED.name)["events"]
    return {event["event_id"]: event["body"] for event in events}


def test_a_visit_arrives_as_one_call_with_its_pages_and_duration(stack: Stack, store: Redis) -> None:
    visit(stack, "first")
    end_sessions(store)

    body = eventually(lambda: arrived(stack).get("visited:first-0"), within=20, what="the call")

    fields = {field["name"]: field["value"] for field in body["customFields"]}
    assert (body["eventType"], fields) == ("website visited", {"pages": "12", "duration": "660"})
    assert [name for name in arrived(stack) if name.startswith("visited:first")] == ["visited:first-0"]


def test_a_session_outlives_the_worker(stack: Stack, store: Redis) -> None:
    visit(stack, "second")
    stack.workers[0].kill()
    end_sessions(store)
    stack.workers[0].start()

    eventually(lambda: "visited:second-0" in arrived(stack), within=30, what="the call")


def test_the_calls_that_were_saved_are_counted(stack: Stack) -> None:
    before = saved(stack)
    visit(stack, "third")

    assert saved(stack) == before + 11


def saved(stack: Stack) -> int:
    counts: dict[str, int] = stack.relay.destinations()[VISITED.name]["totals"]
    return counts.get("aggregated", 0)
