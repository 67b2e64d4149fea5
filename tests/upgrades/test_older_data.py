"""What the version before has written is read, sent, explained and replayed by this one: nothing lost, nothing twice."""

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
from tests.flows.delivering import received
from tests.upgrades.reading import deliver_all, load
from tests.upgrades.writing import KEYS, config, page_view, settings

STATES = {
    "delivered": "delivered",
    "duplicate": "duplicate",
    "refused": "dead",
    "discarded": "discarded",
    "filtered": "filtered",
    "waiting": "waiting",
    "sending": "sending",
    "gathering": "gathering",
    "collapsed": "collapsed",
    "queued": "queued",
    "partner-filtered": "filtered",
    "partner-dead": "dead",
    "partner-queued": "queued",
}
ADMIN = {"X-API-Key": settings().admin_key or ""}
FIXTURE = "written_by_48c6fc6.json"


@dataclass
class World:
    """Today's relay over the older one's data, and a Gong."""

    redis: Redis
    client: FlaskClient
    config: Config
    gong: str
    ids: dict[str, str]

    def get(self, path: str) -> Any:
        answer = self.client.get(path, headers=ADMIN)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def act(self, path: str) -> int:
        return self.client.post(path, headers=ADMIN).status_code

    def status(self, name: str) -> str:
        return str(self.get(f"/v1/events/{self.ids[name]}")["status"])

    def arrived(self) -> list[str]:
        return sorted(one["event_id"] for one in received(self.gong))

    def deliver(self) -> None:
        deliver_all(self.redis, self.config)


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    ids = load(redis, FIXTURE)
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        told = config(gong.removeprefix("http://"))
        yield World(redis, create_app(settings(), told, redis).test_client(), told, gong, ids)


def test_the_fixture_holds_an_event_of_every_state_and_more(world: World):
    assert set(world.ids) == set(STATES)


@pytest.mark.parametrize("name", STATES)
def test_every_event_is_explained_in_its_state(world: World, name: str):
    page = world.get(f"/v1/events/{world.ids[name]}")

    assert page["status"] == STATES[name]
    assert page["why"]


def test_every_event_is_listed_and_counted(world: World):
    listed = {one["id"] for one in world.get("/v1/events")["events"]}
    counted = {row["destination"]: row["open"] for row in world.get("/v1/queues")["destinations"]}

    assert listed == set(world.ids.values())
    assert counted == {"acme": 4, "globex": 1}
    assert world.get("/v1/dead-letters")["total"] == 2


def test_all_that_was_on_its_way_arrives_and_once(world: World):
    world.deliver()
    open_ones = ["waiting", "sending", "gathering", "queued", "partner-queued"]

    assert [world.status(name) for name in open_ones] == ["delivered"] * 5
    assert world.arrived() == [
        "partner:1",
        "visits:gathering",
        "website:queued",
        "website:sending",
        "website:waiting",
    ]


def test_a_session_that_gathered_then_is_one_call_of_two_events(world: World):
    world.deliver()
    [body] = [one["body"] for one in received(world.gong) if one["event_id"] == "visits:gathering"]

    assert {"name": "pages", "value": "2", "dataType": "NUMBER"} in body["customFields"]


@pytest.mark.parametrize(("name", "status"), [("refused", 202), ("discarded", 202)])
def test_a_dead_letter_or_a_discarded_event_is_replayed_and_arrives(world: World, name: str, status: int):
    assert world.act(f"/v1/events/{world.ids[name]}/replay") == status
    world.deliver()

    assert world.status(name) == "delivered"
    assert f"website:{name}" in world.arrived()


def test_what_could_not_be_mapped_is_mapped_anew_from_the_bytes_that_were_kept(world: World):
    assert world.act(f"/v1/events/{world.ids['partner-dead']}/replay") in {409, 422}
    assert world.status("partner-dead") == "dead"


@pytest.mark.parametrize("name", ["delivered", "queued", "waiting", "refused"])
def test_an_event_that_was_taken_then_is_recognised_now(world: World, name: str):
    answer = world.client.post("/v1/events", json=page_view(name), headers={"X-API-Key": KEYS["WEBSITE_KEY"]})

    assert answer.get_json()["duplicate"] is True
    assert answer.get_json()["id"] == world.ids[name]


def test_a_hold_of_then_goes_on_and_ends_when_it_is_resumed(world: World):
    [row] = [one for one in world.get("/v1/queues")["destinations"] if one["destination"] == "globex"]

    assert row["hold"]["cause"] == "needs_credentials"
    assert world.act("/v1/destinations/globex/resume") == 200


def test_a_replay_that_was_begun_then_is_still_there(world: World):
    [replay] = world.get("/v1/replays")["replays"]

    assert (replay["status"], replay["filter"]["reason"]) == ("queued", "refused")
