"""What an autoscaler is told: how many calls a second Gong would take now, and nothing of what has to wait."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.lifecycle import HoldCause
from relay.settings import Settings
from relay.store.delivery import Retry, finish, freeze_company, retry_later
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination
from relay.store.queues import SendCapacity, read_send_capacity
from tests.store_world import accept_events, event, publish, take_events
from tests.web.conftest import ADMIN, KEYS, config


def queue_for(scripts: Scripts, company: str, count: int = 5) -> None:
    accept_events(
        scripts, *(event(f"{company}-{n}", destination=company, company=company) for n in range(count))
    )


def test_companies_that_may_call_count_with_their_pace(redis: Redis, scripts: Scripts):
    publish(scripts, "acme", per_second=3)
    publish(scripts, "globex", per_second=7)
    queue_for(scripts, "acme")
    queue_for(scripts, "globex", count=900)

    assert read_send_capacity(redis) == SendCapacity(2, 10)


def test_a_company_that_no_worker_has_published_yet_counts_with_the_pace_of_gong(
    redis: Redis, scripts: Scripts
):
    queue_for(scripts, "acme")

    assert read_send_capacity(redis) == SendCapacity(1, 3)


def test_an_empty_store_wants_nobody(redis: Redis):
    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_what_waits_for_a_retry_wants_nobody(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme", count=1)
    [taken] = take_events(scripts)
    finish(scripts, taken, retry_later(Retry(seconds=60.0), record=b"{}"))
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_a_company_told_to_slow_down_wants_nobody(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme")
    taken = take_events(scripts, 1)
    finish(scripts, taken[0], freeze_company(60.0, record=b"{}"))
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_a_spent_day_wants_nobody(redis: Redis, scripts: Scripts):
    publish(scripts, "acme", per_second=3, per_day=2)
    queue_for(scripts, "acme", count=9)
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_a_destination_on_hold_wants_nobody(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme")
    hold_destination(scripts, config().destinations["acme"], HoldRequest(HoldCause.PAUSED, "", None))
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN), config(), redis).test_client()


def test_the_page_tells_it_of_one_store(client: FlaskClient, scripts: Scripts):
    queue_for(scripts, "acme")

    answer = client.get("/v1/scale", headers={"X-API-Key": ADMIN})

    assert answer.get_json() == {"store": "main", "companies": 1, "calls_per_second": 3}


def test_a_store_that_is_not_there_is_named_with_those_that_are(client: FlaskClient):
    answer = client.get("/v1/scale?store=eu", headers={"X-API-Key": ADMIN})

    assert (answer.status_code, answer.get_json()["errors"][0]["path"]) == (422, "store")
    assert "Known: main." in answer.get_json()["errors"][0]["message"]


def test_a_sources_key_is_not_told(client: FlaskClient):
    assert client.get("/v1/scale", headers={"X-API-Key": KEYS["web"]}).status_code == 403
