"""A worker decides by the store's time, and reports clocks that were set or differ."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from relay.core.outcome import Failed
from relay.queries.queues import read_living_workers, store_page
from relay.store.clocks import read_store_clock
from relay.store.engine import keys
from relay.store.engine.redis_time import clock_offset, read_store_time, to_datetime
from relay.store.stores import Stores
from tests.harness.clock_shim import SteppingServer, stepping_server
from tests.store_world import accept_events, event, take_events
from workers.settlement import Attempt, SettlementOptions, settle
from workers.store_time import ClockReading, StoreTime

HOUR = 3600


@pytest.fixture
def server() -> Iterator[SteppingServer]:
    with stepping_server() as server:
        yield server


class Measure:
    """Uptime that tests advance."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def store_time(redis: Redis, *, ahead: float = 0.0, measure: Any = None) -> StoreTime:
    store = Stores(redis).main
    own = lambda: datetime.now(UTC) + timedelta(seconds=ahead)  # noqa: E731 - short
    options = {} if measure is None else {"measure": measure}
    return StoreTime(store=store, worker="w", own_clock=own, **options)


def difference(times: StoreTime, redis: Redis) -> float:
    return abs((times.now() - to_datetime(read_store_time(redis))).total_seconds())


@pytest.mark.parametrize("ahead", [0.0, 25 * HOUR, -25 * HOUR])
def test_a_worker_goes_by_the_stores_time_whatever_its_own_clock_shows(redis: Redis, ahead: float):
    times = store_time(redis, ahead=ahead)
    assert difference(times, redis) < 5

    times.step()

    assert difference(times, redis) < 5


def test_a_wrong_clock_of_a_worker_makes_no_event_too_old(redis: Redis):
    store = Stores(redis).main
    accept_events(store.scripts, event("1"))
    [leased] = take_events(store.scripts)
    times = store_time(redis, ahead=25 * HOUR)
    failed = Failed(
        status=503, request_id=None, code="gong_error", errors=(), ambiguous=False, retry_after=None
    )

    attempt = Attempt(event=leased, outcome=failed, worker="w", started_at=times.now(), seconds=0.1)

    assert settle(attempt, SettlementOptions()).verb == "retry"


def test_a_worker_whose_clock_differs_is_reported_and_still_counts_as_running(
    redis: Redis, capsys: pytest.CaptureFixture[str]
):
    times = store_time(redis, ahead=-HOUR)
    times.step()
    heartbeat = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    redis.sadd("rq:workers", "rq:worker:w")
    redis.hset("rq:worker:w", mapping={"last_heartbeat": heartbeat, "birth": heartbeat})

    assert read_store_clock(redis).workers == {"w": pytest.approx(-HOUR, abs=5)}
    [worker] = read_living_workers(redis, datetime.now(UTC))
    assert worker["clock_ahead_seconds"] == pytest.approx(-HOUR, abs=5)
    assert abs(datetime.fromisoformat(worker["last_seen_at"]) - datetime.now(UTC)) < timedelta(seconds=5)
    assert "worker.clock_differs" in capsys.readouterr().out


def test_a_clock_that_agrees_again_is_reported_no_longer(redis: Redis):
    measure = Measure()
    times = store_time(redis, ahead=HOUR, measure=measure)
    times.step()
    assert read_store_clock(redis).workers

    times.own_clock = lambda: datetime.now(UTC)
    measure.seconds += 10
    times.step()

    assert read_store_clock(redis).workers == {}


def test_a_worker_that_no_longer_reports_is_forgotten(redis: Redis):
    old = read_store_time(redis) - 61 * 1_000_000
    redis.hset(keys.WORKER_CLOCKS, "gone", f"3600.0 {old}")
    assert read_store_clock(redis).workers == {}

    store_time(redis, ahead=HOUR).step()

    assert [name.decode() for name in redis.hkeys(keys.WORKER_CLOCKS)] == ["w"]


def test_a_clock_that_was_set_is_logged_and_on_the_stores_page(
    server: SteppingServer, capsys: pytest.CaptureFixture[str]
):
    measure = Measure()
    times = store_time(server.redis, measure=measure)
    times.store.scripts.run("schedule_probes")
    times.step()
    server.set_clock(-HOUR)
    times.store.scripts.run("schedule_probes")

    measure.seconds += 10
    times.step()

    assert "store.clock_set" in capsys.readouterr().out
    page = store_page(server.redis)
    assert page["clock_offset_seconds"] == pytest.approx(HOUR, abs=5)
    assert page["clock_set_at"] is not None


@pytest.mark.parametrize(("measured", "offset"), [(HOUR, 0), (10, -HOUR)])
def test_a_jump_of_the_clock_is_confirmed_only_if_the_time_really_passed(
    server: SteppingServer, measured: float, offset: float
):
    """The server was frozen for an hour, and a command that waited in it for that long runs now."""
    measure = Measure()
    times = store_time(server.redis, measure=measure)
    times.store.scripts.run("schedule_probes")
    times.step()
    server.set_clock(HOUR)
    times.store.scripts.run("schedule_probes")
    assert clock_offset(server.redis.get(keys.CLOCK)) / 1e6 == pytest.approx(-HOUR, abs=5)

    measure.seconds += measured
    times.step()

    assert clock_offset(server.redis.get(keys.CLOCK)) / 1e6 == pytest.approx(offset, abs=5)


def test_a_slow_answer_makes_no_difference_between_clocks():
    own = datetime(2026, 12, 1, tzinfo=UTC)
    server = int(own.timestamp() + 4) * 1_000_000
    slow = ClockReading(sent_at=0.0, received_at=5.0, server=server, offset=0, own=own)
    quick = ClockReading(sent_at=0.0, received_at=0.1, server=server, offset=0, own=own)

    assert slow.own_ahead is None
    assert quick.own_ahead == pytest.approx(-4)
