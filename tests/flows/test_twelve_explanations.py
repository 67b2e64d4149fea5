"""Why an event is not in Gong: twelve causes, produced for real, each explained by the API and on the page."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from redis import Redis

from relay.store.delivery import publish_shares
from relay.store.engine.scripts import Scripts
from tests.flows.explanation_world import World, build_view, run_relay

EVENT_ID = "hub:v-1"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A cause, what produces it, and parts of its sentence and remedy."""

    cause: str
    produce: Callable[[World], Any]
    sentence: str
    remedy: str
    in_gong: bool | None = False
    per_day: int = 10_000


def post_with_wrong_secret(world: World) -> None:
    assert world.post(secret=b"not-the-secret-of-the-hub-at-all") == ""


def post_another_kind(world: World) -> None:
    world.post(kind="ping")


def post_without_timestamp(world: World) -> None:
    world.post(at="yesterday")


def post_event_of_a_colleague(world: World) -> None:
    world.post(email="sam@acme.example")


def post_twice(world: World) -> None:
    world.post()
    world.work()
    world.post()


def report_from_another_system(world: World) -> None:
    body = {
        "eventId": EVENT_ID,
        "timestamp": build_view("v-1")["at"],
        "eventType": "asset viewed",
        "content": {"contentTitle": "From another system"},
        "person": {"email": "jane@globex.example"},
    }
    url = f"{world.gong.url}/c/acme/v2/digital-interaction"
    assert requests.post(url, json=body, auth=("sandbox-key", "sandbox-secret"), timeout=10).ok
    world.post()
    world.work()


def use_up_daily_budget(world: World) -> None:
    world.post("v-0")
    world.work()
    world.post()
    world.work()


def use_up_source_share(world: World) -> None:
    publish_shares(Scripts(world.redis), {("acme", "hub"): 0.5}, ["acme"])
    use_up_daily_budget(world)


def reach_rate_limit(world: World) -> None:
    world.gong.arm("day_quota_spent", company="acme")
    world.post()
    world.work()


def revoke_key(world: World) -> None:
    world.gong.arm("revoke", company="acme", count=1)
    world.post()
    world.work()


def block_ip(world: World) -> None:
    world.gong.arm("ip_blocked", company="acme")
    world.post()
    world.work()


def reject_body(world: World) -> None:
    world.gong.arm("status", company="acme", status=400, count=1)
    world.post()
    world.work()


def open_circuit_breaker(world: World) -> None:
    world.gong.arm("status", company="acme", status=503)
    for number in range(2, 7):
        world.post(f"v-{number}")
    world.work()
    world.post()
    world.work()


SCENARIOS = (
    Scenario(
        "verification_failed",
        post_with_wrong_secret,
        "requests failed verification: 1 from hub (mismatch",
        "Compare the source's secret",
    ),
    Scenario("no_rule_matched", post_another_kind, "no rule of hub matches it", "add a rule"),
    Scenario(
        "mapping_failed",
        post_without_timestamp,
        "mapping produced no call that Gong would accept",
        "Fix the mapping",
    ),
    Scenario(
        "internal_person",
        post_event_of_a_colleague,
        "acme.example is a domain of",
        "internal_domains of acme",
    ),
    Scenario(
        "delivered",
        post_twice,
        "The source sent the event once more; Gong gets it only once.",
        "No action",
        in_gong=True,
    ),
    Scenario("already_reported", report_from_another_system, "from another system", "eventId", in_gong=True),
    Scenario(
        "daily_limit_reached", use_up_daily_budget, "for 24 hours is used up", "limits.per_day", per_day=1
    ),
    Scenario(
        "source_share_used",
        use_up_source_share,
        "has used its daily share of the company's calls",
        "limits.daily_share",
        per_day=3,
    ),
    Scenario("rate_limited", reach_rate_limit, "Retry-After", "No action is needed"),
    Scenario("invalid_credentials", revoke_key, "does not accept the access key (401)", "Create a new one"),
    Scenario("forbidden", block_ip, "Gong forbids the call (403)", "trusted IPs"),
    Scenario("rejected", reject_body, "Gong rejected the body", "Fix what the error describes"),
    Scenario("gong_down", open_circuit_breaker, "Gong does not answer", "no attempt is spent", in_gong=False),
)


@pytest.fixture(params=SCENARIOS, ids=[scenario.cause for scenario in SCENARIOS])
def produced(request: pytest.FixtureRequest, redis: Redis) -> Iterator[tuple[World, Scenario]]:
    scenario: Scenario = request.param
    with run_relay(redis, per_day=scenario.per_day) as world:
        scenario.produce(world)
        yield world, scenario


def build_query(world: World, scenario: Scenario) -> dict[str, str]:
    """Return the query for the event. An event that was not mapped has no eventId, so it is found by its id."""
    if scenario.cause in {"no_rule_matched", "mapping_failed", "internal_person"}:
        [event] = world.get("/v1/events")["events"]
        return {"id": event["id"]}
    return {"event_id": EVENT_ID}


def test_the_api_gives_the_cause_a_sentence_and_a_remedy(produced: tuple[World, Scenario]):
    world, scenario = produced
    why = world.why(**build_query(world, scenario))["why"]

    assert (why["cause"], why["in_gong"]) == (scenario.cause, scenario.in_gong)
    assert scenario.sentence in why["sentence"]
    assert scenario.remedy in why["remedy"]


def test_the_page_shows_the_explanation_at_the_top(produced: tuple[World, Scenario]):
    world, scenario = produced
    result = world.why(**build_query(world, scenario))
    if result["events"]:
        text = html.unescape(world.page(f"/ops/events/{result['events'][0]['id']}"))
    else:
        text = html.unescape(world.page("/ops/events", event_id=EVENT_ID))

    # The page renders text in backticks as code.
    text = re.sub(r"</?code>", "", text)
    sentence, remedy = (result["why"][key].replace("`", "") for key in ("sentence", "remedy"))
    assert text.index("<h1") < text.index(sentence) < text.index(remedy)
    assert text.index(sentence) < text.index("<table") if "<table" in text else True


def test_the_page_of_the_event_gives_the_same_explanation(produced: tuple[World, Scenario]):
    world, scenario = produced
    result = world.why(**build_query(world, scenario))
    explained = [world.get(f"/v1/events/{event['id']}")["why"] for event in result["events"]]

    assert explained == [event["why"] for event in result["events"]]
    assert bool(explained) is (scenario.cause != "verification_failed")


def test_a_waiting_event_says_until_when(redis: Redis):
    with run_relay(redis) as world:
        reach_rate_limit(world)
        why = world.why(event_id=EVENT_ID)["why"]

    assert why["next_at"] in why["sentence"]


def test_a_receipt_of_repeated_events_leads_to_the_first_event(redis: Redis):
    with run_relay(redis) as world:
        world.post()
        [first] = world.get("/v1/events")["events"]
        why = world.why(receipt=world.post())["why"]

    assert (why["cause"], first["id"] in why["remedy"]) == ("repeated", True)


def test_a_pruned_event_is_distinguished_from_one_that_never_arrived(redis: Redis):
    with run_relay(redis) as world:
        world.post()
        [event] = world.get("/v1/events")["events"]
        redis.delete(f"relay:event:{event['id']}")

        assert world.why(event_id=EVENT_ID)["why"]["cause"] == "pruned"
        assert world.why(event_id="v-1")["why"]["cause"] == "pruned"
        assert world.why(event_id="hub:v-2")["why"]["cause"] == "not_received"
