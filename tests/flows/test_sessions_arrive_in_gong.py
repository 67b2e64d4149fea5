"""Page views of one visit, posted one by one over HTTP, stand in the strict sandbox as one interaction."""

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
VISITED = [
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


def view(
    relay: str, number: int, *, email: str = "jane@globex.example", query: str = "", **more: Any
) -> dict[str, Any]:
    """One canonical page view, posted; what its sender is told."""
    told = {
        "id": f"{email}-{number}",
        "type": "page_view",
        "occurred_at": minute(number),
        "content": {"title": f"Page {number}"},
        "person": {"email": email},
        "session_id": "s-1",
    }
    url, headers = f"{relay}/v1/events{query}", {"X-API-Key": KEY}
    answer = requests.post(url, json=told | more, headers=headers, timeout=10)
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def hook(relay: str, number: int) -> dict[str, Any]:
    """The same by a webhook of the sender's own."""
    told = {
        "id": str(number),
        "at": minute(number),
        "title": "Page",
        "email": "jane@globex.example",
        "visit": 7,
    }
    body = json.dumps(told).encode()
    headers = {
        "X-Hub-Signature-256": f"sha256={hmac.digest(SECRET.encode(), body, 'sha256').hex()}",
        "X-GitHub-Delivery": str(number),
        "Content-Type": "application/json",
    }
    answer = requests.post(f"{relay}/v1/webhooks/site", data=body, headers=headers, timeout=10)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def look(relay: str, path: str) -> dict[str, Any]:
    answer = requests.get(relay + path, headers={"X-API-Key": ADMIN}, timeout=10)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def end_sessions(redis: Redis, config: Config) -> None:
    """Let them have been quiet for long enough, and send what there is to send."""
    for event_id in redis.zrange(keys.AGGREGATING, 0, -1):
        redis.zadd(keys.AGGREGATING, {event_id: 0})
    sweep_now(Scripts(redis), redis)
    deliver_all(Scripts(redis), config)


def bodies(sandbox: str) -> list[dict[str, Any]]:
    return [one["body"] for one in received(sandbox)]


def test_twelve_page_views_of_a_visit_arrive_as_one(sandbox: str, relay: str, config: Config, redis: Redis):
    told = [view(relay, number) for number in range(12)]
    deliver_all(Scripts(redis), config)
    before = bodies(sandbox)
    end_sessions(redis, config)

    [body] = bodies(sandbox)
    assert before == []
    assert [one["status"] for one in told] == ["aggregating", *["aggregated"] * 11]
    assert (body["eventType"], body["timestamp"]) == ("website visited", minute(0))
    assert (body["content"]["contentTitle"], body["customFields"]) == ("Page 0", VISITED)


def test_webhooks_of_a_visit_arrive_as_one(sandbox: str, relay: str, config: Config, redis: Redis):
    told = [hook(relay, number) for number in range(12)]
    end_sessions(redis, config)

    [body] = bodies(sandbox)
    assert [one["queued"] for one in told] == [1] * 12
    assert (body["eventType"], body["customFields"]) == ("website visited", VISITED)


def test_a_visit_of_one_page_stays_a_page_view(sandbox: str, relay: str, config: Config, redis: Redis):
    view(relay, 0)
    end_sessions(redis, config)

    [body] = bodies(sandbox)
    assert (body["eventType"], body.get("customFields")) == ("page viewed", None)


def test_a_second_visit_arrives_as_a_second_call(sandbox: str, relay: str, config: Config, redis: Redis):
    for numbers in (range(3), range(3, 8)):
        for number in numbers:
            view(relay, number)
        end_sessions(redis, config)

    assert [body["customFields"][0]["value"] for body in bodies(sandbox)] == ["3", "5"]


def test_two_visitors_with_one_session_id_arrive_apart(
    sandbox: str, relay: str, config: Config, redis: Redis
):
    for number in range(2):
        view(relay, number)
        view(relay, number, email="joe@globex.example")
    end_sessions(redis, config)

    told = sorted((body["person"]["email"], body["customFields"][0]["value"]) for body in bodies(sandbox))
    assert told == [("jane@globex.example", "2"), ("joe@globex.example", "2")]


@pytest.mark.parametrize("more", [{"session_id": None}, {"type": "link_click"}])
def test_what_has_no_session_or_is_of_another_type_goes_at_once(relay: str, more: dict[str, Any]):
    assert [view(relay, number, **more)["status"] for number in range(2)] == ["queued", "queued"]


def test_each_event_is_explained_before_and_after(relay: str, config: Config, redis: Redis):
    first, other, _ = (view(relay, number)["id"] for number in range(3))
    aggregating, aggregated = look(relay, f"/v1/events/{first}"), look(relay, f"/v1/events/{other}")
    end_sessions(redis, config)
    delivered = look(relay, f"/v1/events/{first}")

    assert aggregating["aggregated"]["until"][:19] in aggregating["why"]["sentence"]
    assert (aggregated["carrier_id"], first in aggregated["why"]["sentence"]) == (first, True)
    assert aggregating["call"] == delivered["call"]
    assert delivered["aggregated"] == aggregating["aggregated"] | {
        "events": 3,
        "last_at": "2026-11-20T10:02:00.000Z",
    }
    assert (delivered["status"], delivered["call"]["body"]["eventType"]) == ("delivered", "website visited")


def test_the_queues_tell_how_many_calls_were_saved(relay: str, config: Config, redis: Redis):
    for number in range(12):
        view(relay, number)
    end_sessions(redis, config)

    [row] = look(relay, "/v1/queues")["destinations"]
    assert row["totals"]["aggregated"] == 11
    assert row["totals"]["delivered"] == 1


def test_a_dry_run_shows_the_session(relay: str):
    told = view(relay, 0, query="?dry_run=true")

    assert told["calls"][0]["session"] == {
        "key": ["web", "page_view", "s-1", "email jane@globex.example"],
        "idle_timeout_seconds": 900,
        "max_duration_seconds": 14_400,
        "as": "website visited",
    }
