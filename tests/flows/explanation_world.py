"""Test support: a relay with one webhook and a sandbox, in which every cause of an explanation can be produced."""

import base64
import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import requests
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.core.config import Config
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from relay.settings import Settings
from relay.store.delivery import publish_limits
from relay.store.engine.scripts import Scripts
from tests.flows.delivering import deliver_all, serve_app
from tests.harness.clients import Sandbox

ADMIN_KEY = "the-operators-own-key-000"
SECRET = b"the-secret-that-the-hub-signs-by"
RULES = """
          - name: viewed
            when: item.kind == 'view'
            to: digital-interaction
            map:
              eventId: "{{ item.id }}"
              timestamp: "{{ item.at }}"
              eventType: asset viewed
              content: {contentTitle: "{{ item.title }}"}
              person: {email: "{{ item.email }}"}
"""


def write_config(gong: str, *, rules: str = RULES, per_day: int = 10_000) -> str:
    """Return the text of a configuration file."""
    return f"""
      destinations:
        acme:
          auth: {{basic: {{access_key: sandbox-key, access_key_secret: sandbox-secret}}}}
          base_url: {gong}/c/acme
          internal_domains: [acme.example]
          limits: {{per_second: 100, per_day: {per_day}}}
      sources:
        hub:
          destination: acme
          verify: {{scheme: standard, secrets: ["${{HUB_SECRET}}"]}}
          rules: {rules}
    """


def load_config(gong: str, **changed: Any) -> Config:
    environ = {"HUB_SECRET": "whsec_" + base64.b64encode(SECRET).decode()}
    return read_config(
        write_config(gong, **changed), environ=environ, allow_hosts={gong.removeprefix("http://")}
    )


@dataclass
class World:
    """The relay over HTTP and its sandbox. A worker runs only during `work`."""

    url: str
    gong: Sandbox
    redis: Redis
    config: Config
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {ADMIN_KEY}"})

    def post(self, view_id: str = "v-1", *, secret: bytes = SECRET, **changed: Any) -> str:
        """Post a signed page view and return the receipt's id; "" if it was rejected."""
        return self.post_raw(orjson.dumps(build_view(view_id) | changed), secret=secret)

    def post_raw(self, body: bytes, *, secret: bytes = SECRET) -> str:
        """Post any bytes, signed, and return the receipt's id; "" if they were rejected."""
        sent_at, message = str(int(time.time())), f"msg_{uuid4().hex}"
        signature = hmac.digest(secret, f"{message}.{sent_at}.".encode() + body, "sha256")
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": message,
            "Webhook-Timestamp": sent_at,
            "Webhook-Signature": f"v1,{base64.b64encode(signature).decode()}",
        }
        response = requests.post(f"{self.url}/v1/webhooks/hub", data=body, headers=headers, timeout=10)
        return str(response.json()["receipt"]) if response.ok else ""

    def work(self) -> None:
        """Deliver events as a worker does, until nothing more can be sent."""
        scripts = Scripts(self.redis)
        publish_limits(scripts, self.config.destinations)
        deliver_all(scripts, self.config)

    def get(self, path: str, **query: str) -> Any:
        response = requests.get(self.url + path, params=query, headers=self.headers, timeout=10)
        assert response.ok, response.text
        return response.json()

    def page(self, path: str, **query: str) -> str:
        response = requests.get(self.url + path, params=query, headers=self.headers, timeout=10)
        assert response.ok, response.text
        return response.text

    def why(self, **name: str) -> Any:
        return self.get("/v1/why", **name)

    def act(self, path: str, body: Any = None) -> Any:
        response = requests.post(self.url + path, json=body or {}, headers=self.headers, timeout=10)
        assert response.ok, response.text
        return response.json()


def build_view(view_id: str) -> dict[str, Any]:
    timestamp = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "id": view_id,
        "kind": "view",
        "at": timestamp,
        "title": "Pricing",
        "email": "jane@globex.example",
    }


@contextmanager
def run_relay(redis: Redis, **changed: Any) -> Iterator[World]:
    """Run a relay with its own sandbox. `changed` are the arguments of `write_config`."""
    with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
        config = load_config(gong, **changed)
        sandbox = Sandbox(gong)
        with serve_app(create_app(Settings(admin_key=ADMIN_KEY), config, redis)) as url:
            yield World(url, sandbox, redis, config)
        sandbox.close()
