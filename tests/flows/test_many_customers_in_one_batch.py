"""A batch with events of several customers is accepted once, and each customer's Gong receives its own events."""

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
from relay.store.engine.scripts import Scripts
from tests.flows.delivering import deliver_all, received, serve_app

KEY = "the-hubs-own-key-of-some-length"


@pytest.fixture(scope="module")
def gong() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


def load_config(gong: str, *, suffix: str) -> Config:
    text = f"""
        destinations:
          acme:
            auth: &auth {{basic: {{access_key: sandbox-key, access_key_secret: sandbox-secret}}}}
            base_url: {gong}/c/acme-{suffix}
            internal_domains: [acme.example]
          globex:
            auth: *auth
            base_url: {gong}/c/globex-{suffix}
            source_system_name: Globex Hub
        sources:
          hub:
            destination: "{{{{ item.account || item.properties.account }}}}"
            accounts: {{17: acme, 18: globex}}
            keys: ["${{KEY}}"]
            verify: {{scheme: none}}
            rules:
              - name: viewed
                to: digital-interaction
                map:
                  eventId: "{{{{ item.id }}}}"
                  timestamp: "2026-11-20T10:00:00Z"
                  eventType: page viewed
                  content: {{contentTitle: Pricing}}
                  person: {{email: "{{{{ item.email }}}}"}}
    """
    return read_config(text, environ={"KEY": KEY}, allow_hosts={gong.removeprefix("http://")})


def delivered(gong: str, company: str) -> list[tuple[str, str]]:
    """Return the eventId and sourceSystemName of each event in a customer's Gong."""
    bodies = [call["body"] for call in received(gong, company=company)]
    return sorted((body["eventId"], body["sourceSystemName"]) for body in bodies)


def view(number: int, account: int, email: str = "jane@initech.example") -> dict[str, Any]:
    return {"id": f"v-{number}", "account": account, "email": email}


def event(number: int, account: int) -> dict[str, Any]:
    return {
        "id": f"e-{number}",
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@initech.example"},
        "properties": {"account": account},
    }


def test_a_webhook_with_events_of_two_customers_is_split_between_them(gong: str, redis: Redis):
    config = load_config(gong, suffix="webhook")
    batch = [view(1, 17), view(2, 18), view(3, 17), view(4, 17, "me@acme.example"), view(5, 99)]

    with serve_app(create_app(Settings(), config, redis)) as relay:
        result = requests.post(f"{relay}/v1/webhooks/hub", json=batch, timeout=10).json()
    deliver_all(Scripts(redis), config)

    assert result == result | {"queued": 3, "filtered": 1, "dead": 1}
    assert delivered(gong, "acme-webhook") == [("hub:v-1", "hub"), ("hub:v-3", "hub")]
    assert delivered(gong, "globex-webhook") == [("hub:v-2", "Globex Hub")]


def test_a_batch_of_events_of_two_customers_is_split_between_them(gong: str, redis: Redis):
    config = load_config(gong, suffix="events")

    with serve_app(create_app(Settings(), config, redis)) as relay:
        result = requests.post(
            f"{relay}/v1/events",
            json=[event(1, 17), event(2, 18), event(3, 99)],
            headers={"X-API-Key": KEY},
            timeout=10,
        ).json()
    deliver_all(Scripts(redis), config)

    assert [event["destination"] for event in result["results"]] == ["acme", "globex", "unrouted"]
    assert delivered(gong, "acme-events") == [("hub:e-1", "hub")]
    assert delivered(gong, "globex-events") == [("hub:e-2", "Globex Hub")]
