"""The page of an event traces each field of the call to the payload, and redacts payloads by role."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from redis import Redis

from relay.core.redaction import MASK
from tests.flows.explanation_world import RULES, World, load_config, run_relay

TITLE = '"{{ item.title }}"'
FIXED = RULES.replace(TITLE, "\"{{ item.title || 'Untitled' }}\"")


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    with run_relay(redis) as world:
        yield world


def only_event(world: World, **query: str) -> dict[str, Any]:
    [event] = world.get("/v1/events")["events"]
    return dict(world.get(f"/v1/events/{event['id']}", **query))


def field(page: dict[str, Any], path: str) -> dict[str, Any]:
    [match] = [row for row in page["fields"] if row["path"] == path]
    return dict(match)


def test_each_field_lists_its_payload_paths_and_its_template(world: World):
    world.post()
    page = only_event(world)

    assert field(page, "content.contentTitle") == {
        "path": "content.contentTitle",
        "from": ["item.title"],
        "template": "{{ item.title }}",
        "value": f"{MASK} (7 characters)",
    }
    assert field(page, "person.email")["value"] == f"j{MASK}@globex.example"
    assert (field(page, "eventType")["from"], field(page, "eventType")["template"]) == ([], "asset viewed")
    assert page["fields"][0]["path"] == "eventId"


def test_a_dead_letter_shows_which_template_has_no_value(world: World):
    world.post(title=None)
    page = only_event(world)

    assert page["why"]["cause"] == "mapping_failed"
    assert (field(page, "content.contentTitle")["value"], field(page, "person.email")["from"]) == (
        None,
        ["item.email"],
    )


def test_the_mapping_that_was_used_is_compared_with_the_current_one(redis: Redis):
    with run_relay(redis) as world:
        world.post()
        before = only_event(world)["mapping"]
    with run_relay(redis, rules=FIXED) as world:
        after = only_event(world)["mapping"]

    assert (before["changed"], after["changed"]) == (False, True)
    assert before["version"] == before["current_version"] == after["version"] != after["current_version"]
    assert before["rule"] == "viewed"


def test_equal_mappings_have_the_same_version_and_different_ones_do_not():
    versions = {
        rules: load_config("http://127.0.0.1:9", rules=rules).webhooks["hub"].mapping.version
        for rules in (RULES, FIXED)
    }

    assert (
        load_config("http://127.0.0.1:9").webhooks["hub"].mapping.version
        == versions[RULES]
        != versions[FIXED]
    )


def test_an_operator_sees_redacted_payloads_and_an_admin_can_reveal_them(world: World):
    world.post(name="Jane Doe")
    page, revealed = only_event(world), only_event(world, reveal="true")

    assert page["receipt"]["body"]["email"] == f"j{MASK}@globex.example"
    assert page["receipt"]["body"]["kind"] == "view"
    assert "Jane" not in str(page)
    assert revealed["receipt"]["body"]["name"] == "Jane Doe"
    assert revealed["call"]["body"]["person"]["email"] == "jane@globex.example"
    assert [line["action"] for line in world.get("/v1/audit")["entries"]] == ["event.reveal"]


def test_header_values_are_masked(world: World):
    world.post()
    headers = only_event(world)["receipt"]["headers"]

    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == MASK
    assert "webhook-signature" not in headers


def test_a_body_that_cannot_be_parsed_is_reported_as_unreadable(world: World):
    world.post_raw(b'{"email": "jane@globex.example"')
    body = only_event(world)["receipt"]["body"]

    assert (body["unreadable"], "jane" in str(body)) == ("not_json", False)
    assert "jane@globex.example" in only_event(world, reveal="true")["receipt"]["body"]["text"]


def test_a_repeated_event_is_counted_on_the_first(world: World):
    world.post()
    world.post()
    page = only_event(world)

    assert (page["repeats"], page["repeated_at"] >= page["received_at"]) == (1, True)


def test_an_attempt_shows_gongs_response_and_the_wait_before_it(world: World):
    world.gong.arm("status", company="acme", status=400, count=1)
    world.post()
    world.work()
    page = only_event(world)

    assert [(attempt["outcome"], attempt["status"]) for attempt in page["attempt_history"]] == [
        ("rejected", 400)
    ]
    assert page["waited_seconds"] >= 0
    assert page["association"] == "strong"


def cluster(world: World) -> dict[str, Any]:
    [only] = world.get("/v1/dead-letters")["clusters"]
    return dict(only)


def test_a_clusters_page_shows_the_mapping_and_the_newest_events(world: World):
    for number in range(3):
        world.post(f"v-{number}", title=None)
    page = world.get(f"/v1/dead-letters/{cluster(world)['cluster']}")

    assert (page["count"], len(page["events"]), page["sample_event"]["id"]) == (3, 3, page["sample"])
    assert page["mapping"]["source"] == "hub"
    assert page["mapping"]["written"]["rules"][0]["map"]["content"]["contentTitle"] == "{{ item.title }}"


def test_a_fixed_mapping_can_be_previewed_on_a_whole_cluster_without_changes(world: World):
    for number in range(3):
        world.post(f"v-{number}", title=None)
    path = f"/v1/dead-letters/{cluster(world)['cluster']}"
    mapping = world.get(path)["mapping"]["written"]
    current = world.act(f"{path}/preview")
    mapping["rules"][0]["map"]["content"]["contentTitle"] = "{{ item.title || 'Untitled' }}"
    fixed = world.act(f"{path}/preview", {"mapping": mapping})

    assert (current["mapping"], current["would_map"], current["would_fail"]) == ("current", 0, 3)
    assert (fixed["mapping"], fixed["would_map"], fixed["would_fail"]) == ("trial", 3, 0)
    assert fixed["examples"][0]["call"]["body"]["person"]["email"] == f"j{MASK}@globex.example"
    assert cluster(world)["count"] == 3


INVALID_PREVIEWS = (
    ({"mapping": {"rules": []}}, 422, "mapping.rules"),
    ({"mapping": {"rules": [{"name": "x"}]}}, 422, "mapping.rules[0].to"),
    ({"maping": {}}, 422, "maping"),
    ([], 422, ""),
)


@pytest.mark.parametrize(("body", "status", "path"), INVALID_PREVIEWS)
def test_an_invalid_mapping_is_rejected_with_the_path_of_the_problem(
    world: World, body: Any, status: int, path: str
):
    world.post(title=None)
    url = f"{world.url}/v1/dead-letters/{cluster(world)['cluster']}/preview"
    response = requests.post(url, json=body, headers=world.headers, timeout=10)

    assert response.status_code == status
    assert path in [problem["path"] for problem in response.json()["errors"]]


def test_an_unknown_cluster_is_not_found(world: World):
    response = requests.get(f"{world.url}/v1/dead-letters/000000000000", headers=world.headers, timeout=10)

    assert (response.status_code, response.json()["code"]) == (404, "no_such_cluster")


@pytest.mark.parametrize("query", [{}, {"id": "x", "receipt": "y"}, {"email": "jane@globex.example"}])
def test_why_requires_exactly_one_known_parameter(world: World, query: dict[str, str]):
    response = requests.get(f"{world.url}/v1/why", params=query, headers=world.headers, timeout=10)

    assert (response.status_code, response.json()["code"]) == (422, "invalid")
