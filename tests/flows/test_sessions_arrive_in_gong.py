"""Page views of one visit, posted one by one over HTTP, arrive in the strict sandbox as one interaction."""

import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.core.config import Config
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.flows.delivering import deliver_all, received, serve_app
from tests.store_world import sweep_now

ADMIN, KEY = "the-operators-own-key-000", "the-web-sources-own-key-1"
SECRET = "a-shared-secret-of-enough-length"
VISIT_FIELDS = [
    {"name": "pages", "value": "12", "dataType": "NUMBER"},
    {"name": "duration", "value": "660", "dataType": "DURATION"},
]


@pytest.fixture
def sandbox() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


@pytest.fixture
def config(sandbox: str) -> Config:
    text = f"""
        destinations:
          acme:
            auth: {{basic: {{access_key: sandbox-key, access_key_secret: sandbox-secret}}}}
            base_url: {sandbox}
        sources:
          web:
            destination: acme
            keys: ["${{KEY}}"]
            aggregate: {{page_view: {{idle_timeout: 15m, as: website visited}}}}
          site:
            destination: acme
            verify: {{scheme: github, secrets: ["${{SECRET}}"]}}
            rules:
              - name: page viewed
                to: digital-interaction
                aggregate: {{by: "{{{{ item.visit }}}}", as: website visited}}
                map:
                  eventId: "{{{{ item.id }}}}"
                  timestamp: "{{{{ item.at }}}}"
                  eventType: page viewed
                  content: {{contentTitle: "{{{{ item.title }}}}"}}
                  person: {{email: "{{{{ item.email }}}}"}}
    """
    environ = {"KEY": KEY, "SECRET": SECRET}
    return read_config(text, environ=environ, allow_hosts={sandbox.removeprefix("http://")})


@pytest.fixture
def relay(config: Config, redis: Redis) -> Iterator[str]:
    with serve_app(create_app(Settings(admin_key=ADMIN), config, redis)) as url:
        yield url


def minute(number: int) -> str:
    return f"2026-11-20T10:{number:02}:00Z"


def post_view(
    relay: str, number: int, *, email: str = "jane@globex.example", query: str = "", **more: Any
) -> dict[str, Any]:
    """Post one canonical page view and return the response."""
    event = {
        "id": f"{email}-{number}",
        "type": "page_view",
        "occurred_at": minute(number),
        "content": {"title": f"Page {number}"},
        "person": {"email": email},
        "session_id": "s-1",
    }
    url, headers = f"{relay}/v1/events{query}", {"X-API-Key": KEY}
    response = requests.post(url, json=event | more, headers=headers, timeout=10)
    assert response.ok, response.text
    result: dict[str, Any] = response.json()
    return result


def post_webhook(relay: str, number: int) -> dict[str, Any]:
    """Post the same page view as a webhook and return the response."""
    payload = {
        "id": str(number),
        "at": minute(number),
        "title": "Page",
        "email": "jane@globex.example",
        "visit": 7,
    }
    body = json.dumps(payload).encode()
    headers = {
        "X-Hub-Signature-256": f"sha256={hmac.digest(SECRET.encode(), body, 'sha256').hex()}",
        "X-GitHub-Delivery": str(number),
        "Content-Type": "application/json",
    }
    response = requests.post(f"{relay}/v1/webhooks/site", data=body, headers=headers, timeout=10)
    assert response.status_code == 202, response.text
    result: dict[str, Any] = response.json()
    return result


def get(relay: str, path: str) -> dict[str, Any]:
    response = requests.get(relay + path, headers={"X-API-Key": ADMIN}, timeout=10)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


def end_sessions(redis: Redis, config: Config) -> None:
    """Let all sessions reach their idle timeout, then deliver everything."""
    for event_id in redis.zrange(keys.AGGREGATING, 0, -1):
        redis.zadd(keys.AGGREGATING, {event_id: 0})
    sweep_now(Scripts(redis), redis)
    deliver_all(Scripts(redis), config)


def bodies(sandbox: str) -> list[dict[str, Any]]:
    return [call["body"] for call in received(sandbox)]


