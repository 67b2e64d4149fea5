"""`status`: what waits where, what is in its way, and how the command ends."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from relay.core.lifecycle import HoldCause
from relay.store.delivery import Retry, freeze_company, hold_event, retry_later
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.cli.conftest import Queue, Run, Settle, row_of
from tests.store_world import take_events


def alive(redis: Redis) -> None:
    """Registers a worker, as RQ does."""
    redis.sadd("rq:workers", "rq:worker:host-1")
    redis.hset(
        "rq:worker:host-1", mapping={"hostname": "host", "last_heartbeat": datetime.now(UTC).isoformat()}
    )


def test_status_as_json_is_the_page_of_the_api(run: Run, queue: Queue):
    queue()

    page = run("status", "--json").document

    assert page.keys() == {
        "destinations",
        "workers",
        "store",
        "stores",
        "outages",
        "unverified",
        "full_sources",
    }
    assert {row["destination"]: row["states"]["queued"] for row in page["destinations"]} == {
        "acme": 1,
        "globex": 0,
    }


@pytest.mark.parametrize("columns", [80, 120])
def test_status_counts_events_by_destination_within_the_width(run: Run, queue: Queue, columns: int):
    queue()

    out = run("status", columns=columns).out

    assert row_of(out, "acme")[:7] == ["acme", "1", "0", "0", "0", "0", "0"]
    assert "0 of 3" in out
    assert "0 of 10,000" in out
    assert max(map(len, out.splitlines())) <= columns


def test_status_exits_with_0_while_a_worker_is_running(run: Run, queue: Queue, redis: Redis):
    queue()
    alive(redis)

    result = run("status")

    assert result.code == 0
    assert "1 running: host-1" in result.out


def test_status_exits_with_1_and_a_remedy_without_a_worker(run: Run, queue: Queue):
    queue()

    result = run("status")

    assert result.code == 1
    assert "Start one with: gong-relay worker" in result.out


def test_status_exits_with_0_without_events_and_workers(run: Run):
    assert run("status").code == 0


def test_status_names_a_source_that_has_used_its_share_and_what_to_do(run: Run, redis: Redis):
    redis.config_set("maxmemory", 100_000_000)
    redis.hset(keys.SOURCE_USAGE + "web", "bytes", 50_000_000)
    out = run("status", columns=400).out
    redis.config_set("maxmemory", 0)

    assert "Source web has used its share of the store main, 50.0 MB" in out
    assert "gong-relay purge --source web --status dead" in out


def test_status_explains_a_hold_and_exits_with_1(run: Run, settle: Settle, redis: Redis):
    alive(redis)
    settle(hold_event(HoldCause.INVALID_CREDENTIALS, "Invalid API key", record=b"{}", probe_seconds=60))

    result = run("status", columns=200)

    assert result.code == 1
    assert row_of(result.out, "acme")[4] == "1"
    assert "acme has been on hold since" in result.out
    assert "Create a new one in Gong" in result.out
    assert "Response: Invalid API key" in result.out
    assert "gong-relay resume acme" in result.out


def test_status_shows_when_rate_limiting_ends(run: Run, settle: Settle):
    settle(freeze_company(3600.0, record=b"{}"))

    assert row_of(run("status").out, "acme")
    assert "59 min" in run("status").out


def test_status_shows_when_the_pause_after_a_failure_ends(run: Run, settle: Settle):
    settle(retry_later(Retry(seconds=60.0, company_pause=3600.0), record=b"{}"))

    assert "59 min" in run("status").out


def test_status_reports_a_spent_daily_budget(
    run: Run, queue: Queue, scripts: Scripts, redis: Redis, environ: dict[str, str]
):
    alive(redis)
    queue("ev-1")
    queue("ev-2")
    take_events(scripts, 1)
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text().replace("  globex:", "    limits: {per_day: 1}\n  globex:"))

    result = run("status")

    assert result.code == 1
    assert "acme has used its budget of the last 24 hours." in result.out


def test_watch_requires_a_terminal(run: Run):
    assert run("status", "--watch").code == 2
    assert run("status", "--watch", "--json").code == 2


def test_status_requires_a_valid_configuration(run: Run):
    result = run("status", RELAY_CONFIG="/nowhere.yaml")

    assert (result.code, result.out) == (1, "")
    assert "/nowhere.yaml: cannot be read" in result.err


def test_status_of_an_empty_configuration(run: Run, tmp_path: Path):
    empty = tmp_path / "empty.yaml"
    empty.write_text("destinations: {}\nsources: {}\n")

    result = run("status", RELAY_CONFIG=str(empty))

    assert result.code == 0
    assert "No destination is configured, and no events are stored." in result.out
