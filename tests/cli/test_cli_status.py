"""`status`: what waits where, what is in its way, and how the command ends."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from relay.core.lifecycle import HoldCause
from relay.store.delivery import freeze_company, hold_event
from relay.store.engine.scripts import Scripts
from tests.cli.conftest import Queue, Run, Settle, row_of
from tests.store_world import take_events


def alive(redis: Redis) -> None:
    """Registers a worker, as RQ does."""
    redis.sadd("rq:workers", "rq:worker:host-1")
    redis.hset(
        "rq:worker:host-1", mapping={"hostname": "host", "last_heartbeat": datetime.now(UTC).isoformat()}
    )


def test_status_is_the_page_of_the_api(run: Run, queue: Queue):
    queue()

    page = run("status", "--json").document

    assert page.keys() == {"destinations", "workers", "store", "stores", "outages", "unverified"}
    assert {row["destination"]: row["states"]["queued"] for row in page["destinations"]} == {
        "acme": 1,
        "globex": 0,
    }


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
    assert "1 running: host-1" in ended.out


def test_status_ends_with_1_and_the_remedy_when_no_worker_is_alive(run: Run, queue: Queue):
    queue()

    ended = run("status")

    assert ended.code == 1
    assert "Start one with: gong-relay worker" in ended.out


def test_status_without_anything_to_send_needs_no_worker(run: Run):
    assert run("status").code == 0


def test_status_tells_a_hold_in_words_and_ends_with_1(run: Run, settle: Settle, redis: Redis):
    alive(redis)
    settle(hold_event(HoldCause.INVALID_CREDENTIALS, "Invalid API key", record=b"{}", probe_seconds=60))

    ended = run("status", columns=200)

    assert ended.code == 1
    assert row_of(ended.out, "acme")[4] == "1"
    assert "acme has been on hold since" in ended.out
    assert "Create a new one in Gong" in ended.out
    assert "Gong answered: Invalid API key" in ended.out
    assert "gong-relay resume acme" in ended.out


def test_status_tells_when_a_freeze_ends(run: Run, settle: Settle):
    settle(freeze_company(3600.0, record=b"{}"))

    assert row_of(run("status").out, "acme")
    assert "59 min" in run("status").out


def test_status_tells_that_the_budget_of_the_day_is_spent(
    run: Run, queue: Queue, scripts: Scripts, redis: Redis, environ: dict[str, str]
):
    alive(redis)
    queue("ev-1")
    queue("ev-2")
    take_events(scripts, 1)
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text().replace("  globex:", "    limits: {per_day: 1}\n  globex:"))

    ended = run("status")

    assert ended.code == 1
    assert "acme has used its budget of the last 24 hours." in ended.out


def test_watching_is_for_terminals_only(run: Run):
    assert run("status", "--watch").code == 2
    assert run("status", "--watch", "--json").code == 2


def test_status_needs_a_configuration_that_is_right(run: Run):
    ended = run("status", RELAY_CONFIG="/nowhere.yaml")

    assert (ended.code, ended.out) == (1, "")
    assert "/nowhere.yaml: cannot be read" in ended.err


def test_status_of_an_empty_configuration_says_so(run: Run, tmp_path: Path):
    empty = tmp_path / "empty.yaml"
    empty.write_text("destinations: {}\nsources: {}\n")

    ended = run("status", RELAY_CONFIG=str(empty))

    assert ended.code == 0
    assert "No destination is configured, and no events are stored." in ended.out
