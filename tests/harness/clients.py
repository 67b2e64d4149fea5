"""HTTP clients for both ends: a sender and an operator for the relay, and the control API of the sandbox."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from tests.harness.accounts import ADMIN_KEY, Account

Event = dict[str, Any]


def session() -> requests.Session:
    """Return a session that ignores proxies of the environment."""
    new = requests.Session()
    new.trust_env = False
    return new


def page_view(event_id: str, **fields: Any) -> Event:
    """Return a minimal event."""
    return {
        "id": event_id,
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@buyer.example"},
    } | fields


class Relay:
    """Client of the relay. Use one per thread, because it holds a session."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url
        self._timeout = timeout
        self._session = session()

    def close(self) -> None:
        self._session.close()

    def post(self, account: Account, events: Event | Sequence[Event], **query: str) -> requests.Response:
        """Post one event as an object, or several as an array."""
        return self._session.post(
            f"{self.url}/v1/events",
            json=events,
            params=query,
            headers={"Authorization": f"Bearer {account.key}"},
            timeout=self._timeout,
        )

    def accept(self, account: Account, events: Event | Sequence[Event]) -> dict[str, Any]:
        """Post events that must be accepted, and return the response."""
        answer = self.post(account, events)
        assert answer.status_code == 202, f"{answer.status_code}: {answer.text[:1000]}"
        return dict(answer.json())

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read a resource as an operator."""
        answer = self._session.get(
            self.url + path, params=query, headers={"X-API-Key": ADMIN_KEY}, timeout=self._timeout
        )
        assert answer.status_code == 200, f"GET {path}: {answer.status_code}: {answer.text[:1000]}"
        return dict(answer.json())

    def act(self, path: str) -> dict[str, Any]:
        """Post an action as an operator."""
        answer = self._session.post(self.url + path, headers={"X-API-Key": ADMIN_KEY}, timeout=self._timeout)
        assert answer.ok, f"POST {path}: {answer.status_code}: {answer.text[:1000]}"
        return dict(answer.json())

    def event(self, event_id: str) -> dict[str, Any]:
        """Return one event with its explanation."""
        return self.get(f"/v1/events/{event_id}")

    def events(self, **filters: str) -> list[dict[str, Any]]:
        """Return every event that matches the filters, from all pages."""
        events: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/v1/events", limit="500", **filters, **cursor)
            events += page["events"]
            if not page["cursor"]:
                return events
            cursor = {"cursor": page["cursor"]}

    def destinations(self) -> dict[str, dict[str, Any]]:
        """Return the rows of `/v1/queues` by destination."""
        return {row["destination"]: row for row in self.get("/v1/queues")["destinations"]}

    def open_events(self) -> int:
        """Return the number of open events of all destinations."""
        return sum(row["open"] for row in self.destinations().values())


class Sandbox:
    """Client of the sandbox's control API."""

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
        """Return the eventId of every event in Gong, repeated if Gong has it more than once."""
        filters = {"company": company} if company else {}
        events = self.get("events", limit="1000000", **filters)["events"]
        return [event["event_id"] for event in events]

    def log(self, company: str) -> list[dict[str, Any]]:
        """Return every call of a company, oldest first."""
        return list(reversed(self.get("log", limit="1000000", company=company)["log"]))

    def companies(self) -> dict[str, dict[str, int]]:
        return dict(self.get("metrics")["companies"])

    def arm(self, kind: str, **fault: object) -> None:
        """Arm one fault, with further keys as in the sandbox's API."""
        self.post("faults", {"kind": kind} | fault)

    def disarm(self) -> None:
        answer = self._session.delete(f"{self.url}/__sandbox/faults", timeout=30)
        assert answer.ok, answer.text[:500]

    def call(self, company: str, call: Mapping[str, Any]) -> requests.Response:
        """Make a call as another application of the company would. `call` comes from a dry run."""
        return self._session.request(
            call["method"],
            f"{self.url}/c/{company}{call['path']}",
            json=call["body"],
            auth=("sandbox-key", "sandbox-secret"),
            timeout=30,
        )
