"""A call as it arrives: who it is for, what it says, and which faults strike it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from relay.sandbox import limits
from relay.sandbox.answers import new_request_id
from relay.sandbox.companies import Company
from relay.sandbox.credentials import Caller
from relay.sandbox.faults import Target
from relay.sandbox.grants import Grant
from relay.sandbox.routes import Route, at_path, told_apart
from relay.sandbox.state import Sandbox
from relay.sandbox.transport import Strikes

MAX_BODY_BYTES: Final = 1024 * 1024


@dataclass(slots=True)
class Arrival:
    """A call on its way through the checks, which fill in what they learn of it."""

    sandbox: Sandbox
    environ: WSGIEnvironment
    path: str
    at: float
    request_id: str
    raw: bytes | None
    body: dict[str, Any] | None
    event_id: str | None
    company: Company
    route: Route | None
    strikes: Strikes
    caller: Caller | None = None
    grant: Grant | None = None
    counted: bool = False
    remaining: int = 0
    note: str | None = None

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def authorization(self) -> str | None:
        return self.environ.get("HTTP_AUTHORIZATION")

    @property
    def media_type(self) -> str:
        return str(self.environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()

    @property
    def address(self) -> str:
        return str(self.environ.get("REMOTE_ADDR", ""))

    @property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.environ.get("QUERY_STRING", "")))


def place_of(path: str) -> tuple[str | None, str] | None:
    """The company named by the path, if any, and what comes after `/v2/`; None for a path that is not the API's."""
    if path.startswith("/v2/"):
        return None, path[len("/v2/") :]
    if path.startswith("/c/"):
        company, is_api, rest = path[len("/c/") :].partition("/v2/")
        if is_api and "/" not in company:
            return company, rest
    return None


def arrived(sandbox: Sandbox, environ: WSGIEnvironment, company: Company, path: str) -> Arrival:
    """Stamp the call before its body is waited for, and in one step with the count, so that stamps never run back."""
    with sandbox.lock:
        at = sandbox.clock.now()
        limits.arrive(company.budget, at)
        request_id = new_request_id(sandbox.random)
    raw = _raw(environ)
    body = _object(raw or b"")
    event_id = _event_id(body)
    routes = at_path(path, sandbox.settings.dialects)
    route = told_apart(routes, body or {}) if routes else None
    strikes = _strikes(sandbox, company, routes, event_id) if sandbox.faults.armed else {}
    return Arrival(sandbox, environ, path, at, request_id, raw, body, event_id, company, route, strikes)


def _strikes(sandbox: Sandbox, company: Company, routes: Sequence[Route], event_id: str | None) -> Strikes:
    target = Target(company.name, tuple(route.name for route in routes), event_id)
    with sandbox.lock:
        return {fault.kind: fault for fault in sandbox.faults.striking(target)}


def _raw(environ: WSGIEnvironment) -> bytes | None:
    """The body, or None when it is too long. One without a length ends where the server says so, or is none."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return environ["wsgi.input"].read(int(length)) if int(length) <= MAX_BODY_BYTES else None
    if not environ.get("wsgi.input_terminated"):
        return b""
    raw: bytes = environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
    return raw if len(raw) <= MAX_BODY_BYTES else None


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
