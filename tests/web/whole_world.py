"""A relay with data of every kind: sources, dead letters, a replay, an erasure, an alert receiver."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from relay.app import create_app
from relay.config.load import read_config
from relay.core.lifecycle import DeadLetterReason
from relay.settings import Settings
from relay.store.delivery import dead_letter, finish
from relay.store.engine.scripts import Scripts
from tests.store_world import take_events
from tests.web.conftest import ADMIN

SECRET, KEY = "a-shared-secret-of-enough-length", "an-api-key-of-enough-length"
ENVIRON = {"SECRET": SECRET, "KEY": KEY, "CLIENT": "the-client-secret", "HOOK": "https://hooks.example/x"}
RULE = {
    "name": "page viewed",
    "to": "digital-interaction",
    "map": {
        "eventId": "{{ item.id }}",
        "timestamp": "2026-11-20T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "{{ item.title }}"},
        "person": {"email": "{{ item.email }}"},
    },
}
CONFIG = {
    "oauth": {"client_id": "app", "client_secret": "${CLIENT}"},
    "destinations": {
        "acme": {"auth": {"basic": {"access_key": "k", "access_key_secret": "s"}}},
        "umbra": {"auth": {"oauth": {}}},
        "catalogue": {
            "auth": {"basic": {"access_key": "k", "access_key_secret": "s"}},
            "dialect": "catalog",
        },
    },
    "sources": {
        "site": {
            "destination": "acme",
            "keys": ["${KEY}"],
            "verify": {"scheme": "github", "secrets": ["${SECRET}"]},
            "rules": [RULE],
        },
        "asked": {"preset": "mailchimp", "destination": "acme", "verify": {"secrets": ["${SECRET}"]}},
    },
    "alerts": {"receivers": {"pager": {"url": "${HOOK}", "format": "slack"}}},
}
SETTINGS = Settings(
    admin_key=ADMIN,
    public_url="https://relay.example",
    secret_keys=("a-key-that-seals-with-32-characters-or-more",),
)
PAYLOAD = {"id": "v-1", "title": "Pricing", "email": "jane@globex.example"}


def event(sender_id: str) -> dict[str, Any]:
    return {
        "id": sender_id,
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@globex.example"},
    }


@dataclass
class World:
    """A relay, and the ids of its data by name."""

    app: Flask
    scripts: Scripts
    ids: dict[str, str]

    def request(self, method: str, path: str, *, key: str = ADMIN, **options: Any) -> TestResponse:
        headers = {"X-API-Key": key} | options.pop("headers", {})
        return self.app.test_client().open(
            path, method=method, headers=headers, base_url="https://relay.example", **options
        )

    def send(self, sender_id: str) -> str:
        return str(self.request("POST", "/v1/events", key=KEY, json=event(sender_id)).get_json()["id"])

    def webhook(self, method: str = "POST") -> TestResponse:
        raw = json.dumps(PAYLOAD).encode()
        signature = "sha256=" + hmac.digest(SECRET.encode(), raw, hashlib.sha256).hex()
        headers = {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": "d-1"}
        headers["Content-Type"] = "application/json"
        return self.request(method, "/v1/webhooks/site", data=raw, headers=headers, key="")

    def kill(self) -> None:
        for event in take_events(self.scripts):
            result = dead_letter(
                DeadLetterReason.REJECTED,
                "content: must not be null",
                record=b"{}",
                keep_seconds=60,
                status=400,
            )
            finish(self.scripts, event, result)


def open_world(redis: Redis) -> World:
    """Create a relay and fill it with data."""
    config = read_config(json.dumps(CONFIG), environ=ENVIRON, allow_hosts=frozenset())
    world = World(create_app(SETTINGS, config, redis), Scripts(redis), {})
    fill(world)
    return world


def fill(world: World) -> None:
    """Create dead letters, a waiting replay, a queued event, a hold that has ended, and an erasure."""
    world.webhook()
    world.ids["dead"] = world.send("dead")
    world.kill()
    world.ids["cluster"] = world.request("GET", "/v1/dead-letters").get_json()["clusters"][0]["cluster"]
    world.ids["replay"] = world.request(
        "POST", "/v1/replays", json={"filter": {"ids": [world.ids["dead"]]}}
    ).get_json()["id"]
    world.ids["queued"] = world.send("queued")
    for verb in ("pause", "resume"):
        world.request("POST", f"/v1/destinations/acme/{verb}")
    world.ids["erasure"] = world.request("POST", "/v1/erasures", json={"phone": "+14155550100"}).get_json()[
        "id"
    ]
