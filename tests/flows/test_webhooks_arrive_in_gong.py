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
"""What the cases write where a vendor tells no time: the moment of the request, which here is now."""


@pytest.fixture(scope="module")
def gong() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(fidelity=Fidelity.STRICT, per_second=1000, burst=1000)) as url:
        yield url


def cases_of(preset: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load((CASES / f"{preset}.yaml").read_text("utf-8"))
    return [happening_now(case) for case in cases]


def each_case() -> list[Any]:
    return [
        pytest.param(preset, case, f"{preset}-{number}", id=f"{preset}: {case['title']}")
        for preset in preset_names()
        if (CASES / f"{preset}.yaml").exists()
        for number, case in enumerate(cases_of(preset))
    ]


def configured(preset: str, gong: str, secret: str, *, company: str = "forged") -> Config:
    """A source as its user writes it: preset, destination, secret."""
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


def expected(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [event["body"] for event in case["events"] if isinstance(event, dict) and "body" in event]


def comparable(body: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """What arrived, as the cases write it: a digest is `NAME:?`, and the moment of the request is theirs."""
    name, _, native = like["eventId"].partition(":")
    arrived = body["eventId"].removeprefix("partner:")
    told = body | {"eventId": f"{name}:{'?' if native == '?' else arrived}"}
    return told | ({"timestamp": RECEIVED_AT} if like["timestamp"] == RECEIVED_AT else {})


def in_payload_order(bodies: list[dict[str, Any]], redis: Redis) -> list[dict[str, Any]]:
    """Priorities decide the order in which events arrive; their ids keep the order in which they were sent."""
    ids = [event_id.decode() for event_id in redis.zrange(keys.EVENTS, 0, -1)]
    order = [redis.hget(keys.EVENT + event_id, "event_id").decode() for event_id in ids]
    return sorted(bodies, key=lambda body: order.index(body["eventId"]))


def signed(preset: str, case: dict[str, Any]) -> SignedCase:
    return sign_case(preset, load_preset(preset)["verify"]["scheme"], case)


@pytest.mark.parametrize(("preset", "case", "company"), each_case())
def test_what_a_vendor_posts_arrives_in_gong_as_its_preset_promises(
    preset: str, case: dict[str, Any], company: str, gong: str, redis: Redis
):
    sent = signed(preset, case)
    config = configured(preset, gong, sent.secret, company=company)

    with serve_app(create_app(Settings(public_url=PUBLIC_URL), config, redis)) as relay:
        answer = sent.send(relay)
    deliver_all(Scripts(redis), config)

    assert answer.ok, answer.text
    wanted = expected(case)
    bodies = in_payload_order([one["body"] for one in received(gong, company=company)], redis)
    assert [comparable(*pair) for pair in zip(bodies, wanted, strict=True)] == wanted


@pytest.mark.parametrize("preset", preset_names())
def test_a_payload_of_a_vendor_that_somebody_else_signed_is_not_taken(preset: str, gong: str, redis: Redis):
    sent = signed(preset, next(case for case in cases_of(preset) if expected(case)))
    scheme = load_preset(preset)["verify"]["scheme"]
    another = SENDERS[scheme].wrong if scheme in SENDERS else sent.secret[::-1]

    with serve_app(
        create_app(Settings(public_url=PUBLIC_URL), configured(preset, gong, another), redis)
    ) as relay:
        answer = sent.send(relay)

    assert (answer.status_code, answer.json()["code"]) == (401, "verification_failed")
    assert not redis.exists(keys.EVENTS)


def test_a_batch_of_1100_events_is_taken_in_one_request(gong: str, redis: Redis):
    click = cases_of("sendgrid")[0]
    events = [click["body"][0] | {"sg_event_id": f"event-{number}"} for number in range(1_100)]
    sent = signed("sendgrid", {"body": events})
    app = create_app(Settings(max_body_bytes=1_048_576), configured("sendgrid", gong, sent.secret), redis)

    with serve_app(app) as relay:
        answer = sent.send(relay)

    assert answer.json() == answer.json() | {"queued": 1_100, "dead": 0}
    assert len(redis.keys(keys.RECEIPT + "*")) == 1
