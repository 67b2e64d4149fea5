"""Reads an API call: its company, its body, its route, and the faults that apply to it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from relay.sandbox import limits
from relay.sandbox.companies import Company
from relay.sandbox.credentials import Caller
from relay.sandbox.faults import FaultTarget
from relay.sandbox.grants import Grant
from relay.sandbox.responses import new_request_id
from relay.sandbox.routes import Route, choose_route, routes_at
from relay.sandbox.state import Sandbox
from relay.sandbox.transport import FaultsByKind

MAX_BODY_BYTES: Final = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class ApiRequest:
    """A call that passes through the checks, which fill in the fields that have defaults."""

    sandbox: Sandbox
    environ: WSGIEnvironment
    path: str
    at: float
    """When the call arrived, by the sandbox's clock."""

    request_id: str
    raw: bytes | None
    """The body's bytes; None if it is too long."""

    body: dict[str, Any] | None
    """The body as a JSON object; None if it is not one."""

    event_id: str | None
    company: Company
    route: Route | None
    faults: FaultsByKind
    caller: Caller | None = None
    grant: Grant | None = None
    counts_against_day: bool = False
    """The rate-limit check has counted the call."""

    remaining: int = 0
    """Calls that may still pass at once."""

    note: str | None = None
    """A remark for the log."""

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
    def remote_address(self) -> str:
        return str(self.environ.get("REMOTE_ADDR", ""))

    @property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.environ.get("QUERY_STRING", "")))


def split_path(path: str) -> tuple[str | None, str] | None:
    """Return the company in the path, if any, and what follows `/v2/`; None if it is not a path of the API."""
    if path.startswith("/v2/"):
        return None, path[len("/v2/") :]
    if path.startswith("/c/"):
        company, separator, api_path = path[len("/c/") :].partition("/v2/")
        if separator and "/" not in company:
            return company, api_path
    return None


def read_request(sandbox: Sandbox, environ: WSGIEnvironment, company: Company, path: str) -> ApiRequest:
    """Read a call, count its arrival and select its faults."""
    # Take the time before waiting for the body, and together with the count, so that timestamps never go backwards.
    with sandbox.lock:
        at = sandbox.clock.now()
        limits.record_arrival(company.budget, at)
        request_id = new_request_id(sandbox.random)
    raw = _read_body(environ)
    body = _parse_object(raw or b"")
    event_id = _event_id(body)
    # A fault on a shared path can name either of its routes, so match faults against all routes of the path.
    routes = routes_at(path, sandbox.settings.dialects)
    return ApiRequest(
        sandbox=sandbox,
        environ=environ,
        path=path,
        at=at,
        request_id=request_id,
        raw=raw,
        body=body,
        event_id=event_id,
        company=company,
        route=choose_route(routes, body or {}) if routes else None,
        faults=_select_faults(sandbox, company, routes, event_id) if sandbox.faults.armed else {},
    )


def _select_faults(
    sandbox: Sandbox, company: Company, routes: Sequence[Route], event_id: str | None
) -> FaultsByKind:
    target = FaultTarget(company.name, tuple(route.name for route in routes), event_id)
    with sandbox.lock:
        return {fault.kind: fault for fault in sandbox.faults.trigger(target)}


def _read_body(environ: WSGIEnvironment) -> bytes | None:
    """Return the body, or None if it is too long."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return environ["wsgi.input"].read(int(length)) if int(length) <= MAX_BODY_BYTES else None
    # Without a Content-Length, only a server that terminates the input (chunked encoding) lets us read to its end.
    if not environ.get("wsgi.input_terminated"):
        return b""
    raw: bytes = environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
    return raw if len(raw) <= MAX_BODY_BYTES else None


def _parse_object(raw: bytes) -> dict[str, Any] | None:
    """Return the JSON object in the bytes, or None."""
    try:
        value = json.loads(raw, parse_constant=_reject_constant)
        # Encoding fails for an escaped lone surrogate, which Python's reader lets through.
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _reject_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _event_id(body: Mapping[str, Any] | None) -> str | None:
    event_id = (body or {}).get("eventId") or (body or {}).get("clientUniqueId")
    return event_id if isinstance(event_id, str) else None
