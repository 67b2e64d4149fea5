"""This version lists, explains, delivers and replays the events of a snapshot that an older version wrote.

No event is lost or sent twice. The snapshot's file name contains the commit that wrote it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from relay.store.schema_version import check_layout
from tests.flows.delivering import received
from tests.upgrades.reading import deliver_all, load
from tests.upgrades.writing import KEYS, config, page_view, settings

STATES = {
    "delivered": "delivered",
    "duplicate": "duplicate",
    "rejected": "dead",
    "discarded": "discarded",
    "filtered": "filtered",
    "retrying": "retrying",
    "sending": "sending",
    "aggregating": "aggregating",
    "aggregated": "aggregated",
    "queued": "queued",
    "partner-filtered": "filtered",
    "partner-dead": "dead",
    "partner-queued": "queued",
}
ADMIN = {"X-API-Key": settings().admin_key or ""}
SNAPSHOT = "written_by_02eea9e.json"


@dataclass
class World:
    """This version of the relay on top of the snapshot, with the sandbox as Gong."""

    redis: Redis
    client: FlaskClient
    config: Config
    gong: str
    ids: dict[str, str]

    def get(self, path: str) -> Any:
        response = self.client.get(path, headers=ADMIN)
        assert response.status_code == 200, response.text
        return response.get_json()

    def post(self, path: str) -> int:
        return self.client.post(path, headers=ADMIN).status_code

    def status(self, name: str) -> str:
        return str(self.get(f"/v1/events/{self.ids[name]}")["status"])

    def received_ids(self) -> list[str]:
        """The eventIds of the calls that Gong received."""
        return sorted(call["event_id"] for call in received(self.gong))

    def deliver(self) -> None:
        deliver_all(self.redis, self.config)


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    ids = load(redis, SNAPSHOT)
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        relay_config = config(gong.removeprefix("http://"))
        yield World(redis, create_app(settings(), relay_config, redis).test_client(), relay_config, gong, ids)


def test_the_snapshot_holds_an_event_in_every_state(world: World):
    assert set(world.ids) == set(STATES)


def test_the_layout_of_the_snapshot_is_accepted(world: World):
    check_layout(world.redis)


@pytest.mark.parametrize("name", STATES)
def test_every_event_is_explained_in_its_state(world: World, name: str):
    page = world.get(f"/v1/events/{world.ids[name]}")

    assert page["status"] == STATES[name]
    assert page["why"]


def test_every_event_is_listed_and_counted(world: World):
    listed = {event["id"] for event in world.get("/v1/events")["events"]}
    open_events = {row["destination"]: row["open"] for row in world.get("/v1/queues")["destinations"]}

    assert listed == set(world.ids.values())
    assert open_events == {"acme": 4, "globex": 1}
    assert world.get("/v1/dead-letters")["total"] == 2


def test_every_open_event_is_delivered_once(world: World):
    world.deliver()
    open_events = ["retrying", "sending", "aggregating", "queued", "partner-queued"]

    assert [world.status(name) for name in open_events] == ["delivered"] * 5
    assert world.received_ids() == [
        "partner:1",
        "visits:aggregating",
        "website:queued",
        "website:retrying",
        "website:sending",
    ]


def test_a_session_that_was_aggregating_is_sent_as_one_call_for_two_events(world: World):
    world.deliver()
    [body] = [call["body"] for call in received(world.gong) if call["event_id"] == "visits:aggregating"]

    assert {"name": "pages", "value": "2", "dataType": "NUMBER"} in body["customFields"]


@pytest.mark.parametrize("name", ["rejected", "discarded"])
def test_a_dead_letter_or_discarded_event_can_be_replayed_and_is_delivered(world: World, name: str):
    assert world.post(f"/v1/events/{world.ids[name]}/replay") == 202
    world.deliver()

    assert world.status(name) == "delivered"
    assert f"website:{name}" in world.received_ids()


def test_replaying_an_event_that_still_cannot_be_mapped_is_refused(world: World):
    assert world.post(f"/v1/events/{world.ids['partner-dead']}/replay") in {409, 422}
    assert world.status("partner-dead") == "dead"


@pytest.mark.parametrize("name", ["delivered", "queued", "retrying", "rejected"])
def test_an_event_that_is_sent_again_is_recognized_as_a_duplicate(world: World, name: str):
    response = world.client.post(
        "/v1/events", json=page_view(name), headers={"X-API-Key": KEYS["WEBSITE_KEY"]}
    )

    assert response.get_json()["duplicate"] is True
    assert response.get_json()["id"] == world.ids[name]


def test_a_hold_persists_and_can_be_resumed(world: World):
    [row] = [row for row in world.get("/v1/queues")["destinations"] if row["destination"] == "globex"]

    assert row["hold"]["cause"] == "invalid_credentials"
    assert world.post("/v1/destinations/globex/resume") == 200


def test_a_replay_that_was_queued_is_still_queued(world: World):
    [replay] = world.get("/v1/replays")["replays"]

    assert (replay["status"], replay["filter"]["reason"]) == ("queued", "rejected")
