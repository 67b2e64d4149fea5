"""Redis's clock is set while the relay works: back, forward, and both. Delivery goes on, and nothing ends before its time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from redis import Redis

from relay.core.destination import BasicCredentials, Destination
from relay.core.lifecycle import HoldCause, State
from relay.store.delivery import (
    Pacing,
    Retry,
    SweepOptions,
    end_event,
    finish,
    freeze_company,
    retry_later,
    sweep,
)
from relay.store.engine import keys
from relay.store.engine.redis_time import clock_offset, read_store_time
from relay.store.engine.scripts import Scripts, take_turn
from relay.store.holds import HoldRequest, hold_destination
from relay.store.queues import read_company_usage
from tests.harness.clock_shim import SteppingServer, stepping_server
from tests.harness.waiting import eventually
from tests.store_world import accept_events, event, field_of, new_id, publish, sweep_now, take_events

HOUR, DAY, YEAR = 3600, 24 * 3600, 365 * 24 * 3600
MICROSECONDS = 1_000_000
STEPS = (-HOUR, -YEAR, HOUR, 25 * HOUR, YEAR)


@pytest.fixture(scope="module")
def shim() -> Iterator[SteppingServer]:
    with stepping_server() as server:
        yield server


@pytest.fixture
def server(shim: SteppingServer) -> SteppingServer:
    shim.set_clock(0)
    shim.redis.flushall()
    return shim


@pytest.fixture
def stepped(server: SteppingServer) -> Scripts:
    """Run scripts on the server. One has run there, so that the next one recognizes a step."""
    scripts = Scripts(server.redis)
    scripts.run("schedule_probes")
    return scripts


def set_clock(server: SteppingServer, scripts: Scripts, *seconds: float) -> None:
    """Set the clock, several times if there are several numbers, with a script after each."""
    for shift in seconds:
        server.set_clock(shift)
        scripts.run("schedule_probes")


def age_clock(redis: Redis, seconds: float) -> None:
    """Let time pass: the last script ran that long ago."""
    at, *offset = redis.get(keys.CLOCK).decode().split()
    redis.set(keys.CLOCK, " ".join([str(int(at) - int(seconds * MICROSECONDS)), *offset]))


def offset(redis: Redis) -> float:
    return clock_offset(redis.get(keys.CLOCK)) / MICROSECONDS


@pytest.mark.parametrize("steps", [(step,) for step in STEPS] + [(step, 0) for step in STEPS])
def test_delivery_goes_on_after_each_step(server: SteppingServer, stepped: Scripts, steps: tuple[float, ...]):
    # Before the leases: a slow test must not rescue an event before the step.
    assert sweep(stepped, SweepOptions(interval=0.01), Pacing()).acquired
    accept_events(stepped, event("lost"), event("retried"), event("queued"))
    lost, retried = take_events(stepped, 1, lease=0.01)[0], take_events(stepped, 1)[0]
    assert finish(stepped, retried, retry_later(Retry(seconds=0.05), record=b"{}"))
    assert take_turn(stepped, keys.ALERTS_LOCK, seconds=0.05)

    set_clock(server, stepped, *steps)

    accept_events(stepped, event("accepted later"))
    sent: list[str] = []

    def send_both() -> bool:
        sent.extend(leased.event_id for leased in take_events(stepped, 1))
        return sent == ["web:queued", "web:accepted later"]

    eventually(send_both, within=5, what="the events in the queue")
    done = {"rescued": 0, "promoted": 0}

    def sweep_once() -> bool:
        result = sweep(stepped, SweepOptions(interval=0.01), Pacing())
        done["rescued"] += result.rescued
        done["promoted"] += result.promoted
        return done == {"rescued": 1, "promoted": 1}

    eventually(sweep_once, within=5, what="the rescue and the retry")
    assert (lost.event_id, retried.event_id) == ("web:lost", "web:retried")
    eventually(
        lambda: take_turn(stepped, keys.ALERTS_LOCK, seconds=0.05), within=5, what="the next check for alerts"
    )


@pytest.mark.parametrize("steps", [(step,) for step in STEPS] + [(step, 0) for step in STEPS])
def test_a_step_prunes_expires_and_spends_nothing(
    server: SteppingServer, stepped: Scripts, steps: tuple[float, ...]
):
    publish(stepped, per_second=3, per_day=10)
    accept_events(stepped, event("b", company="b"))
    finish(stepped, *take_events(stepped), freeze_company(600.0, record=b"{}"))
    accept_events(stepped, *(event(str(number)) for number in range(12)))
    delivered, retried, sending = take_events(stepped, 3)
    finish(stepped, delivered, end_event(State.DELIVERED, "r", record=b"{}", keep_seconds=1800))
    finish(stepped, retried, retry_later(Retry(seconds=600.0), record=b"{}"))
    used = read_company_usage(server.redis, ["acme"])[0].last_day

    set_clock(server, stepped, *steps)

    result = sweep_now(stepped, server.redis)
    assert (result.rescued, result.promoted, result.pruned) == (0, 0, 0)
    assert field_of(server.redis, delivered.id, "state") == "delivered"
    assert field_of(server.redis, sending.id, "state") == "sending"
    [usage, other] = read_company_usage(server.redis, ["acme", "b"])
    assert usage.last_day == used
    assert other.frozen_until is not None
    # The pace too: no call follows before a window has passed since the third last one.
    assert take_events(stepped, window=600.0) == []


def test_the_pause_between_calls_survives_a_step_to_and_fro(server: SteppingServer, stepped: Scripts):
    publish(stepped, per_second=1)
    accept_events(stepped, event("1"), event("2"))
    assert len(take_events(stepped, window=0.5)) == 1

    set_clock(server, stepped, HOUR, 0, -HOUR, 0)

    assert take_events(stepped, window=600.0) == []
    eventually(lambda: take_events(stepped, window=0.5) != [], within=5, what="the second call")


def test_the_stores_time_goes_on(server: SteppingServer, stepped: Scripts):
    times = []
    for seconds in (0, -HOUR, -YEAR, 0, HOUR, -1, 0):
        set_clock(server, stepped, seconds)
        times.append(read_store_time(server.redis))

    # A script notes the time once a second, so that much may be repeated.
    assert all(after > before - MICROSECONDS for before, after in pairwise(times))
    assert abs(times[-1] - times[0]) < 60 * MICROSECONDS


def test_the_stores_time_returns_slowly_to_a_clock_that_was_set_back(
    server: SteppingServer, stepped: Scripts
):
    set_clock(server, stepped, -HOUR)
    assert offset(server.redis) == pytest.approx(HOUR, abs=5)

    age_clock(server.redis, 1000)
    Scripts(server.redis).run("schedule_probes")
    assert offset(server.redis) == pytest.approx(HOUR - 100, abs=5)

    age_clock(server.redis, 10 * HOUR)
    Scripts(server.redis).run("schedule_probes")
    assert offset(server.redis) == 0


def test_the_stores_time_follows_a_step_forward_that_has_lasted(server: SteppingServer, stepped: Scripts):
    set_clock(server, stepped, HOUR)
    assert offset(server.redis) == pytest.approx(-HOUR, abs=5)
    age_clock(server.redis, 1)
    stepped.run("schedule_probes")
    assert offset(server.redis) == pytest.approx(-HOUR, abs=5)

    server.redis.hincrby(keys.CLOCK_STEP, "doubted_until", -HOUR * MICROSECONDS)
    age_clock(server.redis, 1)
    stepped.run("schedule_probes")
    assert offset(server.redis) == 0


def test_a_step_of_a_year_is_doubted_for_a_day(server: SteppingServer, stepped: Scripts):
    set_clock(server, stepped, YEAR)

    doubted = int(server.redis.hget(keys.CLOCK_STEP, "doubted_until")) - server.redis.time()[0] * MICROSECONDS
    assert doubted / MICROSECONDS == pytest.approx(DAY, abs=60)


def test_time_in_which_nothing_ran_is_no_step(server: SteppingServer):
    Scripts(server.redis).run("schedule_probes")
    server.set_clock(8 * HOUR)

    # A process that has just started measured nothing: the store may have been idle.
    Scripts(server.redis).run("schedule_probes")

    assert offset(server.redis) == 0
    assert server.redis.hget(keys.CLOCK_STEP, "step") is None


def test_a_server_that_was_restarted_with_an_older_backup_is_no_step(
    server: SteppingServer, stepped: Scripts
):
    # A restart breaks the connections, so the next script does not rely on a duration.
    server.redis.client_kill_filter(_type="normal", skipme=True)
    age_clock(server.redis, 8 * HOUR)

    stepped.run("schedule_probes")

    assert offset(server.redis) == 0


def test_scripts_that_run_at_the_same_time_do_not_hide_a_step(server: SteppingServer, stepped: Scripts):
    is_over = threading.Event()

    def run_scripts() -> None:
        while not is_over.is_set():
            stepped.run("schedule_probes")

    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(run_scripts) for _ in range(8)]
        try:
            for shift in (HOUR, 0) * 5:
                server.set_clock(shift)
                eventually(lambda: abs(offset(server.redis) + shift) < 5, within=5, what="the offset")  # noqa: B023 - called at once
        finally:
            is_over.set()
    assert [run.result() for run in runs] == [None] * 8


def test_a_measured_pause_ends_the_doubt(server: SteppingServer, stepped: Scripts):
    before = server.redis.time()[0] * MICROSECONDS
    set_clock(server, stepped, HOUR)

    assert stepped.run("confirm_clock", before + 2 * HOUR * MICROSECONDS) == 0
    assert offset(server.redis) == pytest.approx(-HOUR, abs=5)
    assert stepped.run("confirm_clock", before) == 1
    assert offset(server.redis) == 0


def test_times_further_ahead_than_they_can_have_been_stored_count_as_now(redis: Redis, scripts: Scripts):
    """Such as from a version of the relay that used a wrong clock as it was."""
    ahead = read_store_time(redis) + YEAR * MICROSECONDS
    publish(scripts, per_second=1, per_day=10)
    accept_events(scripts, *(event(new_id()) for _ in range(3)))
    lost, retried = take_events(scripts, 2)
    finish(scripts, retried, retry_later(Retry(seconds=1.0), record=b"{}"))
    for key in (keys.DUE, keys.LEASES, keys.RETRIES):
        redis.zadd(key, dict.fromkeys(redis.zrange(key, 0, -1), ahead))
    redis.hset(keys.COMPANY + "acme", mapping={"frozen_until": ahead, "retry_after_until": ahead})
    redis.hset(keys.BREAKER + "https://api.gong.io", mapping={"open_until": ahead, "times_opened": 1})
    redis.lset(keys.RECENT_CALLS + "acme", 0, ahead)
    bucket = ahead // (600 * MICROSECONDS)
    redis.delete(keys.DAY_CALLS + "acme")
    redis.hset(keys.DAY_CALLS + "acme", mapping={"total": 2, "high": 0, "first": bucket, str(bucket): 2})
    redis.set(keys.SWEEP_LOCK, ahead)

    result = sweep(scripts, SweepOptions(), Pacing())

    assert (result.acquired, result.rescued, result.promoted) == (True, 1, 1)
    assert lost.id != retried.id
    assert len(take_events(scripts)) == 1
    assert read_company_usage(redis, ["acme"])[0].last_day == 3


def test_a_hold_is_probed_after_a_step_back(server: SteppingServer, stepped: Scripts):
    acme = Destination(name="acme", company="acme", credentials=BasicCredentials("k", "s"))
    hold_destination(stepped, acme, HoldRequest(HoldCause.FORBIDDEN, "", 0.05))
    set_clock(server, stepped, -HOUR)

    eventually(
        lambda: sweep_now(stepped, server.redis).probes == ("acme",), within=5, what="the probe that is due"
    )
