"""Every example file is accepted over HTTP, delivered over HTTP, and accepted by the strict sandbox."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.call import SendAs
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination
from relay.core.source import Source
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from tests.flows.delivering import deliver_all, received

KEY = "a-key-of-the-website-source"
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.json"))


@pytest.fixture
def sandbox() -> Iterator[str]:
    settings = SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)
    with serve_sandbox(settings) as url:
        yield url


@pytest.fixture(params=SendAs)
def config(sandbox: str, request: pytest.FixtureRequest) -> Config:
    credentials = BasicCredentials("sandbox-key", "sandbox-secret")
    destination = Destination(name="acme", company="acme", credentials=credentials, base_url=sandbox)
    source = Source(
        name="website",
        destination="acme",
        key_digests=frozenset({hashlib.sha256(KEY.encode()).hexdigest()}),
        send_as=request.param,
    )
    return Config(destinations={"acme": destination}, sources={"website": source})


def post(client: FlaskClient, body: bytes) -> list[str]:
    """Post a request and return the eventIds in its response."""
    response = client.post(
        "/v1/events", data=body, headers={"X-API-Key": KEY, "Content-Type": "application/json"}
    )
    assert response.status_code == 202, response.text
    result = response.get_json()
    return [event["event_id"] for event in result.get("events", [result])]


def test_every_example_arrives_once(sandbox: str, config: Config, redis: Redis):
    client = create_app(Settings(), config, redis).test_client()
    sent = [event_id for path in EXAMPLES for event_id in post(client, path.read_bytes())]

    deliver_all(Scripts(redis), config)

    assert sorted(call["event_id"] for call in received(sandbox)) == sorted(sent)


def test_an_example_sent_twice_arrives_once(sandbox: str, config: Config, redis: Redis):
    client = create_app(Settings(), config, redis).test_client()
    event = json.loads(EXAMPLES[0].read_bytes()) | {"id": "sent-twice"}
    body = json.dumps(event).encode()

    [event_id] = post(client, body)
    deliver_all(Scripts(redis), config)
    post(client, body)
    deliver_all(Scripts(redis), config)

    assert [call["event_id"] for call in received(sandbox)].count(event_id) == 1
