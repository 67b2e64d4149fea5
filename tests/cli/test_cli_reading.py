"""`status`, `events`, `event` and `dead`: what an operator sees, and how the command ends."""

from collections.abc import Callable

import orjson
import pytest
from redis import Redis

from relay.core.lifecycle import REASONS, Cause, Reason, State
from relay.store.acting import Hold, hold_destination
from relay.store.delivery import Settlement, bury, done, finish, freeze, hold, later
from relay.store.scripts import Scripts
from tests.cli.conftest import Run
from tests.store_world import NOW, take_events
from tests.valkey import Valkey

Queue = Callable[..., str]
_RECORD = {"number": 1, "started_at": "2026-11-21T10:00:00.120Z", "seconds": 0.25, "outcome": "refused", "status": 400}


@pytest.fixture
def settle(scripts: Scripts, queue: Queue) -> Callable[[Settlement], str]:
    """Queues an event, takes it and settles it so; says its id."""

    def settled(settlement: Settlement) -> str:
        queue()
        [taken] = take_events(scripts)
        assert finish(scripts, taken, settlement)
        return taken.id

    return settled


Settle = Callable[[Settlement], str]
REFUSED = bury(
    Reason.REFUSED,
    "content.title: must not be empty",
    record=orjson.dumps(_RECORD | {"errors": ["content.title: must not be empty"]}),
    keep_seconds=600,
)


def alive(redis: Redis) -> None:
    """Registers a worker, as RQ does."""
    redis.sadd("rq:workers", "rq:worker:host-1")
    redis.hset("rq:worker:host-1", mapping={"hostname": "host", "last_heartbeat": NOW.isoformat()})


def row_of(out: str, start: str) -> list[str]:
    [line] = [line for line in out.splitlines() if line.startswith(f"{start} ")]
    return line.split()


def test_status_is_the_page_of_the_api(run: Run, queue: Queue):
    queue()

    page = run("status", "--json").document

    assert page.keys() == {"destinations", "workers", "store"}
    assert {row["destination"]: row["states"]["queued"] for row in page["destinations"]} == {"acme": 1, "globex": 0}


@pytest.mark.parametrize("columns", [80, 120])
def test_status_counts_by_destination_within_the_width(run: Run, queue: Queue, columns: int):
    queue()

    out = run("status", columns=columns).out

    assert row_of(out, "acme")[:7] == ["acme", "1", "0", "0", "0", "0", "0"]
    assert "0 of 3" in out
    assert "0 of 10,000" in out
    assert max(map(len, out.splitlines())) <= columns


def test_status_is_well_while_a_worker_is_alive(run: Run, queue: Queue, redis: Redis):
    queue()
    alive(redis)

    ended = run("status")

    assert ended.code == 0
    assert "1 alive: host-1" in ended.out


def test_status_ends_with_1_and_the_remedy_when_no_worker_is_alive(run: Run, queue: Queue):
    queue()

    ended = run("status")

    assert ended.code == 1
    assert "Start one: gong-relay worker" in ended.out


def test_status_without_anything_to_send_needs_no_worker(run: Run):
    assert run("status").code == 0


def test_status_tells_a_hold_in_words_and_ends_with_1(run: Run, settle: Settle, redis: Redis):
    alive(redis)
    settle(hold(Cause.NEEDS_CREDENTIALS, "Invalid API key", record=b"{}", probe_seconds=60))

    ended = run("status", columns=200)

    assert ended.code == 1
    assert row_of(ended.out, "acme")[4] == "1"
    assert "acme is on hold since" in ended.out
    assert "Make a new one in Gong" in ended.out
    assert "Gong said: Invalid API key" in ended.out
    assert "gong-relay resume acme" in ended.out


def test_status_tells_when_a_freeze_ends(run: Run, settle: Settle):
    settle(freeze(3600.0, record=b"{}"))

    assert row_of(run("status").out, "acme")
    assert "59 min" in run("status").out


def test_status_tells_that_the_budget_of_the_day_is_spent(run: Run, queue: Queue, redis: Redis, environ: dict[str, str]):
    alive(redis)
    queue()
    with open(environ["RELAY_CONFIG"]) as file:
        text = file.read().replace("  globex:", "    limits: {day_share: 0.01%}\n  globex:")
    with open(environ["RELAY_CONFIG"], "w") as file:
        file.write(text)

    ended = run("status")

    assert ended.code == 1
    assert "acme has spent its budget of the last 24 hours." in ended.out
