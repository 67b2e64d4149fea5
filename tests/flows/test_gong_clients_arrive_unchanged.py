"""Gong clients that use the relay as their base URL: every field they send arrives in Gong, over HTTP on both sides."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import requests
from redis import Redis

from relay.app import create_app
from relay.core.call import Dialect, Operation, SendAs
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination
from relay.core.gong.interaction_schema import DIGITAL_INTERACTION
from relay.core.outcome import AlreadyReported, Blocked, Delivered, Outcome, Rejected, classify_response
from relay.core.source import Source
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from tests.core.gong_bodies import MAXIMAL
from tests.flows import gong_clients as clients
from tests.flows.delivering import deliver_all, received, serve_app
from tests.sandbox import bodies
from workers.gong_client import GongClient, HttpOptions, credentials_from_api_key

KEYS = {f"{dialect}-{send_as}": f"key-of-{dialect}-{send_as}" for dialect in Dialect for send_as in SendAs}
DIRECT = KEYS["gong-digital-interaction"]
GONGS = {
    Operation.DIGITAL_INTERACTION,
    Operation.CONTENT_SHARED,
    Operation.CONTENT_VIEWED,
    Operation.CUSTOM_ACTION,
}


@dataclass(frozen=True)
class World:
    """A relay with one source for each dialect and way of sending, and the strict sandbox behind it."""

    url: str
    gong: str
    config: Config
    scripts: Scripts

    def call(self, operation: Operation, body: Any, *, key: str = DIRECT) -> requests.Response:
        """A call as clients of Gong make it: access key and secret, JSON, no redirects."""
        return requests.request(
            operation.method,
            self.url + operation.path,
            json=body,
            auth=("any access key", key),
            allow_redirects=False,
            timeout=10,
        )

    def arrivals(self) -> list[dict[str, Any]]:
        deliver_all(self.scripts, self.config)
        return received(self.gong)


def _config(gong: str) -> Config:
    credentials = BasicCredentials("sandbox-key", "sandbox-secret")
    destinations = {
        str(dialect): Destination(
            name=str(dialect),
            company=str(dialect),
            credentials=credentials,
            base_url=f"{gong}/c/{dialect}",
            dialect=dialect,
        )
        for dialect in Dialect
    }
    sources = {
        name: Source(
            name=name,
            destination=name.partition("-")[0],
            key_digests=frozenset({hashlib.sha256(key.encode()).hexdigest()}),
            send_as=SendAs(name.partition("-")[2]),
        )
        for name, key in KEYS.items()
    }
    return Config(destinations=destinations, sources=sources)


@pytest.fixture
def relay(redis: Redis) -> Iterator[World]:
    settings = SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)
    with serve_sandbox(settings) as gong:
        config = _config(gong)
        with serve_app(create_app(Settings(), config, redis)) as url:
            yield World(url, gong, config, Scripts(redis))


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (Operation.DIGITAL_INTERACTION, clients.NANGO_PERSON),
        (Operation.DIGITAL_INTERACTION, clients.NANGO_TRACKED),
        (Operation.DIGITAL_INTERACTION, clients.CLI_INTERACTION),
        (Operation.CONTENT_VIEWED, clients.CLI_VIEWED),
        (Operation.CONTENT_SHARED, clients.CLI_SHARED),
        (Operation.CUSTOM_ACTION, clients.CLI_ACTION),
        (Operation.DIGITAL_INTERACTION, bodies.interaction()),
        (Operation.CONTENT_SHARED, bodies.content_shared()),
        (Operation.CONTENT_VIEWED, bodies.content_viewed()),
        (Operation.CUSTOM_ACTION, bodies.custom_action()),
        *((operation, MAXIMAL[operation]) for operation in sorted(GONGS)),
    ],
)
@pytest.mark.parametrize("send_as", SendAs)
def test_a_gong_body_arrives_with_every_field_unchanged(
    relay: World, operation: Operation, body: dict[str, Any], send_as: SendAs
):
    answer = relay.call(operation, body, key=KEYS[f"gong-{send_as}"])

    assert (answer.status_code, list(answer.json())) == (200, ["requestId"])
    [arrived] = relay.arrivals()
    assert (arrived["route"], arrived["body"]) == (operation, body)


def _leaves(body: Any, path: str = "") -> set[str]:
    if isinstance(body, list):
        return {path}
    if not isinstance(body, dict):
        return {path}
    return {leaf for key, item in body.items() for leaf in _leaves(item, f"{path}.{key}")}


def _documented(schema: Any, path: str = "") -> set[str]:
    inner = getattr(schema, "fields", None) or getattr(getattr(schema, "schema", None), "fields", None)
    if inner is None:
        return {path}
    return {leaf for key, field in inner.items() for leaf in _documented(field, f"{path}.{key}")}


def test_the_full_body_holds_every_field_that_gong_documents():
    assert _leaves(clients.CLI_INTERACTION) == _documented(DIGITAL_INTERACTION) - {".trackingId"}


def test_a_body_without_an_id_gets_a_stable_one(relay: World):
    body = {key: value for key, value in clients.CLI_ACTION.items() if key != "eventId"}
    for _ in range(2):
        assert relay.call(Operation.CUSTOM_ACTION, body).status_code == 200

    [arrived] = relay.arrivals()
    assert arrived["body"].pop("eventId").startswith("gong-digital-interaction:")
    assert arrived["body"] == body


def test_nulls_and_leaked_keys_are_removed(relay: World):
    body = clients.CLI_VIEWED | {"moreInfoUrl": "https://example.com/more", "trackingId": None}
    relay.call(Operation.CONTENT_VIEWED, body)

    assert [arrived["body"] for arrived in relay.arrivals()] == [clients.CLI_VIEWED]


@pytest.mark.parametrize("send_as", SendAs)
@pytest.mark.parametrize("operation", sorted(set(Operation) - GONGS))
def test_a_catalog_body_reaches_gong_in_gongs_dialect(relay: World, operation: Operation, send_as: SendAs):
    answer = relay.call(operation, MAXIMAL[operation], key=KEYS[f"gong-{send_as}"])

    assert answer.ok, answer.text
    [arrived] = relay.arrivals()
    assert arrived["route"] in GONGS


@pytest.mark.parametrize("operation", sorted(set(Operation) - GONGS))
def test_a_catalog_body_reaches_a_catalog_gateway_unchanged(relay: World, operation: Operation):
    assert relay.call(operation, MAXIMAL[operation], key=KEYS["catalog-engagement"]).ok

    [arrived] = relay.arrivals()
    assert (arrived["route"], arrived["body"]) == (operation, MAXIMAL[operation])


@pytest.mark.parametrize("operation", sorted(GONGS))
def test_a_gong_body_reaches_a_catalog_gateway_in_its_dialect(relay: World, operation: Operation):
    assert relay.call(operation, MAXIMAL[operation], key=KEYS["catalog-engagement"]).ok

    [arrived] = relay.arrivals()
    assert arrived["route"] not in GONGS


def _outcome(relay: World, body: dict[str, Any], *, secret: str = DIRECT) -> Outcome:
    """What the relay's own client makes of the relay."""
    taken_for_gong = credentials_from_api_key(relay.url, BasicCredentials("any", secret))
    gong = GongClient(HttpOptions())
    answer = gong.send(
        taken_for_gong, Operation.DIGITAL_INTERACTION, orjson.dumps(body), before_write=lambda: None
    )
    return classify_response(answer, datetime.now(UTC))


def test_the_relays_own_client_can_use_the_relay_as_gong(relay: World):
    body = bodies.interaction()
    outcomes = [
        _outcome(relay, body),
        _outcome(relay, body),
        _outcome(relay, {}),
        _outcome(relay, body, secret="no"),
    ]

    assert [type(outcome) for outcome in outcomes] == [Delivered, AlreadyReported, Rejected, Blocked]
    assert outcomes[0].request_id == outcomes[1].request_id
    assert "eventId: must not be null" in outcomes[2].errors
