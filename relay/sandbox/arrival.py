"""A call as it arrives: who it is for, what it says, and which faults strike it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from relay.sandbox import limits
from relay.sandbox.answers import new_request_id
from relay.sandbox.companies import Company, Key
from relay.sandbox.faults import Target
from relay.sandbox.routes import Route, at_path, told_apart
from relay.sandbox.state import Sandbox
from relay.sandbox.wire import Strikes


@dataclass(slots=True)
class Arrival:
    """A call on its way through the checks, which fill in what they learn of it."""

    sandbox: Sandbox
    request: Request
    path: str
    at: float
    request_id: str
    raw: bytes | None
    body: dict[str, Any] | None
    company: Company
    routes: Sequence[Route]
    strikes: Strikes
    key: Key | None = None
    counted: bool = False
    remaining: int = 0
    note: str | None = None

    @property
    def route(self) -> Route | None:
        return told_apart(self.routes, self.body or {}) if self.routes else None

    @property
    def event_id(self) -> str | None:
        return _event_id(self.body)


def arrived(sandbox: Sandbox, request: Request, company: Company, path: str) -> Arrival:
    raw = _raw(request)
    body = _object(raw or b"")
    routes = at_path(path, sandbox.settings.dialects)
    target = Target(company.name, tuple(route.name for route in routes), _event_id(body))
    with sandbox.lock:
        now = sandbox.clock.now()
        limits.arrive(company.budget, now)
        strikes = {fault.kind: fault for fault in sandbox.faults.striking(target)}
        request_id = new_request_id(sandbox.random)
    return Arrival(sandbox, request, path, now, request_id, raw, body, company, routes, strikes)


def _raw(request: Request) -> bytes | None:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None


def _object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object in the bytes, or None. Half a surrogate pair is no text."""
    try:
        value = json.loads(raw, parse_constant=_no_number)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _event_id(body: Mapping[str, Any] | None) -> str | None:
    found = (body or {}).get("eventId") or (body or {}).get("clientUniqueId")
    return found if isinstance(found, str) else None
