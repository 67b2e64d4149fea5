"""A store that answers slowly: all commands of a request share one deadline, and the sender may repeat the request."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.connection import WEB, open_redis
from relay.store.engine.deadline import limit_store_time
from tests.harness.slow_store import SlowStore
from tests.valkey import Valkey
from tests.web.conftest import ADMIN, config

Headers = dict[str, str]
Maker = Callable[..., dict[str, Any]]
SLOW = 1.4
"""Less than the timeout of one command, and more than half of what a request may take. Seconds."""


@pytest.fixture
def store(valkey: Valkey, redis: Redis) -> Iterator[SlowStore]:
    del redis  # empties the server
    with closing(SlowStore(valkey.folder / "s")) as proxy:
        yield proxy


@pytest.fixture
def slow_client(store: SlowStore) -> Iterator[FlaskClient]:
    with open_redis(store.url, WEB) as redis:
        yield create_app(Settings(admin_key=ADMIN), config(), redis).test_client()


def test_a_request_whose_commands_are_all_slow_is_answered_503(
    store: SlowStore, slow_client: FlaskClient, sender: Headers, page_view: Maker
):
    store.delay = SLOW
    response = slow_client.post("/v1/events", json=page_view(), headers=sender)

    assert (response.status_code, response.get_json()["code"]) == (503, "store_timeout")
    assert int(response.headers["Retry-After"]) >= 1
    assert store.responses <= 2


def test_a_write_whose_answer_was_late_is_repeated_without_a_second_event(
    store: SlowStore, slow_client: FlaskClient, sender: Headers, page_view: Maker, redis: Redis
):
    assert slow_client.post("/v1/events", json=page_view("first"), headers=sender).status_code == 202
    store.delay = 60.0
    late = slow_client.post("/v1/events", json=page_view("late"), headers=sender)
    store.delay = 0.0
    again = slow_client.post("/v1/events", json=page_view("late"), headers=sender)

    assert late.status_code == 503
    assert (again.status_code, again.get_json()["duplicate"]) == (202, True)
    assert redis.zcard(keys.EVENTS) == 2


def test_an_operators_page_has_more_time(store: SlowStore, slow_client: FlaskClient, operator: Headers):
    store.delay = 0.3
    response = slow_client.get("/v1/destinations/acme", headers=operator)

    assert response.status_code == 200
    assert store.responses * store.delay > 1.8


def test_the_deadline_of_a_request_ends_with_it(store: SlowStore, slow_client: FlaskClient):
    slow_client.get("/readyz")
    store.delay = 0.4
    with open_redis(store.url, WEB) as redis:
        assert all(redis.ping() for _ in range(5))


def test_a_response_that_arrived_in_time_is_read_by_a_process_that_was_busy(store: SlowStore):
    with open_redis(store.url, WEB) as redis:
        redis.set("a", "first")
        connection = redis.connection_pool.get_connection()
        limit_store_time(0.2)
        try:
            connection.send_command("GET", "a")
            time.sleep(0.6)  # what other requests need of this process
            assert connection.read_response() == b"first"
        finally:
            limit_store_time(None)
            redis.connection_pool.release(connection)


def test_a_late_response_is_not_read_as_that_of_the_next_command(store: SlowStore):
    with open_redis(store.url, WEB) as redis:
        redis.set("a", "first")
        redis.set("b", "second")
        store.delay = 0.5
        limit_store_time(0.1)
        try:
            with pytest.raises(Exception, match="Timeout"):
                redis.get("a")
        finally:
            limit_store_time(None)
        store.delay = 0.0
        assert redis.get("b") == b"second"
