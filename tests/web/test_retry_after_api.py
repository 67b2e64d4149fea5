"""While a company waits because a failed call's response asked for it, the API says so and until when."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from relay.store.delivery import Retry, finish, retry_later
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import KEYS

Operator = dict[str, str]


@pytest.fixture
def waiting(client: FlaskClient, scripts: Scripts, page_view: Callable[..., dict[str, Any]]) -> str:
    """The id of a queued event whose company waits, because another of its calls was answered 503 with Retry-After."""
    for name in ("first", "second"):
        body = page_view() | {"id": name}
        assert client.post("/v1/events", json=body, headers={"X-API-Key": KEYS["web"]}).status_code < 300
    [leased] = take_events(scripts, 1)
    retry = Retry(seconds=600.0, gong_at_fault=True, company_pause=600.0, error="HTTP 503")
    assert finish(scripts, leased, retry_later(retry, record=b"{}"))
    page = client.get("/v1/events?status=queued", headers={"X-API-Key": KEYS["web"]}).get_json()
    [event] = page["events"]
    return str(event["id"])


def test_a_queued_event_is_explained_by_the_retry_after(
    client: FlaskClient, operator: Operator, waiting: str
):
    why = client.get(f"/v1/events/{waiting}", headers=operator).get_json()["why"]

    assert (why["cause"], why["in_gong"]) == ("retry_after", False)
    assert why["next_at"] in why["sentence"]


@pytest.mark.usefixtures("waiting")
def test_the_destination_shows_until_when_it_waits_and_no_rate_limit(client: FlaskClient, operator: Operator):
    page = client.get("/v1/destinations/acme", headers=operator).get_json()

    assert page["budget"]["retry_after_until"]
    assert page["budget"]["rate_limited_until"] is None
    assert page["clears_at"] >= page["budget"]["retry_after_until"]


@pytest.mark.usefixtures("waiting")
def test_the_page_of_the_destination_shows_it(client: FlaskClient, operator: Operator):
    assert "Asked to wait after a failure" in client.get("/ops/destinations/acme", headers=operator).text
