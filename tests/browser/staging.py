"""Fills a relay with a bit of everything, for the tests of the pages and the screenshots in the docs."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import requests

from tests.harness.accounts import Account
from tests.harness.stack import FAST, Plan, Stack
from tests.harness.waiting import eventually

ACME = Account("acme", per_second=50)
GLOBEX = Account("globex", per_second=50)
INITECH = Account("initech")
HOOLI = Account("hooli", per_second=50, per_day=40)
UMBRELLA = Account("umbrella", oauth=True)
ACCOUNTS = (ACME, GLOBEX, INITECH, HOOLI, UMBRELLA)

HUB_SECRET = b"the-secret-that-the-hub-signs-by"
OPERATOR_KEY, VIEWER_KEY = "the-key-of-alice-the-operator", "the-key-of-victor-the-viewer"

_MAP = {
    "timestamp": "{{ item.at }}",
    "eventType": "asset viewed",
    "content": {"contentTitle": "{{ item.asset.name }}", "contentUrl": "{{ item.asset.url }}"},
    "person": {"email": "{{ item.visitor.email }}", "name": "{{ item.visitor.name }}"},
}
_RULES = [{"name": "asset viewed", "when": "item.kind == 'view'", "to": "digital-interaction", "map": _MAP}]
_TITLES = ("Pricing", "Security whitepaper", "Acme proposal", "Onboarding guide", "Case study: Globex")
_PEOPLE = ("sam", "jane", "kim", "lee", "alex", "robin", "noor", "chris")


def _digest(key: str) -> str:
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


CONFIG: dict[str, dict[str, Any]] = {
    "sources": {
        "content-hub": {
            "destination": "acme",
            "verify": {"scheme": "standard", "secrets": ["${HUB_SECRET}"]},
            "rules": _RULES,
        },
        "forms": {"destination": "globex", "verify": {"scheme": "none"}, "rules": _RULES},
    },
    "operators": {
        "alice": {"role": "operator", "keys": [_digest(OPERATOR_KEY)]},
        "victor": {"role": "viewer", "keys": [_digest(VIEWER_KEY)]},
    },
}

_ENVIRONMENT = {"HUB_SECRET": "whsec_" + base64.b64encode(HUB_SECRET).decode()}
_ROOM = {"per_second": "1000", "burst": "1000"}
PLAN = Plan(ACCOUNTS, FAST | _ENVIRONMENT, _ROOM, config=CONFIG)


def event(number: int, kind: str = "page_view", **more: Any) -> dict[str, Any]:
    """Return one of many events, with a person and a content that depend on its number."""
    person, title = _PEOPLE[number % len(_PEOPLE)], _TITLES[number % len(_TITLES)]
    fields = {
        "id": f"{kind}-{number}",
        "type": kind,
        "occurred_at": (datetime.now(UTC) - timedelta(seconds=number)).isoformat(timespec="seconds"),
        "content": {"id": title.lower(), "title": title, "url": f"https://www.example.com/{number}?utm=mail"},
        "person": {"email": f"{person}@buyer.example", "name": person.title()},
    }
    return fields | more


def asset_view(number: int, **more: Any) -> dict[str, Any]:
    """Return a payload of the content hub."""
    person = _PEOPLE[number % len(_PEOPLE)]
    return {
        "id": f"hub-{number}",
        "kind": "view",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "asset": {"name": _TITLES[number % len(_TITLES)], "url": "https://hub.example.com/a/17?token=s3cret"},
        "visitor": {"email": f"{person}@buyer.example", "name": f"{person.title()} Buyer"},
    } | more


def post_webhook(stack: Stack, payload: Any, *, secret: bytes = HUB_SECRET) -> requests.Response:
    """Post a payload as the content hub does, signed with `secret`."""
    body, sent_at = orjson.dumps(payload), str(int(time.time()))
    message_id = f"msg_{uuid4().hex}"
    signature = hmac.digest(secret, f"{message_id}.{sent_at}.".encode() + body, "sha256")
    headers = {
        "Content-Type": "application/json",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": sent_at,
        "Webhook-Signature": f"v1,{base64.b64encode(signature).decode()}",
    }
    return requests.post(f"{stack.url}/v1/webhooks/content-hub", data=body, headers=headers, timeout=10)


def stage(stack: Stack) -> None:
    """Send events, revoke one company's key, use up another's budget, break a mapping and forge a signature."""
    stack.sandbox.arm("revoke", company=INITECH.name, count=1)
    stack.sandbox.arm("status", company=GLOBEX.name, status=400, count=2)
    stack.relay.accept(ACME, [event(number) for number in range(60)])
    stack.relay.accept(GLOBEX, [event(number, "content_view") for number in range(6)])
    stack.relay.accept(INITECH, [event(number, "form_submit") for number in range(5)])
    stack.relay.accept(HOOLI, [event(number) for number in range(55)])
    for number in range(4):
        assert post_webhook(stack, asset_view(number)).ok
    for number in range(4, 7):
        assert post_webhook(stack, asset_view(number, at="yesterday")).ok
    assert post_webhook(stack, {"id": "hub-9", "kind": "ping"}).ok
    assert post_webhook(stack, asset_view(8), secret=b"not-the-secret-of-the-content-hub").status_code == 401
    eventually(lambda: _is_staged(stack), within=60, what="the staged events")


def _is_staged(stack: Stack) -> bool:
    rows = stack.relay.destinations()
    assert rows["acme"]["states"]["delivered"] == 64, rows["acme"]["states"]
    assert rows["acme"]["states"]["dead"] == 3, rows["acme"]["states"]
    assert rows["globex"]["states"]["dead"] == 2, rows["globex"]["states"]
    assert rows["initech"]["states"]["on_hold"] == 5, rows["initech"]
    assert rows["hooli"]["states"]["delivered"] == 36, rows["hooli"]["states"]
    return True
