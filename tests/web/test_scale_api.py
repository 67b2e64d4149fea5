"""`/v1/scale` for autoscalers: the calls per second that can be made now, without events that must wait."""

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


def test_companies_count_with_their_rate_limits(redis: Redis, scripts: Scripts):
    publish(scripts, "acme", per_second=3)
    publish(scripts, "globex", per_second=7)
    queue_for(scripts, "acme")
    queue_for(scripts, "globex", count=900)

    assert read_send_capacity(redis) == SendCapacity(2, 10)


def test_a_company_without_published_limits_counts_with_gongs_default(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme")

    assert read_send_capacity(redis) == SendCapacity(1, 3)


def test_an_empty_store_needs_no_capacity(redis: Redis):
    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_an_event_that_waits_for_a_retry_needs_no_capacity(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme", count=1)
    [leased] = take_events(scripts)
    finish(scripts, leased, retry_later(Retry(seconds=60.0), record=b"{}"))
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_a_rate_limited_company_needs_no_capacity(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme")
    [leased] = take_events(scripts, 1)
    finish(scripts, leased, freeze_company(60.0, record=b"{}"))
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_a_company_at_its_daily_limit_needs_no_capacity(redis: Redis, scripts: Scripts):
    publish(scripts, "acme", per_second=3, per_day=2)
    queue_for(scripts, "acme", count=9)
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


def test_a_destination_on_hold_needs_no_capacity(redis: Redis, scripts: Scripts):
    queue_for(scripts, "acme")
    hold_destination(scripts, config().destinations["acme"], HoldRequest(HoldCause.PAUSED, "", None))
    take_events(scripts)

    assert read_send_capacity(redis) == SendCapacity(0, 0)


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(Settings(admin_key=ADMIN), config(), redis).test_client()


def test_the_capacity_is_reported_for_one_store(client: FlaskClient, scripts: Scripts):
    queue_for(scripts, "acme")

    response = client.get("/v1/scale", headers={"X-API-Key": ADMIN})

    assert response.get_json() == {"store": "main", "companies": 1, "calls_per_second": 3}


def test_an_unknown_store_is_rejected_with_the_known_ones(client: FlaskClient):
    response = client.get("/v1/scale?store=eu", headers={"X-API-Key": ADMIN})

    assert (response.status_code, response.get_json()["errors"][0]["path"]) == (422, "store")
    assert "Known stores: main." in response.get_json()["errors"][0]["message"]


def test_a_sources_key_is_not_allowed(client: FlaskClient):
    assert client.get("/v1/scale", headers={"X-API-Key": KEYS["web"]}).status_code == 403
