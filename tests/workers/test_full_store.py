"""A worker that starts while the store is full works, and is registered once there is room."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis
from rq.worker import WorkerStatus

from relay.store.queues import read_workers
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate
from workers.worker import PacedWorker, WorkerOptions


@pytest.fixture
def full(redis: Redis) -> Iterator[Redis]:
    redis.config_set("maxmemory", 1)
    yield redis
    redis.config_set("maxmemory", 0)


def worker(redis: Redis) -> PacedWorker:
    accesses = CredentialStore(None, lambda: datetime.now(UTC))
    deliverer = Deliverer(lambda _: None, accesses, GongClient(HttpOptions()), RateGate(0.0))
    return PacedWorker(redis, deliverer, WorkerOptions(threads=1), name="w")


def test_a_worker_is_listed_once_the_store_has_room_again(full: Redis):
    new_worker = worker(full)
    new_worker.register_birth()
    new_worker.set_state(WorkerStatus.STARTED)
    assert read_workers(full) == []

    full.config_set("maxmemory", 0)
    new_worker.heartbeat()

    assert [entry["name"] for entry in read_workers(full)] == ["w"]
