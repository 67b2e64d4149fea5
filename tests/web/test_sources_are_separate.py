"""A source's key learns nothing about the events of another source, not even that they exist."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.settings import Settings
from relay.store.delivery import end_event, finish
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.stores import Stores
from tests.store.erasure_world import accept_request, event_about
from tests.store_world import accept_events, event, receipt, take_events
from tests.web.access_world import KEYS, relay

PERSON = "jane.doe@globex.com"
NEVER = "never-existed"
NOTHING = (200, '{"events":[],"cursor":null}\n')


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return relay(redis)


@pytest.fixture
def sent(client: FlaskClient, page_view: Any) -> dict[str, Any]:
    """Sends an event of the source `web`, and returns the response."""
    person = {"email": PERSON}
    response = client.post(
        "/v1/events", json=page_view("ev-1", person=person), headers={"X-API-Key": KEYS["own"]}
    )
    assert response.status_code == 202
    return dict(response.get_json())


def ask(client: FlaskClient, path: str, who: str = "other") -> tuple[int, str]:
    response = client.get(path, headers={"X-API-Key": KEYS[who]})
    return response.status_code, response.text


def receipt_of(redis: Redis, event_id: str) -> str:
    return str(redis.hget(keys.EVENT + event_id, "receipt").decode())  # type: ignore[union-attr]


def names_of(redis: Redis, event_id: str) -> dict[str, str]:
    """Every identifier of an event of `web`."""
    redis.set(keys.BY_REQUEST_ID + "gong-request-1", event_id)
    redis.hset(keys.EVENT + event_id, "request_id", "gong-request-1")
    return {
        "id": event_id,
        "event_id": "web:ev-1",
        "request_id": "gong-request-1",
        "receipt": receipt_of(redis, event_id),
    }


@pytest.mark.parametrize("name", ["id", "event_id", "request_id", "receipt"])
def test_why_answers_as_if_the_event_had_never_existed(
    client: FlaskClient, redis: Redis, sent: dict[str, Any], name: str
):
    value = names_of(redis, sent["id"])[name]

    own = ask(client, f"/v1/why?{name}={value}", "own")
    foreign = ask(client, f"/v1/why?{name}={value}")
    never = ask(client, f"/v1/why?{name}={NEVER}")

    assert sent["id"] in own[1]
    assert foreign == (never[0], never[1].replace(NEVER, value))


@pytest.mark.parametrize("name", ["event_id", "receipt"])
def test_why_answers_so_after_the_event_was_pruned_too(
    client: FlaskClient, redis: Redis, sent: dict[str, Any], name: str
):
    value = names_of(redis, sent["id"])[name]
    redis.delete(keys.EVENT + sent["id"])

    own = ask(client, f"/v1/why?{name}={value}", "own")
    foreign = ask(client, f"/v1/why?{name}={value}")
    never = ask(client, f"/v1/why?{name}={NEVER}")

    assert '"cause":"pruned"' in own[1]
    assert foreign == (never[0], never[1].replace(NEVER, value))


def test_why_of_a_repeated_request_names_no_event_of_another_source(
    client: FlaskClient, scripts: Scripts, sent: dict[str, Any]
):
    [verdict] = accept_events(scripts, event("ev-1"), on=receipt(id="repeat")).verdicts
    assert verdict.id == sent["id"]

    assert sent["id"] in ask(client, "/v1/why?receipt=repeat", "own")[1]
    assert ask(client, "/v1/why?receipt=repeat")[1] == ask(client, f"/v1/why?receipt={NEVER}")[1].replace(
        NEVER, "repeat"
    )


def test_an_event_is_as_missing_to_another_source_as_one_that_never_existed(
    client: FlaskClient, sent: dict[str, Any]
):
    foreign = ask(client, f"/v1/events/{sent['id']}")
    never = ask(client, f"/v1/events/{NEVER}")

    assert foreign == (never[0], never[1].replace(NEVER, sent["id"]))
    assert foreign[0] == 404


@pytest.mark.parametrize(
    "query",
    [
        "event_id=web:ev-1",
        "request_id=gong-request-1",
        f"email={PERSON}",
        f"email={PERSON}&event_id=web:ev-1",
        "status=queued",
        "destination=acme",
        "destination=acme&status=queued",
        "",
    ],
)
def test_no_filter_finds_the_event_of_another_source(
    client: FlaskClient, redis: Redis, sent: dict[str, Any], query: str
):
    names_of(redis, sent["id"])

    assert sent["id"] in ask(client, f"/v1/events?{query}", "own")[1]
    assert ask(client, f"/v1/events?{query}") == NOTHING


def test_a_source_may_not_name_another_source_whether_it_exists_or_not(client: FlaskClient):
    assert ask(client, "/v1/events?source=web") == ask(client, "/v1/events?source=nowhere")


def test_no_cursor_reveals_many_events_of_another_source(client: FlaskClient, redis: Redis):
    stores = Stores(redis, settings=Settings(secret_keys=("a-key-that-seals-sessions-of-tests",)))
    for number in range(2_100):
        accept_request(stores.main, replace(event_about(f"{number}"), people=(PERSON,)))

    for query in (f"email={PERSON}", "status=queued", "destination=acme"):
        assert ask(client, f"/v1/events?{query}&limit=1") == NOTHING


def test_a_source_still_finds_its_own_event_among_many_about_the_person(client: FlaskClient, redis: Redis):
    stores = Stores(redis, settings=Settings(secret_keys=("a-key-that-seals-sessions-of-tests",)))
    own = accept_request(stores.main, replace(event_about("own"), people=(PERSON,)), source="shop")
    for number in range(1_100):
        accept_request(stores.main, replace(event_about(f"{number}"), people=(PERSON,)))

    assert own.verdicts[0].id in ask(client, f"/v1/events?email={PERSON}")[1]


@pytest.mark.usefixtures("sent")
def test_a_living_event_is_never_called_pruned(client: FlaskClient, scripts: Scripts):
    [leased] = take_events(scripts)
    finish(scripts, leased, end_event("delivered", "r-1", record=b"{}", keep_seconds=600))

    for name in ("web:ev-1", "ev-1"):
        for who in ("own", "viewer", "admin"):
            assert '"cause":"delivered"' in ask(client, f"/v1/why?event_id={name}", who)[1]
        assert '"cause":"not_received"' in ask(client, f"/v1/why?event_id={name}")[1]


def test_a_wrong_id_of_the_relay_is_not_called_an_event_that_never_arrived(client: FlaskClient):
    text = ask(client, f"/v1/why?id={NEVER}", "viewer")[1]

    assert '"in_gong":null' in text
    assert "or its record was pruned" in text