def test_twelve_page_views_of_a_visit_arrive_as_one_interaction(
    sandbox: str, relay: str, config: Config, redis: Redis
):
    results = [post_view(relay, number) for number in range(12)]
    deliver_all(Scripts(redis), config)
    before = bodies(sandbox)
    end_sessions(redis, config)

    [body] = bodies(sandbox)
    assert before == []
    assert [result["status"] for result in results] == ["aggregating", *["aggregated"] * 11]
    assert (body["eventType"], body["timestamp"]) == ("website visited", minute(0))
    assert (body["content"]["contentTitle"], body["customFields"]) == ("Page 0", VISIT_FIELDS)


def test_webhooks_of_a_visit_arrive_as_one_interaction(
    sandbox: str, relay: str, config: Config, redis: Redis
):
    results = [post_webhook(relay, number) for number in range(12)]
    end_sessions(redis, config)

    [body] = bodies(sandbox)
    assert [result["queued"] for result in results] == [1] * 12
    assert (body["eventType"], body["customFields"]) == ("website visited", VISIT_FIELDS)


def test_a_visit_of_one_page_stays_a_page_view(sandbox: str, relay: str, config: Config, redis: Redis):
    post_view(relay, 0)
    end_sessions(redis, config)

    [body] = bodies(sandbox)
    assert (body["eventType"], body.get("customFields")) == ("page viewed", None)


def test_a_second_visit_arrives_as_a_second_call(sandbox: str, relay: str, config: Config, redis: Redis):
    for numbers in (range(3), range(3, 8)):
        for number in numbers:
            post_view(relay, number)
        end_sessions(redis, config)

    assert [body["customFields"][0]["value"] for body in bodies(sandbox)] == ["3", "5"]


def test_visitors_who_share_a_session_id_arrive_separately(
    sandbox: str, relay: str, config: Config, redis: Redis
):
    for number in range(2):
        post_view(relay, number)
        post_view(relay, number, email="joe@globex.example")
    end_sessions(redis, config)

    people = sorted((body["person"]["email"], body["customFields"][0]["value"]) for body in bodies(sandbox))
    assert people == [("jane@globex.example", "2"), ("joe@globex.example", "2")]


@pytest.mark.parametrize("more", [{"session_id": None}, {"type": "link_click"}])
def test_an_event_without_a_session_or_of_another_type_is_queued_at_once(relay: str, more: dict[str, Any]):
    assert [post_view(relay, number, **more)["status"] for number in range(2)] == ["queued", "queued"]


def test_each_event_is_explained_during_and_after_its_session(relay: str, config: Config, redis: Redis):
    first, other, _ = (post_view(relay, number)["id"] for number in range(3))
    aggregating, aggregated = get(relay, f"/v1/events/{first}"), get(relay, f"/v1/events/{other}")
    end_sessions(redis, config)
    delivered = get(relay, f"/v1/events/{first}")

    assert aggregating["aggregated"]["until"][:19] in aggregating["why"]["sentence"]
    assert (aggregated["carrier_id"], first in aggregated["why"]["sentence"]) == (first, True)
    assert aggregating["call"] == delivered["call"]
    assert delivered["aggregated"] == aggregating["aggregated"] | {
        "events": 3,
        "last_at": "2026-11-20T10:02:00.000Z",
    }
    assert (delivered["status"], delivered["call"]["body"]["eventType"]) == ("delivered", "website visited")


def test_the_queues_show_how_many_calls_were_saved(relay: str, config: Config, redis: Redis):
    for number in range(12):
        post_view(relay, number)
    end_sessions(redis, config)

    [row] = get(relay, "/v1/queues")["destinations"]
    assert row["totals"]["aggregated"] == 11
    assert row["totals"]["delivered"] == 1


def test_a_dry_run_shows_the_session(relay: str):
    result = post_view(relay, 0, query="?dry_run=true")

    assert result["calls"][0]["session"] == {
        "key": ["web", "page_view", "s-1", "email jane@globex.example"],
        "idle_timeout_seconds": 900,
        "max_duration_seconds": 14_400,
        "as": "website visited",
    }
