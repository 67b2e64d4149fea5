"""An explained event leads from each field of the call back to the payload, and shows payloads to whom it may."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from redis import Redis

from relay.core.redaction import MASK
from tests.flows.why_world import RULES, World, configured, relaying

TITLE = '"{{ item.title }}"'
MENDED = RULES.replace(TITLE, "\"{{ item.title || 'Untitled' }}\"")


@pytest.fixture
def world(redis: Redis) -> Iterator[World]:
    with relaying(redis) as world:
        yield world


def only_event(world: World, **query: str) -> dict[str, Any]:
    [found] = world.get("/v1/events")["events"]
    return dict(world.get(f"/v1/events/{found['id']}", **query))


def field(page: dict[str, Any], path: str) -> dict[str, Any]:
    [found] = [each for each in page["fields"] if each["path"] == path]
    return dict(found)


def test_each_field_names_the_paths_and_the_template_it_is_made_of(world: World):
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


def test_the_mapping_that_made_it_is_told_from_todays(redis: Redis):
    with relaying(redis) as world:
        world.post()
        before = only_event(world)["mapping"]
    with relaying(redis, rules=MENDED) as world:
        after = only_event(world)["mapping"]

    assert (before["changed"], after["changed"]) == (False, True)
    assert before["version"] == before["current_version"] == after["version"] != after["current_version"]
    assert before["rule"] == "viewed"


def test_equal_mappings_have_one_version_and_others_have_another():
    versions = {
        rules: configured("http://127.0.0.1:9", rules=rules).webhooks["hub"].mapping.version
        for rules in (RULES, MENDED)
    }

    assert (
        configured("http://127.0.0.1:9").webhooks["hub"].mapping.version
        == versions[RULES]
        != versions[MENDED]
    )


def test_an_operator_sees_the_shape_and_an_admin_may_see_it_all(world: World):
    world.post(name="Jane Doe")
    page, revealed = only_event(world), only_event(world, reveal="true")

    assert page["receipt"]["body"]["email"] == f"j{MASK}@globex.example"
    assert page["receipt"]["body"]["kind"] == "view"
    assert "Jane" not in str(page)
    assert revealed["receipt"]["body"]["name"] == "Jane Doe"
    assert revealed["call"]["body"]["person"]["email"] == "jane@globex.example"
    assert [line["action"] for line in world.get("/v1/audit")["entries"]] == ["event.reveal"]


def test_headers_are_shown_without_what_they_hold(world: World):
    world.post()
    headers = only_event(world)["receipt"]["headers"]

    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == MASK
    assert "webhook-signature" not in headers


def test_bytes_that_cannot_be_read_are_told_as_such(world: World):
    world.post_raw(b'{"email": "jane@globex.example"')
    body = only_event(world)["receipt"]["body"]

    assert (body["unreadable"], "jane" in str(body)) == ("not_json", False)
    assert "jane@globex.example" in only_event(world, reveal="true")["receipt"]["body"]["text"]


def test_what_came_again_is_counted_on_the_first(world: World):
    world.post()
    world.post()
    page = only_event(world)

    assert (page["repeats"], page["repeated_at"] >= page["received_at"]) == (1, True)


def test_an_attempt_is_told_with_gongs_words_and_how_long_it_waited(world: World):
    world.gong.arm("status", company="acme", status=400, count=1)
    world.post()
    world.work()
    page = only_event(world)

    assert [(told["outcome"], told["status"]) for told in page["attempt_history"]] == [("rejected", 400)]
    assert page["waited_seconds"] >= 0
    assert page["association"] == "strong"


def cluster(world: World) -> dict[str, Any]:
    [found] = world.get("/v1/dead-letters")["clusters"]
    return dict(found)


def test_a_faults_page_holds_the_mapping_to_mend_and_its_newest_event(world: World):
    for number in range(3):
        world.post(f"v-{number}", title=None)
    page = world.get(f"/v1/dead-letters/{cluster(world)['cluster']}")

    assert (page["count"], len(page["events"]), page["sample_event"]["id"]) == (3, 3, page["sample"])
    assert page["mapping"]["source"] == "hub"
    assert page["mapping"]["written"]["rules"][0]["map"]["content"]["contentTitle"] == "{{ item.title }}"


def test_a_mended_mapping_is_tried_on_all_of_a_fault_before_anything_changes(world: World):
    for number in range(3):
        world.post(f"v-{number}", title=None)
    place = f"/v1/dead-letters/{cluster(world)['cluster']}"
    mapping = world.get(place)["mapping"]["written"]
    as_it_is = world.act(f"{place}/preview")
    mapping["rules"][0]["map"]["content"]["contentTitle"] = "{{ item.title || 'Untitled' }}"
    mended = world.act(f"{place}/preview", {"mapping": mapping})

    assert (as_it_is["mapping"], as_it_is["would_map"], as_it_is["would_fail"]) == ("current", 0, 3)
    assert (mended["mapping"], mended["would_map"], mended["would_fail"]) == ("trial", 3, 0)
    assert mended["examples"][0]["call"]["body"]["person"]["email"] == f"j{MASK}@globex.example"
    assert cluster(world)["count"] == 3


WRONG = (
    ({"mapping": {"rules": []}}, 422, "mapping.rules"),
    ({"mapping": {"rules": [{"name": "x"}]}}, 422, "mapping.rules[0].to"),
    ({"maping": {}}, 422, "maping"),
    ([], 422, ""),
)


@pytest.mark.parametrize(("body", "status", "path"), WRONG)
def test_a_wrong_mapping_is_refused_with_its_path(world: World, body: Any, status: int, path: str):
    world.post(title=None)
    url = f"{world.url}/v1/dead-letters/{cluster(world)['cluster']}/preview"
    answer = requests.post(url, json=body, headers=world.headers, timeout=10)

    assert answer.status_code == status
    assert path in [problem["path"] for problem in answer.json()["errors"]]


def test_a_fault_that_nobody_has_is_not_found(world: World):
    answer = requests.get(f"{world.url}/v1/dead-letters/000000000000", headers=world.headers, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_cluster")


@pytest.mark.parametrize("asked", [{}, {"id": "x", "receipt": "y"}, {"email": "jane@globex.example"}])
def test_why_wants_one_name_that_there_is(world: World, asked: dict[str, str]):
    answer = requests.get(f"{world.url}/v1/why", params=asked, headers=world.headers, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
