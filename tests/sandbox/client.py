"""A running sandbox, and a client that calls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings

KEY = ("sandbox-key", "sandbox-secret")
HIGH_LIMITS = {"per_second": 10_000.0, "burst": 10_000, "per_day": 1_000_000}


@dataclass(frozen=True)
class Gong:
    """Calls a running sandbox: its API, and its control endpoints."""

    url: str
    session: requests.Session = field(repr=False)

    def call(
        self, path: str, body: Any = None, *, method: str = "POST", company: str = "acme", **options: Any
    ) -> requests.Response:
        arguments = {"auth": KEY, "json": body, "allow_redirects": False, "timeout": 10} | options
        return self.session.request(method, f"{self.url}/c/{company}/v2/{path}", **arguments)

    def send(self, body: Any, **options: Any) -> requests.Response:
        return self.call("digital-interaction", body, **options)

    def put(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.call(f"customer-engagement/{path}", body, method="PUT", **options)

    def inspect(self, path: str) -> Any:
        return self.session.get(f"{self.url}/__sandbox/{path}", timeout=10).json()

    def control(self, path: str, body: Any = None) -> requests.Response:
        return self.session.post(f"{self.url}/__sandbox/{path}", json=body, timeout=10)

    def arm(self, kind: str, **conditions: Any) -> None:
        assert self.control("faults", {"kind": kind, **conditions}).status_code == 200

    def event_ids(self) -> list[str]:
        return [event["event_id"] for event in self.inspect("events")["events"]]


@contextmanager
def run_gong(**settings: Any) -> Iterator[Gong]:
    """Run a sandbox whose limits are too high to matter, unless a test sets its own."""
    with serve_sandbox(SandboxSettings(**HIGH_LIMITS | settings)) as url, requests.Session() as session:
        yield Gong(url, session)
