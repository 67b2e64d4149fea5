"""A signed payload of every preset is accepted over HTTP and arrives in the strict sandbox as the preset promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.config.presets import load_preset, preset_names
from relay.core.config import Config
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.core.verification.senders import SENDERS
from tests.flows.delivering import deliver_all, received, serve_app
from tests.flows.posting import PUBLIC_URL, SignedCase, happening_now, sign_case

CASES = Path(__file__).parents[1] / "presets"
RECEIVED_AT = "2026-11-21T12:00:00Z"
"""Written in the cases for payloads without a timestamp, whose events get the time of the request."""


@pytest.fixture(scope="module")
def gong() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


def cases_of(preset: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load((CASES / f"{preset}.yaml").read_text("utf-8"))
    return [happening_now(case) for case in cases]


def list_cases() -> list[Any]:
    return [
        pytest.param(preset, case, f"{preset}-{number}", id=f"{preset}: {case['title']}")
        for preset in preset_names()
        if (CASES / f"{preset}.yaml").exists()
        for number, case in enumerate(cases_of(preset))
    ]


def load_config(preset: str, gong: str, secret: str, *, company: str = "forged") -> Config:
    """Return a configuration with one source: a preset, a destination and a secret."""
    text = f"""
        destinations:
          acme:
            auth: {{basic: {{access_key: sandbox-key, access_key_secret: sandbox-secret}}}}
            base_url: {gong}/c/{company}
            source_system_name: {preset}
            internal_domains: [acme.example]
        sources:
          partner:
            preset: {preset}
            destination: acme
            verify: {{secrets: ["${{SECRET}}"]}}
    """
    return read_config(text, environ={"SECRET": secret}, allow_hosts={gong.removeprefix("http://")})


def expected_bodies(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [event["body"] for event in case["events"] if isinstance(event, dict) and "body" in event]


def normalize(body: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """Return a delivered body as the cases write it: `NAME:?` for a generated id, and the cases' time of the request."""
    name, _, native = like["eventId"].partition(":")
    arrived = body["eventId"].removeprefix("partner:")
    normalized = body | {"eventId": f"{name}:{'?' if native == '?' else arrived}"}
    return normalized | ({"timestamp": RECEIVED_AT} if like["timestamp"] == RECEIVED_AT else {})


def sort_by_arrival(bodies: list[dict[str, Any]], redis: Redis) -> list[dict[str, Any]]:
    """Sort by the order in which the relay received the events, since priorities change the order of delivery."""
    ids = [event_id.decode() for event_id in redis.zrange(keys.EVENTS, 0, -1)]
    order = [redis.hget(keys.EVENT + event_id, "event_id").decode() for event_id in ids]
    return sorted(bodies, key=lambda body: order.index(body["eventId"]))


def sign(preset: str, case: dict[str, Any]) -> SignedCase:
    return sign_case(preset, load_preset(preset)["verify"]["scheme"], case)


@pytest.mark.parametrize(("preset", "case", "company"), list_cases())
def test_a_vendors_payload_arrives_in_gong_as_its_preset_promises(
    preset: str, case: dict[str, Any], company: str, gong: str, redis: Redis
):
    sent = sign(preset, case)
    config = load_config(preset, gong, sent.secret, company=company)

    with serve_app(create_app(Settings(public_url=PUBLIC_URL), config, redis)) as relay:
        response = sent.send(relay)
    deliver_all(Scripts(redis), config)

    assert response.ok, response.text
    expected = expected_bodies(case)
    bodies = sort_by_arrival([call["body"] for call in received(gong, company=company)], redis)
    assert [normalize(*pair) for pair in zip(bodies, expected, strict=True)] == expected


@pytest.mark.parametrize("preset", preset_names())
def test_a_payload_with_a_wrong_signature_is_rejected(preset: str, gong: str, redis: Redis):
    sent = sign(preset, next(case for case in cases_of(preset) if expected_bodies(case)))
    scheme = load_preset(preset)["verify"]["scheme"]
    wrong_secret = SENDERS[scheme].wrong if scheme in SENDERS else sent.secret[::-1]

    with serve_app(
        create_app(Settings(public_url=PUBLIC_URL), load_config(preset, gong, wrong_secret), redis)
    ) as relay:
        response = sent.send(relay)

    assert (response.status_code, response.json()["code"]) == (401, "verification_failed")
    assert not redis.exists(keys.EVENTS)


def test_a_batch_of_1100_events_is_accepted_in_one_request(gong: str, redis: Redis):
    click = cases_of("sendgrid")[0]
    events = [click["body"][0] | {"sg_event_id": f"event-{number}"} for number in range(1_100)]
    sent = sign("sendgrid", {"body": events})
    app = create_app(Settings(max_body_bytes=1_048_576), load_config("sendgrid", gong, sent.secret), redis)

    with serve_app(app) as relay:
        response = sent.send(relay)

    assert response.json() == response.json() | {"queued": 1_100, "dead": 0}
    assert len(redis.keys(keys.RECEIPT + "*")) == 1
