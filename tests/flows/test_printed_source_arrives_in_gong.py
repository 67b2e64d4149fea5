"""The source that the page on mapping writes from a payload alone, at work: posted, proven, mapped, delivered."""

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

WORKED = section(page("docs/mapping.md"), "A complete example")
PAYLOAD, BODIES = fenced(WORKED, "json")
[SOURCE] = fenced(WORKED, "yml")


@pytest.fixture
def sandbox() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


@pytest.fixture
def config(sandbox: str) -> Config:
    printed = config_of(SOURCE)
    return replace(printed, destinations={"acme": replace(printed.destinations["acme"], base_url=sandbox)})


def test_the_printed_payload_arrives_in_gong_as_the_printed_bodies(
    sandbox: str, config: Config, redis: Redis
):
    hook = config.webhooks["rooms"]
    assert hook
    secret = hook.keys[0].secret
    assert isinstance(secret, bytes)
    signature = "sha256=" + hmac.digest(secret, PAYLOAD.encode(), "sha256").hex()

    headers = {"X-Rooms-Signature": signature, "Content-Type": "application/json"}

    client = create_app(Settings(), config, redis).test_client()
    answer = client.post("/v1/webhooks/rooms", data=PAYLOAD.encode(), headers=headers)
    deliver_all(Scripts(redis), config)

    told = answer.get_json()
    assert (answer.status_code, told["queued"], told["filtered"], told["dead"]) == (202, 2, 1, 0)
    assert [one["body"] for one in received(sandbox)] == json.loads(BODIES)
