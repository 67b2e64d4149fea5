"""The two ends over HTTP: a partner and an operator before the relay, and the control room of the sandbox behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.harness.accounts import ADMIN_KEY, Account

Event = dict[str, Any]


def session() -> requests.Session:
    """A session that no proxy of the environment can redirect."""
    made = requests.Session()
    made.trust_env = False
    return made


def page_view(native: str, **more: Any) -> Event:
    """The smallest useful event."""
    return {
        "id": native,
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@buyer.example"},
    } | more


class Relay:
    """The relay as its callers see it. One per thread: it holds a session."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url
        self._timeout = timeout
        self._session = session()

    def close(self) -> None:
        self._session.close()

    def post(self, account: Account, events: Event | Sequence[Event], **query: str) -> requests.Response:
        """One event as an object, several as an array."""
        return self._session.post(
            f"{self.url}/v1/events",
            json=events,
            params=query,
            headers={"Authorization": f"Bearer {account.key}"},
            timeout=self._timeout,
        )

    def accept(self, account: Account, events: Event | Sequence[Event]) -> dict[str, Any]:
        """Post what must be accepted, and return the answer."""
        answer = self.post(account, events)
        assert answer.status_code == 202, f"{answer.status_code}: {answer.text[:1000]}"
        return dict(answer.json())

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """An operator's look."""
        answer = self._session.get(
            self.url + path, params=query, headers={"X-API-Key": ADMIN_KEY}, timeout=self._timeout
        )
        assert answer.status_code == 200, f"GET {path}: {answer.status_code}: {answer.text[:1000]}"
        return dict(answer.json())

    def act(self, path: str) -> dict[str, Any]:
        """An operator's deed."""
        answer = self._session.post(self.url + path, headers={"X-API-Key": ADMIN_KEY}, timeout=self._timeout)
        assert answer.ok, f"POST {path}: {answer.status_code}: {answer.text[:1000]}"
        return dict(answer.json())

    def event(self, event_id: str) -> dict[str, Any]:
        """One event, explained."""
        return self.get(f"/v1/events/{event_id}")

    def events(self, **filters: str) -> list[dict[str, Any]]:
        """Every event that a filter finds, page after page."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/v1/events", limit="500", **filters, **cursor)
            found += page["events"]
            if not page["cursor"]:
                return found
            cursor = {"cursor": page["cursor"]}

    def destinations(self) -> dict[str, dict[str, Any]]:
        """What `/v1/queues` says of each destination, by name."""
        return {row["destination"]: row for row in self.get("/v1/queues")["destinations"]}

    def open_events(self) -> int:
        """How many events are still on their way, over all destinations."""
        return sum(row["open"] for row in self.destinations().values())


class Sandbox:
    """The control room of the local Gong."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = session()

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = self._session.get(f"{self.url}/__sandbox/{path}", params=query, timeout=30)
        assert answer.ok, f"GET {path}: {answer.status_code}: {answer.text[:500]}"
        return dict(answer.json())

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        answer = self._session.post(f"{self.url}/__sandbox/{path}", json=body, timeout=30)
        assert answer.ok, f"POST {path}: {answer.status_code}: {answer.text[:500]}"
        return dict(answer.json())

    def event_ids(self, company: str | None = None) -> list[str]:
        """The eventId of everything that Gong holds, as often as it holds it."""
        chosen = {"company": company} if company else {}
        held = self.get("events", limit="1000000", **chosen)["events"]
        return [event["event_id"] for event in held]

    def log(self, company: str) -> list[dict[str, Any]]:
        """Every call of a company, oldest first."""
        return list(reversed(self.get("log", limit="1000000", company=company)["log"]))

    def companies(self) -> dict[str, dict[str, int]]:
        return dict(self.get("metrics")["companies"])

    def arm(self, kind: str, **fault: object) -> None:
        """Arm one fault; its other keys are the sandbox's."""
        self.post("faults", {"kind": kind} | fault)

    def disarm(self) -> None:
        answer = self._session.delete(f"{self.url}/__sandbox/faults", timeout=30)
        assert answer.ok, answer.text[:500]

    def call(self, company: str, told: Mapping[str, Any]) -> requests.Response:
        """Make the call that a dry run showed, as another application of the company would."""
        return self._session.request(
            told["method"],
            f"{self.url}/c/{company}{told['path']}",
            json=told["body"],
            auth=("sandbox-key", "sandbox-secret"),
            timeout=30,
        )
