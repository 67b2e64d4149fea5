"""Large bodies are processed in native threads, in which no connection to a store may be used."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from gevent.monkey import get_original
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.config.load import read_config
from relay.settings import Settings
from relay.store.engine.connection import WEB, open_redis
from relay.web.context import ProcessState
from relay.web.server.native_threads import NativeThreads
from tests.valkey import Valkey
from tests.web.conftest import ADMIN, KEYS

TEXT = """
destinations:
  acme: {auth: {basic: {access_key: k, access_key_secret: s}}}
sources:
  web: {destination: acme, keys: ["${KEY}"]}
  hub:
    destination: "{{ item.account || item.properties.account }}"
    accounts: {"17": acme}
    keys: ["${HUB_KEY}"]
    verify: {scheme: none}
    rules:
      - name: viewed
        to: digital-interaction
        map:
          eventId: "{{ item.id }}"
          timestamp: "2026-11-20T10:00:00Z"
          eventType: page viewed
          content: {contentTitle: Pricing}
          person: {email: "{{ item.email }}"}
"""
OPERATOR = {"X-API-Key": ADMIN}
SOURCE = {"X-API-Key": KEYS["web"]}
HUB = {"X-API-Key": KEYS["shop"]}
FILLER = "x" * 17_000

native_id = get_original("_thread", "get_ident")


@pytest.fixture
def threads_of_commands() -> list[int]:
    """The native threads that sent commands to the store."""
    return []


@pytest.fixture
def client(valkey: Valkey, redis: Redis, threads_of_commands: list[int]) -> FlaskClient:
    """A web process that has not served any request, so that it has not yet read the store's keys."""
    assert redis.dbsize() == 0
    watched = open_redis(valkey.url, WEB)
    pool = watched.connection_pool

    class WatchedConnection(pool.connection_class):  # type: ignore[misc, name-defined]
        def send_packed_command(self, *arguments: Any, **options: Any) -> None:
            threads_of_commands.append(native_id())
            super().send_packed_command(*arguments, **options)

    pool.connection_class = WatchedConnection
    native = NativeThreads()
    state = ProcessState(compute=native.compute, run_in_loop=native.run_in_loop)
    config = read_config(TEXT, environ={"KEY": KEYS["web"], "HUB_KEY": KEYS["shop"]}, allow_hosts=frozenset())
    return create_app(Settings(admin_key=ADMIN), config, watched, process=state).test_client()


def event(number: int, account: str = "17") -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": f"jane{number}@globex.com"},
        "properties": {"account": account},
    }


def items(account: str) -> list[dict[str, str]]:
    return [
        {"id": f"w{number}", "account": account, "email": f"jane{number}@globex.com", "filler": FILLER[:50]}
        for number in range(200)
    ]


def send_batch(client: FlaskClient) -> TestResponse:
    return client.post("/v1/events", json=[event(number) for number in range(200)], headers=SOURCE)


def send_batch_of_unknown_accounts(client: FlaskClient) -> TestResponse:
    return client.post("/v1/events", json=[event(number, "99") for number in range(200)], headers=HUB)


def preview_batch(client: FlaskClient) -> TestResponse:
    events = [event(number) for number in range(200)]
    return client.post("/v1/events?dry_run=true", json=events, headers=SOURCE)


def send_webhook(client: FlaskClient) -> TestResponse:
    return client.post("/v1/webhooks/hub", json=items("17"))


def send_webhook_of_unknown_accounts(client: FlaskClient) -> TestResponse:
    return client.post("/v1/webhooks/hub", json=items("99"))


def send_unreadable_webhook(client: FlaskClient) -> TestResponse:
    body = b"jane@globex.com " * 2_000
    return client.post("/v1/webhooks/hub", data=body, content_type="application/json")


def preview_webhook(client: FlaskClient) -> TestResponse:
    return client.post("/v1/sources/hub/preview", json=items("99"), headers=OPERATOR)


def call_gongs_path(client: FlaskClient) -> TestResponse:
    body = {
        "eventId": "g1",
        "timestamp": "2026-11-20T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing", "contentId": "p"},
        "person": {"email": "jane@globex.com"},
        "customFields": [{"name": f"field {number}", "value": FILLER[:500]} for number in range(50)],
    }
    return client.post("/v2/digital-interaction", json=body, headers=SOURCE)


def show_event(client: FlaskClient) -> TestResponse:
    results = send_batch(client).get_json()["results"]
    return client.get(f"/v1/events/{results[0]['id']}", headers=OPERATOR)


def show_source(client: FlaskClient) -> TestResponse:
    send_webhook(client)
    return client.get("/v1/sources/hub", headers=OPERATOR)


def replay_event(client: FlaskClient) -> TestResponse:
    send_webhook_of_unknown_accounts(client)
    [dead, *_] = client.get("/v1/events?status=dead&limit=1", headers=OPERATOR).get_json()["events"]
    return client.post(f"/v1/events/{dead['id']}/replay", headers=OPERATOR)


REQUESTS = (
    send_batch,
    send_batch_of_unknown_accounts,
    preview_batch,
    send_webhook,
    send_webhook_of_unknown_accounts,
    send_unreadable_webhook,
    preview_webhook,
    call_gongs_path,
    show_event,
    show_source,
    replay_event,
)


@pytest.mark.parametrize("send", REQUESTS, ids=lambda send: send.__name__)
def test_a_large_body_uses_the_store_from_the_event_loop_only(
    client: FlaskClient, threads_of_commands: list[int], send: Callable[[FlaskClient], TestResponse]
):
    response = send(client)

    # The replay is refused, because the account still has no destination.
    assert response.status_code < 400 or send is replay_event, response.text
    assert set(threads_of_commands) <= {native_id()}
