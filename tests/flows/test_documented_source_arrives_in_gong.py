"""The complete example in docs/mapping.md works: its payload is verified, mapped and delivered as documented."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from tests.flows.delivering import deliver_all, received
from tests.truth.printed_sources import config_of
from tests.truth.project import fenced, page, section

EXAMPLE = section(page("docs/mapping.md"), "A complete example")
PAYLOAD, BODIES = fenced(EXAMPLE, "json")
[SOURCE] = fenced(EXAMPLE, "yml")


@pytest.fixture
def sandbox() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


@pytest.fixture
def config(sandbox: str) -> Config:
    printed = config_of(SOURCE)
    return replace(printed, destinations={"acme": replace(printed.destinations["acme"], base_url=sandbox)})


def test_the_documented_payload_arrives_in_gong_as_documented(sandbox: str, config: Config, redis: Redis):
    webhook = config.webhooks["rooms"]
    assert webhook
    secret = webhook.keys[0].secret
    assert isinstance(secret, bytes)
    signature = "sha256=" + hmac.digest(secret, PAYLOAD.encode(), "sha256").hex()

    headers = {"X-Rooms-Signature": signature, "Content-Type": "application/json"}

    client = create_app(Settings(), config, redis).test_client()
    response = client.post("/v1/webhooks/rooms", data=PAYLOAD.encode(), headers=headers)
    deliver_all(Scripts(redis), config)

    result = response.get_json()
    assert (response.status_code, result["queued"], result["filtered"], result["dead"]) == (202, 2, 1, 0)
    assert [call["body"] for call in received(sandbox)] == json.loads(BODIES)
