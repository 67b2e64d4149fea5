"""No page or API response shows personal data, whatever the state of the event, unless an admin reveals it."""

from collections.abc import Iterator
from html import unescape

import pytest
from redis import Redis

from tests.flows.explanation_world import RULES, World, run_relay

EMAIL = "zephyrine.quill@globex.example"
NAME, PHONE, SECRET_PATH = "Zephyrine Quill", "+4915112345678", "zephyrines-secret"
PERSONAL_WORDS = ("zephyrine", "quill", "5112345678", "zephyrines-secret")
RULES_WITH_NAMES = RULES.replace(
    'person: {email: "{{ item.email }}"}',
    'person: {email: "{{ item.email }}", name: "{{ item.name }}", phoneNumber: "{{ item.phone }}"}',
)


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    """A relay with one event of the person in each state."""
    with run_relay(redis, rules=RULES_WITH_NAMES) as world:
        person_fields = {
            "email": EMAIL,
            "name": NAME,
            "phone": PHONE,
            "url": f"https://app.example/{SECRET_PATH}?email={EMAIL}",
            "note": f"{NAME} called from {PHONE}",
            EMAIL: NAME,
        }
        world.post("delivered", **person_fields)
        world.work()
        world.gong.arm("status", company="acme", status=400, count=1)
        world.post("rejected", **person_fields)
        world.work()
        world.post("unmapped", **person_fields | {"at": f"when {NAME} came, {EMAIL}"})
        world.post("no-rule", **person_fields | {"kind": "ping"})
        world.post(f"id-of-{EMAIL}", **person_fields)
        world.post_raw(f"{NAME} <{EMAIL}> {PHONE}".encode())
        world.post("queued", **person_fields)
        yield world


def collect_paths(world: World) -> list[str]:
    events = [event["id"] for event in world.get("/v1/events")["events"]]
    clusters = [cluster["cluster"] for cluster in world.get("/v1/dead-letters")["clusters"]]
    replay = world.act("/v1/replays", {"filter": {"status": "dead"}, "remap": True})["id"]
    event_paths = [f"{start}/{event}" for event in events for start in ("/v1/events", "/ops/events")]
    cluster_paths = [
        f"{start}/{cluster}" for cluster in clusters for start in ("/v1/dead-letters", "/ops/dead-letters")
    ]
    list_paths = [
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
    return [
        *event_paths,
        *cluster_paths,
        *list_paths,
        "/v1/overview",
        "/ops/",
        "/v1/queues",
        "/ops/destinations/acme",
    ]


def test_no_page_or_response_shows_personal_data(world: World):
    paths = collect_paths(world)
    texts = {path: unescape(world.page(path)).casefold() for path in paths}

    assert len(paths) > 30
    assert [(path, word) for path, text in texts.items() for word in PERSONAL_WORDS if word in text] == []


def test_a_dry_run_shows_no_personal_data(world: World):
    request = {"filter": {"status": "dead"}, "dry_run": True, "remap": True}
    preview = str(world.act("/v1/replays", request)).casefold()

    assert "globex.example" in preview
    assert [word for word in PERSONAL_WORDS if word in preview] == []


def test_an_admin_can_reveal_it(world: World):
    [event] = world.get("/v1/events", event_id="hub:delivered")["events"]

    assert NAME in world.page(f"/v1/events/{event['id']}", reveal="true")
