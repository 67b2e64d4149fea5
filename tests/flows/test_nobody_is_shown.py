"""Nothing of a person stands on any page or in any answer, whatever became of their event, until it is revealed."""

from collections.abc import Iterator
from html import unescape

import pytest
from redis import Redis

from tests.flows.why_world import RULES, World, relaying

EMAIL = "zephyrine.quill@globex.example"
NAME, PHONE, SECRET_PATH = "Zephyrine Quill", "+4915112345678", "zephyrines-secret"
OF_A_PERSON = ("zephyrine", "quill", "5112345678", "zephyrines-secret")
TELLING = RULES.replace(
    'person: {email: "{{ item.email }}"}',
    'person: {email: "{{ item.email }}", name: "{{ item.name }}", phoneNumber: "{{ item.phone }}"}',
)


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    """A relay with an event of the person in each way that it may go."""
    with relaying(redis, rules=TELLING) as world:
        of_a_person = {
            "email": EMAIL,
            "name": NAME,
            "phone": PHONE,
            "url": f"https://app.example/{SECRET_PATH}?email={EMAIL}",
            "note": f"{NAME} called from {PHONE}",
            EMAIL: NAME,
        }
        world.post("delivered", **of_a_person)
        world.work()
        world.gong.arm("status", company="acme", status=400, count=1)
        world.post("rejected", **of_a_person)
        world.work()
        world.post("unmapped", **of_a_person | {"at": f"when {NAME} came, {EMAIL}"})
        world.post("no-rule", **of_a_person | {"kind": "ping"})
        world.post(f"id-of-{EMAIL}", **of_a_person)
        world.post_raw(f"{NAME} <{EMAIL}> {PHONE}".encode())
        world.post("queued", **of_a_person)
        yield world


def places(world: World) -> list[str]:
    events = [event["id"] for event in world.get("/v1/events")["events"]]
    clusters = [each["cluster"] for each in world.get("/v1/dead-letters")["clusters"]]
    replay = world.act("/v1/replays", {"filter": {"status": "dead"}, "remap": True})["id"]
    of_events = [f"{start}/{event}" for event in events for start in ("/v1/events", "/ops/events")]
    of_faults = [
        f"{start}/{each}" for each in clusters for start in ("/v1/dead-letters", "/ops/dead-letters")
    ]
    lists = [
        f"{start}/{name}"
        for start in ("/v1", "/ops")
        for name in (
            "events",
            "dead-letters",
            "replays",
            f"replays/{replay}",
            "sources",
            "sources/hub",
            "audit",
        )
    ]
    return [*of_events, *of_faults, *lists, "/v1/overview", "/ops/", "/v1/queues", "/ops/destinations/acme"]


def test_no_page_and_no_answer_shows_anything_of_a_person(world: World):
    asked = places(world)
    shown = {place: unescape(world.page(place)).casefold() for place in asked}

    assert len(asked) > 30
    assert [(place, word) for place, text in shown.items() for word in OF_A_PERSON if word in text] == []


def test_a_dry_run_shows_nothing_of_a_person_either(world: World):
    asked = {"filter": {"status": "dead"}, "dry_run": True, "remap": True}
    told = str(world.act("/v1/replays", asked)).casefold()

    assert "globex.example" in told
    assert [word for word in OF_A_PERSON if word in told] == []


def test_an_admin_may_have_it_revealed(world: World):
    [found] = world.get("/v1/events", event_id="hub:delivered")["events"]

    assert NAME in world.page(f"/v1/events/{found['id']}", reveal="true")
