"""Gong's checks of a call, in Gong's order. The first check that returns a response ends the call."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from relay.sandbox import companies, grants, ledger, limits, responses, transport
from relay.sandbox.body_schema import find_violations
from relay.sandbox.credentials import is_trusted_address, parse_authorization
from relay.sandbox.faults import FaultKind
from relay.sandbox.read_endpoints import READ_ENDPOINTS
from relay.sandbox.request import ApiRequest
from relay.sandbox.responses import GongResponse
from relay.sandbox.routes import Route, body_shape, rules_for
from relay.sandbox.settings import Fidelity
from relay.sandbox.state import accept_event, revoke_access

LARGE_INT64: Final = 2**53 + 1
"""An integration id that a JSON parser corrupts if it reads numbers as floats."""


def apply_edge_faults(request: ApiRequest) -> GongResponse | None:
    return transport.edge_response(request.faults)


def check_authentication(request: ApiRequest) -> GongResponse | None:
    """Accept an API key of the company, or an access token of any company; `check_region` compares companies."""
    # The fault takes effect before the check, so that the call that triggers it already gets 401.
    if FaultKind.REVOKE in request.faults:
        revoke_access(request.sandbox, request.company)
    authorization = request.authorization
    scheme, token = parse_authorization(authorization)
    if scheme == "bearer":
        _authenticate_token(request, token)
    else:
        request.caller = companies.authenticate_key(request.company, authorization, request.at)
    return None if request.caller else responses.ACCESS_DENIED


def _authenticate_token(request: ApiRequest, token: str) -> None:
    stored = request.sandbox.grants
    if FaultKind.TOKEN_EXPIRED in request.faults:
        stored.access_tokens.pop(token, None)
    request.grant = grants.find_by_access_token(stored, token, request.at)
    request.caller = request.grant.caller if request.grant else None


def check_address(request: ApiRequest) -> GongResponse | None:
    is_trusted = request.caller and is_trusted_address(request.caller.trusted_ips, request.remote_address)
    return responses.ADDRESS_DENIED if not is_trusted or FaultKind.IP_BLOCKED in request.faults else None


def check_region(request: ApiRequest) -> GongResponse | None:
    grant = request.grant
    # Gong answers a token of another company as if it had been revoked.
    is_foreign = grant is not None and (grant.revoked or grant.company != request.company.name)
    return responses.TOKEN_REVOKED if is_foreign or FaultKind.WRONG_REGION in request.faults else None


def check_scope(request: ApiRequest) -> GongResponse | None:
    route, caller, settings = request.route, request.caller, request.sandbox.settings
    if route is None or caller is None:
        return None
    lacks_scope = caller.scopes is not None and route.scope not in caller.scopes
    # Schema fidelity checks bodies only, so a missing scope is no error there unless a fault asks for it.
    is_missing = lacks_scope and settings.fidelity is not Fidelity.SCHEMA
    if is_missing or FaultKind.SCOPE_REMOVED in request.faults:
        return responses.missing_scope(route.scope)
    if route.limited_release and not companies.has_engagement_api(request.company, settings):
        return responses.LIMITED_RELEASE
    return None


def check_rate_limit(request: ApiRequest) -> GongResponse | None:
    sandbox, company = request.sandbox, request.company
    company_limits = companies.effective_limits(company, sandbox.settings)
    form = sandbox.settings.retry_after_form
    with sandbox.lock:
        now = sandbox.clock.now()
        # A date in Retry-After has to fit to the Date of the same response, which the web server adds by the real time.
        sent_at = time.time()
        if storm := request.faults.get(FaultKind.RATE_LIMIT_STORM):
            return responses.rate_limited(limits.format_retry_after(form, storm.seconds, sent_at))
        # Unlike a storm, this changes the counters: later calls are rate limited too, without the fault.
        if FaultKind.DAY_QUOTA_SPENT in request.faults:
            limits.exhaust_day(company.budget, company_limits, now)
        decision = limits.take_call(
            company.budget, company_limits, now, count_rejected=sandbox.settings.count_rejected
        )
    if decision.wait_seconds:
        return responses.rate_limited(limits.format_retry_after(form, decision.wait_seconds, sent_at))
    request.counts_against_day, request.remaining = True, decision.remaining
    return None


def check_method_and_type(request: ApiRequest) -> GongResponse | None:
    route = request.route
    if route is None:
        return responses.NOT_FOUND
    if request.method != route.method:
        return responses.METHOD_NOT_ALLOWED
    if route.method != "GET" and request.media_type != "application/json":
        return responses.UNSUPPORTED_MEDIA_TYPE
    return None


def answer_read(request: ApiRequest) -> GongResponse | None:
    read = READ_ENDPOINTS.get(request.route.name) if request.route else None
    return read(request.sandbox, request.company, request.query) if read else None


def check_json(request: ApiRequest) -> GongResponse | None:
    # `raw` is None only if the body is longer than the limit; the rest of it was not read.
    if request.raw is None:
        return responses.PAYLOAD_TOO_LARGE
    return responses.BAD_REQUEST if request.body is None else None


def check_shape(request: ApiRequest) -> GongResponse | None:
    """Report all violations of the schema at once."""
    route, body = _route_and_body(request)
    settings = request.sandbox.settings
    strict = settings.fidelity is Fidelity.STRICT
    violations = list(find_violations(body_shape(route, settings.spec_version), body, strict=strict))
    # Below strict fidelity, a value that cannot be read fails the whole body, as in a typed JSON reader.
    if not strict and any(violation.kind == "malformed" for violation in violations):
        return responses.BAD_REQUEST
    messages = [f"{violation.path}: {MESSAGES[violation.kind]}" for violation in violations]
    return responses.error_response(400, messages) if messages else None


MESSAGES: Final = {
    "missing": "must not be null",
    "blank": "must not be blank",
    "malformed": "invalid value",
    "unknown": "unknown field",
}


def check_rules(request: ApiRequest) -> GongResponse | None:
    route, body = _route_and_body(request)
    messages = [message for rule in rules_for(route, request.sandbox.settings) for message in rule(body)]
    return responses.error_response(400, messages) if messages else None


def accept_once(request: ApiRequest) -> GongResponse:
    """Accept the event, or report it as a duplicate."""
    route, body = _route_and_body(request)
    sandbox, event = request.sandbox, _event(request, route, body)
    # Look up and store under one lock: of two calls with the same id, only one is accepted.
    with sandbox.lock:
        duplicate = ledger.find_duplicate(
            sandbox.ledger, event, ttl_seconds=sandbox.settings.dedupe_ttl_seconds
        )
        if duplicate is None:
            accept_event(sandbox, event)
            request.company.counters["accepted"] += 1
    if duplicate is not None:
        request.note = None if duplicate.digest == event.digest else "same event id, different body"
        return responses.ALREADY_REPORTED
    remaining = ("X-RateLimit-Remaining", str(request.remaining))
    headers = (remaining,) if sandbox.settings.remaining_header else ()
    return GongResponse(status=route.status, fields=_accepted_fields(request, route), headers=headers)


CHECKS: Final[Sequence[Callable[[ApiRequest], GongResponse | None]]] = (
    apply_edge_faults,
    check_authentication,
    check_address,
    check_region,
    check_scope,
    check_rate_limit,
    check_method_and_type,
    answer_read,
    check_json,
    check_shape,
    check_rules,
    accept_once,
)


def _route_and_body(request: ApiRequest) -> tuple[Route, dict[str, Any]]:
    """Return the route and body, which earlier checks have found to be present."""
    if request.route is None or request.body is None:
        raise TypeError("a check ran before the checks that it depends on: see CHECKS")
    return request.route, request.body


def _accepted_fields(request: ApiRequest, route: Route) -> Mapping[str, object]:
    if route.name == "catalog-interaction":
        return {"interactionId": f"interaction-{request.request_id}"}
    if route.family == "engagement" and request.sandbox.settings.engagement_integration_id:
        return {"integrationId": LARGE_INT64}
    return {}


def _event(request: ApiRequest, route: Route, body: dict[str, Any]) -> ledger.AcceptedEvent:
    return ledger.AcceptedEvent(
        received_at=request.at,
        company=request.company.name,
        route=route.name,
        credential=request.caller.name if request.caller else "",
        request_id=request.request_id,
        event_id=body.get(route.event_id) if route.event_id else None,
        digest=hashlib.sha256(request.raw or b"").hexdigest(),
        raw=request.raw or b"",
    )
