"""A running sandbox and a client of it, and the bodies that tests send."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings

KEY = ("sandbox-key", "sandbox-secret")
WIDE = {"per_second": 10_000.0, "burst": 10_000, "per_day": 1_000_000}
STAMP = "2026-01-31T10:00:00Z"
SENT = {"reportingSystem": "hub", "eventTimestamp": STAMP, "eventId": "hub:1"}
CONTENT = {"contentId": "deck-1", "contentUrl": "https://hub.example/deck-1", "contentTitle": "Q1 deck"}


@dataclass(frozen=True)
class Gong:
    url: str
    session: requests.Session = field(repr=False)

    def call(
        self, path: str, body: Any = None, *, method: str = "POST", company: str = "acme", **options: Any
    ) -> requests.Response:
        given = {"auth": KEY, "json": body, "allow_redirects": False, "timeout": 10} | options
        return self.session.request(method, f"{self.url}/c/{company}/v2/{path}", **given)

    def send(self, body: Any, **options: Any) -> requests.Response:
        return self.call("digital-interaction", body, **options)

    def put(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.call(f"customer-engagement/{path}", body, method="PUT", **options)

    def look(self, path: str) -> Any:
        return self.session.get(f"{self.url}/__sandbox/{path}", timeout=10).json()

    def turn(self, path: str, body: Any = None) -> requests.Response:
        return self.session.post(f"{self.url}/__sandbox/{path}", json=body, timeout=10)

    def fault(self, kind: str, **more: Any) -> None:
        assert self.turn("faults", {"kind": kind, **more}).status_code == 200

    def event_ids(self) -> list[str]:
        return [event["event_id"] for event in self.look("events")["events"]]


@contextmanager
def gong(**settings: Any) -> Iterator[Gong]:
    """A sandbox without limits but those that a test sets."""
    with serve_sandbox(SandboxSettings(**WIDE | settings)) as url, requests.Session() as session:
        yield Gong(url, session)


def interaction(event_id: str = "web:1", **fields: Any) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "timestamp": STAMP,
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing"},
        "person": {"email": "jane@acme.com"},
    } | fields


def shared(**fields: Any) -> dict[str, Any]:
    return SENT | CONTENT | {"recipients": [{"email": "jane@acme.com"}]} | fields


def viewed(**fields: Any) -> dict[str, Any]:
    return SENT | CONTENT | {"viewer": {"email": "jane@acme.com"}} | fields


def action(**fields: Any) -> dict[str, Any]:
    return SENT | {"actionName": "Contract Signed", "actor": {"email": "jane@acme.com"}} | fields


CATALOG_SHARE = {
    "contentTitle": "Deck",
    "senderEmailAddress": "sam@seller.example",
    "recipientEmailAddresses": ["jane@acme.com"],
    "eventTimestamp": STAMP,
}
CATALOG_VIEW = {"contentTitle": "Deck", "viewerEmailAddress": "jane@acme.com", "eventTimestamp": STAMP}
CATALOG_ACTION = {"actionName": "Signed", "actorEmailAddress": "jane@acme.com", "eventTimestamp": STAMP}
CATALOG_INTERACTION = {
    "interactionType": "Email",
    "participants": [{"emailAddress": "jane@acme.com", "role": "Sender"}],
    "timestamp": STAMP,
    "clientUniqueId": "mail:1",
}
