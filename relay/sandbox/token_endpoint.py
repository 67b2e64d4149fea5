"""Gong's OAuth token endpoint: exchanges a code for the first token pair, and a refresh token for the next one."""

import json
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from relay.sandbox import grants, oauth_apps, responses, transport
from relay.sandbox.credentials import is_trusted_address, parse_basic_credentials, redact_authorization
from relay.sandbox.faults import EXCHANGE, OAUTH, REFRESH, FaultKind, FaultTarget
from relay.sandbox.grants import Grant
from relay.sandbox.responses import GongResponse
from relay.sandbox.state import LogEntry, Sandbox
from relay.sandbox.transport import FaultsByKind

PATH: Final = "oauth2/generate-customer-token"
_ROUTE_BY_GRANT_TYPE: Final = {"authorization_code": EXCHANGE, "refresh_token": REFRESH}
_COUNTER_BY_ROUTE: Final = {EXCHANGE: "exchanges", REFRESH: "refreshes"}


def blueprint(sandbox: Sandbox) -> Blueprint:
    token_endpoint = Blueprint("token_endpoint", __name__)

    @token_endpoint.post(f"/{PATH}")
    def generate() -> Response:
        return _answer(sandbox, _read_request(sandbox))

    return token_endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request to the endpoint."""

    at: float
    request_id: str
    route: str
    company: str | None
    """The company of the code or token, whether or not that is still valid."""

    faults: FaultsByKind


def _read_request(sandbox: Sandbox) -> TokenRequest:
    route = _ROUTE_BY_GRANT_TYPE.get(_parameter("grant_type"), OAUTH)
    with sandbox.lock:
        company = _company(sandbox.grants)
        target = FaultTarget(company or "", (OAUTH, route), None)
        faults = {fault.kind: fault for fault in sandbox.faults.trigger(target)}
        request_id = responses.new_request_id(sandbox.random)
    return TokenRequest(
        at=sandbox.clock.now(), request_id=request_id, route=route, company=company, faults=faults
    )


def _answer(sandbox: Sandbox, token_request: TokenRequest) -> Response:
    response = transport.edge_response(token_request.faults) or _check_request(sandbox, token_request)
    with sandbox.lock:
        sandbox.log.append(_log_entry(token_request, response))
    # The tokens have been rotated by now, so the client has lost both the old and the new pair.
    if FaultKind.REFRESH_LOST in token_request.faults and response.accepted:
        response = transport.NO_RESPONSE
    reply = transport.build_reply(response, token_request.request_id, token_request.faults, request.environ)
    return Response(reply.body, reply.status, reply.headers)


def _check_request(sandbox: Sandbox, token_request: TokenRequest) -> GongResponse:
    client_id, secret = parse_basic_credentials(request.headers.get("Authorization"))
    app = oauth_apps.authenticate_app(sandbox.oauth_apps, client_id, secret)
    if app is None or _parameter("client_id", app.client_id) != app.client_id:
        return _oauth_error(401, "invalid_client")
    is_refresh = token_request.route == REFRESH
    if is_refresh and not is_trusted_address(app.refresh_trusted_ips, request.remote_addr or ""):
        return responses.ADDRESS_DENIED
    if token_request.route == OAUTH:
        return _oauth_error(400, "unsupported_grant_type" if _parameter("grant_type") else "invalid_request")
    seconds = _parameter("validity_duration", str(sandbox.settings.token_seconds))
    if not seconds.isdecimal() or int(seconds) == 0:
        return _oauth_error(400, "invalid_request", "validity_duration: must be a whole number of seconds")
    return _issue_tokens(sandbox, token_request.route, app.client_id, int(seconds))


def _issue_tokens(sandbox: Sandbox, route: str, client_id: str, seconds: int) -> GongResponse:
    # Look up and issue under one lock: of two requests with the same token, only one gets a pair.
    with sandbox.lock:
        now = sandbox.clock.now()
        grant = _find_grant(sandbox.grants, route, client_id, now)
        if grant is None:
            return _oauth_error(400, "invalid_grant", "Token has been expired or revoked.")
        pair = grants.issue_tokens(sandbox.grants, sandbox.random, grant, seconds=seconds, now=now)
        sandbox.companies.by_name[grant.company].counters[_COUNTER_BY_ROUTE[route]] += 1
    return _oauth_response(
        200,
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        scope=" ".join(sorted(pair.grant.caller.scopes or ())),
        token_type="Bearer",  # noqa: S106 - the name of a scheme, not a secret
        api_base_url_for_customer=f"{request.host_url}c/{pair.grant.company}",
    )


def _find_grant(stored: grants.Grants, route: str, client_id: str, now: float) -> Grant | None:
    if route == REFRESH:
        return grants.find_by_refresh_token(stored, client_id, _parameter("refresh_token"))
    return grants.find_by_code(stored, client_id, _parameter("code"), _parameter("redirect_uri"), now)


def _oauth_error(status: int, error: str, description: str = "") -> GongResponse:
    fields = {"error": error}
    if description:
        fields["error_description"] = description
    return _oauth_response(status, **fields)


def _oauth_response(status: int, **fields: Any) -> GongResponse:
    """Build a response without a request id, as OAuth defines it. Caches must not store it."""
    return GongResponse(
        status=status, fields={}, headers=(("Cache-Control", "no-store"),), text=json.dumps(fields)
    )


def _parameter(name: str, default: str = "") -> str:
    # Gong documents query parameters and accepts a form too.
    return request.values.get(name, default)


def _company(stored: grants.Grants) -> str | None:
    code = stored.codes.get(_parameter("code"))
    grant = code.grant if code else stored.refresh_tokens.get(_parameter("refresh_token"))
    return grant.company if grant else None


def _log_entry(token_request: TokenRequest, response: GongResponse) -> LogEntry:
    return LogEntry(
        at=token_request.at,
        company=token_request.company,
        method=request.method,
        path=PATH,
        route=token_request.route,
        status=response.status,
        event_id=None,
        request_id=token_request.request_id,
        authorization=redact_authorization(request.headers.get("Authorization")),
        faults=tuple(token_request.faults),
        note=None,
    )
