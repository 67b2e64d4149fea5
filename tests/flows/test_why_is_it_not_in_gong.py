"""Why is it not in Gong? Twelve causes, staged for real, each told in one plain sentence: by the API and on the page."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from redis import Redis

from tests.flows.why_world import World, relaying, view

NAME = "hub:v-1"


@dataclass(frozen=True, slots=True)
class Staged:
    """How a cause comes about, what it is called, and what its sentence and its remedy must say."""

    cause: str
    stage: Callable[[World], Any]
    sentence: str
    remedy: str
    in_gong: bool | None = False
    per_day: int = 10_000


def forged(world: World) -> None:
    assert world.post(secret=b"not-the-secret-of-the-hub-at-all") == ""


def another_kind(world: World) -> None:
    world.post(kind="ping")


def without_moment(world: World) -> None:
    world.post(at="yesterday")


def of_a_colleague(world: World) -> None:
    world.post(email="sam@acme.example")


def twice(world: World) -> None:
    world.post()
    world.work()
    world.post()


def reported_by_another(world: World) -> None:
    body = {
        "eventId": NAME,
        "timestamp": view("v-1")["at"],
        "eventType": "asset viewed",
        "content": {"contentTitle": "Another's"},
        "person": {"email": "jane@globex.example"},
    }
    url = f"{world.gong.url}/c/acme/v2/digital-interaction"
    assert requests.post(url, json=body, auth=("sandbox-key", "sandbox-secret"), timeout=10).ok
    world.post()
    world.work()


def after_the_days_budget(world: World) -> None:
    world.post("v-0")
    world.work()
    world.post()
    world.work()


def after_a_429(world: World) -> None:
    world.gong.arm("day_quota_spent", company="acme")
    world.post()
    world.work()


def with_a_revoked_key(world: World) -> None:
    world.gong.arm("revoke", company="acme", count=1)
    world.post()
    world.work()


def from_an_address_not_trusted(world: World) -> None:
    world.gong.arm("ip_blocked", company="acme")
    world.post()
    world.work()


def refused(world: World) -> None:
    world.gong.arm("status", company="acme", status=400, count=1)
    world.post()
    world.work()


def while_gong_is_down(world: World) -> None:
    world.gong.arm("status", company="acme", status=503)
    for number in range(2, 7):
        world.post(f"v-{number}")
    world.work()
    world.post()
    world.work()


CAUSES = (
    Staged(
        "verification_failed",
        forged,
        "requests failed verification: 1 of hub (mismatch",
        "Compare the source's secret",
    ),
    Staged("no_rule_matched", another_kind, "no rule of hub matches it", "add a rule"),
    Staged(
        "mapping_failed", without_moment, "mapping produced no call that Gong would accept", "Fix the mapping"
    ),
    Staged("internal_person", of_a_colleague, "acme.example is a domain of", "internal_domains of acme"),
    Staged(
        "delivered", twice, "The event arrived once more; it is sent to Gong once.", "No action", in_gong=True
    ),
    Staged("already_reported", reported_by_another, "from another system", "eventId", in_gong=True),
    Staged(
        "daily_limit_reached", after_the_days_budget, "for 24 hours is used up", "limits.per_day", per_day=1
    ),
    Staged("rate_limited", after_a_429, "Retry-After", "No action is needed"),
    Staged(
        "invalid_credentials", with_a_revoked_key, "does not accept the access key (401)", "Create a new one"
    ),
    Staged("forbidden", from_an_address_not_trusted, "Gong forbids the call (403)", "trusted IPs"),
    Staged("rejected", refused, "Gong rejected the body", "Fix what the error names"),
    Staged("gong_down", while_gong_is_down, "Gong does not answer", "no attempt is spent", in_gong=False),
)


@pytest.fixture(params=CAUSES, ids=[each.cause for each in CAUSES])
def staged(request: pytest.FixtureRequest, redis: Redis) -> Iterator[tuple[World, Staged]]:
    cause: Staged = request.param
    with relaying(redis, per_day=cause.per_day) as world:
        cause.stage(world)
        yield world, cause


def asked(world: World, cause: Staged) -> dict[str, str]:
    """By which name somebody would ask: what no rule takes or can map has only its receipt's event."""
    if cause.cause in {"no_rule_matched", "mapping_failed", "internal_person"}:
        [event] = world.get("/v1/events")["events"]
        return {"id": event["id"]}
    return {"event_id": NAME}


def test_the_api_says_why_in_one_sentence_with_the_remedy(staged: tuple[World, Staged]):
    world, cause = staged
    why = world.why(**asked(world, cause))["why"]

    assert (why["cause"], why["in_gong"]) == (cause.cause, cause.in_gong)
    assert cause.sentence in why["sentence"]
    assert cause.remedy in why["remedy"]


def test_the_page_says_the_same_at_its_top(staged: tuple[World, Staged]):
    world, cause = staged
    told = world.why(**asked(world, cause))
    where = f"/ops/events/{told['events'][0]['id']}" if told["events"] else "/ops/events"
    text = html.unescape(world.page(where, **({} if told["events"] else {"event_id": NAME})))

    # The page sets what stands between back-ticks as code.
    text = re.sub(r"</?code>", "", text)
    sentence, remedy = (told["why"][key].replace("`", "") for key in ("sentence", "remedy"))
    assert text.index("<h1") < text.index(sentence) < text.index(remedy)
    assert text.index(sentence) < text.index("<table") if "<table" in text else True


def test_the_explained_event_says_the_same(staged: tuple[World, Staged]):
    world, cause = staged
    told = world.why(**asked(world, cause))
    explained = [world.get(f"/v1/events/{event['id']}")["why"] for event in told["events"]]

    assert explained == [event["why"] for event in told["events"]]
    assert bool(explained) is (cause.cause != "verification_failed")


def test_what_waits_says_until_when(redis: Redis):
    with relaying(redis) as world:
        after_a_429(world)
        told = world.why(event_id=NAME)["why"]

    assert told["next_at"] in told["sentence"]


def test_a_receipt_of_repetitions_leads_to_the_first_event(redis: Redis):
    with relaying(redis) as world:
        world.post()
        [first] = world.get("/v1/events")["events"]
        told = world.why(receipt=world.post())["why"]

    assert (told["cause"], first["id"] in told["remedy"]) == ("repeated", True)


def test_what_never_came_is_told_from_what_was_pruned(redis: Redis):
    with relaying(redis) as world:
        world.post()
        [event] = world.get("/v1/events")["events"]
        redis.delete(f"relay:event:{event['id']}")

        assert world.why(event_id=NAME)["why"]["cause"] == "pruned"
        assert world.why(event_id="v-1")["why"]["cause"] == "pruned"
        assert world.why(event_id="hub:v-2")["why"]["cause"] == "not_received"
