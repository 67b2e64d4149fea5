"""A stopping worker ends within its grace period, whatever its store does."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from redis import Redis

from relay.store.delivery import SweepOptions
from relay.store.engine import keys
from relay.store.engine.connection import ClientOptions, open_redis
from relay.store.engine.scripts import Scripts
from tests.conftest import serving
from tests.store_world import accept_events, event
from tests.valkey import Valkey
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.grace import GracePeriod
from workers.liveness import Liveness
from workers.pacing import RateGate
from workers.worker import PacedWorker, WorkerOptions

COMPANIES = 5
SWEEP_SECONDS = 0.002


@pytest.fixture
def store() -> Iterator[Valkey]:
    with serving() as server:
        yield server


@dataclass
class AfterLease(Liveness):
    """Calls `act` when the worker's loop runs for the second time: it has leased its events, and begun one attempt."""

    act: Callable[[], None]
    loops: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def record_loop(self) -> None:
        super().record_loop()
        self.loops.append(1)
        if len(self.loops) == 2:
            self.act()
            time.sleep(
                SWEEP_SECONDS
            )  # so that this loop sweeps, and meets the store while it has unsent events


@dataclass
class Run:
    """A worker in a thread. Its one destination is not configured, so its attempts make no call."""

    store: Valkey
    act: Callable[[], None]
    grace: float
    find: Callable[[str], None] = lambda _: None

    def start(self) -> None:
        self.redis = open_redis(self.store.url, ClientOptions(command_timeout=0.2, connect_timeout=0.2))
        accept_events(Scripts(self.redis), *(event(f"{n}", company=f"c{n}") for n in range(COMPANIES)))
        accesses = CredentialStore(None, lambda: datetime.now(UTC))
        self.deliverer = Deliverer(self.find, accesses, GongClient(HttpOptions()), RateGate(0.0))
        options = WorkerOptions(
            threads=COMPANIES,
            sweep=SweepOptions(interval=SWEEP_SECONDS),
            grace=self.grace,
            liveness=AfterLease(self._act_and_stop),
        )
        self.worker = PacedWorker(self.redis, self.deliverer, options, name="w")
        self.thread = threading.Thread(
            target=self.worker.work, kwargs={"logging_level": "ERROR"}, daemon=True
        )
        self.thread.start()

    def _act_and_stop(self) -> None:
        self.act()
        self.worker.stop(by_signal=True)

    def ends(self) -> bool:
        self.thread.join(30)
        return not self.thread.is_alive()


def sending(redis: Redis) -> int:
    return redis.zcard(keys.LEASES)


@pytest.mark.parametrize("way", ["frozen", "killed"])
def test_a_worker_that_stops_while_its_store_is_away_ends(store: Valkey, way: str):
    run = Run(store, lambda: store.signal(signal.SIGSTOP) if way == "frozen" else store.kill(), grace=0.5)
    run.start()

    assert run.ends()


def test_a_worker_that_stops_returns_what_it_has_not_sent(store: Valkey):
    run = Run(store, lambda: None, grace=60)
    run.start()

    assert run.ends()
    assert not run.worker.gave_up
    assert sending(run.redis) == 0
    assert run.redis.hvals(keys.QUEUES)


def test_a_store_that_comes_back_within_the_grace_period_gets_everything(store: Valkey):
    def freeze_for_a_while() -> None:
        store.signal(signal.SIGSTOP)
        threading.Timer(1.0, store.signal, [signal.SIGCONT]).start()

    run = Run(store, freeze_for_a_while, grace=60)
    run.start()

    assert run.ends()
    assert not run.worker.gave_up
    assert sending(run.redis) == 0


def test_a_heartbeat_without_a_store_does_not_end_the_worker(store: Valkey):
    run = Run(store, lambda: None, grace=0.5)
    run.start()
    assert run.ends()
    other = PacedWorker(run.redis, run.deliverer, WorkerOptions(threads=1), name="other")
    store.kill()

    other.heartbeat()


def test_a_call_that_never_ends_is_given_up(store: Valkey):
    release = threading.Event()
    run = Run(store, lambda: None, grace=0.5, find=lambda _: release.wait(60) and None)
    run.start()

    assert run.ends()
    assert run.worker.gave_up
    release.set()


def test_a_grace_period_lasts_from_its_first_beginning():
    now = [10.0]
    grace = GracePeriod(5.0, lambda: now[0])
    assert (grace.remaining, grace.is_over) == (float("inf"), False)

    grace.begin()
    now[0] = 13.0
    grace.begin()
    assert (grace.remaining, grace.is_over) == (2.0, False)

    now[0] = 15.0
    assert (grace.remaining, grace.is_over, grace.wait(100.0)) == (0.0, True, True)
