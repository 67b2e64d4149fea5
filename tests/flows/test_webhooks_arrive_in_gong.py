"""From a partner to Gong: a payload of every preset goes in signed by HTTP, and stands in the strict sandbox by HTTP."""

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
from relay.sandbox.serve import serving
from relay.sandbox.settings import Fidelity, SandboxSettings
from relay.settings import Settings
from relay.store.scripts import Scripts
from tests.core.verification.senders import SENDERS
from tests.flows.delivering import answering, deliver_all, received
from tests.flows.posting import PUBLIC_URL, happening_now, posted

CASES = Path(__file__).parents[1] / "presets"
RECEIVED_AT = "2026-11-21T12:00:00Z"
"""What the cases write where a vendor tells no time: the moment of the request, which here is now."""


@pytest.fixture(scope="module")
def gong() -> Iterator[str]:
    with serving(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


def first_ready(preset: str) -> dict[str, Any]:
    """The first of a preset's cases that sends something to Gong."""
    cases = yaml.safe_load((CASES / f"{preset}.yaml").read_text("utf-8"))
    return next(
        case for case in cases if any(isinstance(event, dict) and "body" in event for event in case["events"])
    )


def configured(preset: str, gong: str, secret: str) -> Config:
    """A source as its user writes it: preset, destination, secret."""
    text = f"""
        destinations:
          acme:
            auth: {{basic: {{access_key: sandbox-key, access_key_secret: sandbox-secret}}}}
            base_url: {gong}/c/{preset}
            source_system_name: {preset}
            internal_domains: [acme.example]
        sources:
          partner:
            preset: {preset}
            destination: acme
            verify: {{secrets: ["${{SECRET}}"]}}
    """
    return read_config(text, environ={"SECRET": secret}, allow_hosts={gong.removeprefix("http://")})


def expected(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [event["body"] for event in case["events"] if isinstance(event, dict) and "body" in event]


def comparable(body: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """What arrived, as the cases write it: a digest is `NAME:?`, and the moment of the request is theirs."""
    name, _, native = like["eventId"].partition(":")
    arrived = body["eventId"].removeprefix("partner:")
    told = body | {"eventId": f"{name}:{'?' if native == '?' else arrived}"}
    return told | ({"timestamp": RECEIVED_AT} if like["timestamp"] == RECEIVED_AT else {})


@pytest.mark.parametrize("preset", preset_names())
def test_what_a_vendor_posts_arrives_in_gong_as_its_preset_promises(preset: str, gong: str, redis: Redis):
    case = happening_now(first_ready(preset))
    sent = posted(preset, load_preset(preset)["verify"]["scheme"], case)
    config = configured(preset, gong, sent.secret)

    with answering(create_app(Settings(public_url=PUBLIC_URL), config, redis)) as relay:
        answer = sent.send(relay)
    deliver_all(Scripts(redis), config)

    assert answer.ok, answer.text
    wanted = expected(case)
    bodies = [one["body"] for one in received(gong, company=preset)]
    assert [comparable(*pair) for pair in zip(bodies, wanted, strict=True)] == wanted


@pytest.mark.parametrize("preset", preset_names())
def test_a_payload_of_a_vendor_that_somebody_else_signed_is_not_taken(preset: str, gong: str, redis: Redis):
    scheme = load_preset(preset)["verify"]["scheme"]
    sent = posted(preset, scheme, happening_now(first_ready(preset)))
    another = SENDERS[scheme].wrong if scheme in SENDERS else sent.secret[::-1]
    config = configured(preset, gong, another)

    with answering(create_app(Settings(public_url=PUBLIC_URL), config, redis)) as relay:
        answer = sent.send(relay)

    assert (answer.status_code, answer.json()["code"]) == (401, "unverified")
    assert redis.dbsize() == 0
