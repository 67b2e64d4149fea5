"""Gong's checks of a call, in Gong's order: the first that has an answer gives it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from relay.sandbox import answers, companies, grants, ledger, limits
from relay.sandbox import transport as wire
from relay.sandbox.answers import Answer
from relay.sandbox.body_schema import breaches
from relay.sandbox.credentials import is_trusted, token_of
from relay.sandbox.faults import FaultKind
from relay.sandbox.read_endpoints import READS
from relay.sandbox.request import Arrival
from relay.sandbox.routes import Route, rules_of, shape_of
from relay.sandbox.settings import Fidelity
from relay.sandbox.state import accept, revoke

LARGE_INT64: Final = 2**53 + 1
"""An integration id that a JSON reader loses when it makes floats of numbers."""


def edge(arrival: Arrival) -> Answer | None:
    return wire.at_the_edge(arrival.strikes)


def authentication(arrival: Arrival) -> Answer | None:
    """By an API key of the company, or by an access token of whichever company: that is looked at in `region`."""
    if FaultKind.REVOKE in arrival.strikes:
        revoke(arrival.sandbox, arrival.company)
    authorization = arrival.authorization
    scheme, token = token_of(authorization)
    if scheme == "bearer":
        _use(arrival, token)
    else:
        arrival.caller = companies.key_holder(arrival.company, authorization, arrival.at)
    return None if arrival.caller else answers.ACCESS_DENIED


def _use(arrival: Arrival, token: str) -> None:
    held = arrival.sandbox.grants
    if FaultKind.EXPIRED in arrival.strikes:
        held.access.pop(token, None)
    arrival.grant = grants.of_access_token(held, token, arrival.at)
    arrival.caller = arrival.grant.caller if arrival.grant else None


def trusted_address(arrival: Arrival) -> Answer | None:
    trusted = arrival.caller and is_trusted(arrival.caller.trusted_ips, arrival.address)
    return answers.ADDRESS_DENIED if not trusted or FaultKind.IP_BLOCKED in arrival.strikes else None


def region(arrival: Arrival) -> Answer | None:
    grant = arrival.grant
    foreign = grant is not None and (grant.revoked or grant.company != arrival.company.name)
    return answers.REVOKED if foreign or FaultKind.WRONG_REGION in arrival.strikes else None


def scope(arrival: Arrival) -> Answer | None:
    route, caller, settings = arrival.route, arrival.caller, arrival.sandbox.settings
    if route is None or caller is None:
        return None
    lacks = caller.scopes is not None and route.scope not in caller.scopes
    if (lacks and settings.fidelity is not Fidelity.SCHEMA) or FaultKind.SCOPE_REMOVED in arrival.strikes:
        return answers.scope_missing(route.scope)
    if route.limited_release and not companies.has_legacy(arrival.company, settings):
        return answers.LIMITED_RELEASE
    return None


def rate(arrival: Arrival) -> Answer | None:
    sandbox, company = arrival.sandbox, arrival.company
    allowed, form = companies.limits_of(company, sandbox.settings), sandbox.settings.retry_after_form
    with sandbox.lock:
        now = sandbox.clock.now()
        if FaultKind.STORM in arrival.strikes:
            return answers.throttled(limits.retry_after(form, arrival.strikes[FaultKind.STORM].seconds, now))
        if FaultKind.DAY_QUOTA_SPENT in arrival.strikes:
            limits.spend_the_day(company.budget, allowed, now)
        spent = limits.spend(company.budget, allowed, now, count_rejected=sandbox.settings.count_rejected)
    if spent.wait_seconds:
        return answers.throttled(limits.retry_after(form, spent.wait_seconds, now))
    arrival.counted, arrival.remaining = True, spent.remaining
    return None


def method_and_type(arrival: Arrival) -> Answer | None:
    route = arrival.route
    if route is None:
        return answers.NOT_FOUND
    if arrival.method != route.method:
        return answers.NOT_ALLOWED
    return answers.UNSUPPORTED if route.method != "GET" and arrival.media_type != "application/json" else None


def read_back(arrival: Arrival) -> Answer | None:
    read = READS.get(arrival.route.name) if arrival.route else None
    return read(arrival.sandbox, arrival.company, arrival.query) if read else None


def json_object(arrival: Arrival) -> Answer | None:
    if arrival.raw is None:
        return answers.TOO_LARGE
    return answers.BAD_REQUEST if arrival.body is None else None


def shape(arrival: Arrival) -> Answer | None:
    """All violations at once. Without strict fidelity a value that cannot be read at all hides the others."""
    route, body = _judged(arrival)
    settings = arrival.sandbox.settings
    strict = settings.fidelity is Fidelity.STRICT
    found = list(breaches(shape_of(route, settings.spec_version), body, strict=strict))
    if not strict and any(breach.kind == "malformed" for breach in found):
        return answers.BAD_REQUEST
    messages = [f"{breach.path}: {MESSAGES[breach.kind]}" for breach in found]
    return answers.refusal(400, messages) if messages else None


MESSAGES: Final = {
    "missing": "must not be null",
    "blank": "must not be blank",
    "malformed": "invalid value",
    "unknown": "unknown field",
}


def rules(arrival: Arrival) -> Answer | None:
    route, body = _judged(arrival)
    messages = [message for rule in rules_of(route, arrival.sandbox.settings) for message in rule(body)]
    return answers.refusal(400, messages) if messages else None


def acceptance(arrival: Arrival) -> Answer:
    """Refuse what was reported before, else keep it: one step, so that of two at once only one is kept."""
    route, body = _judged(arrival)
    sandbox, event = arrival.sandbox, _event(arrival, route, body)
    with sandbox.lock:
        known = ledger.earlier(sandbox.ledger, event, ttl_seconds=sandbox.settings.dedupe_ttl_seconds)
        if known is None:
            accept(sandbox, event)
            arrival.company.tally["accepted"] += 1
    if known is not None:
        arrival.note = None if known.digest == event.digest else "same event id, different body"
        return answers.REPORTED
    remaining = ("X-RateLimit-Remaining", str(arrival.remaining))
    headers = (remaining,) if sandbox.settings.remaining_header else ()
    return Answer(route.status, _accepted_fields(arrival, route), headers)


CHECKS: Final[Sequence[Callable[[Arrival], Answer | None]]] = (
    edge,
    authentication,
    trusted_address,
    region,
    scope,
    rate,
    method_and_type,
    read_back,
    json_object,
    shape,
    rules,
    acceptance,
)


def _judged(arrival: Arrival) -> tuple[Route, dict[str, Any]]:
    """Route and body once the checks before have made sure of both."""
    if arrival.route is None or arrival.body is None:
        raise TypeError("a check runs before those it builds on: see CHECKS")
    return arrival.route, arrival.body


def _accepted_fields(arrival: Arrival, route: Route) -> Mapping[str, object]:
    if route.name == "catalog-interaction":
        return {"interactionId": f"interaction-{arrival.request_id}"}
    if route.family == "legacy" and arrival.sandbox.settings.legacy_integration_id:
        return {"integrationId": LARGE_INT64}
    return {}


def _event(arrival: Arrival, route: Route, body: dict[str, Any]) -> ledger.Accepted:
    return ledger.Accepted(
        received_at=arrival.at,
        company=arrival.company.name,
        route=route.name,
        credential=arrival.caller.name if arrival.caller else "",
        request_id=arrival.request_id,
        event_id=body.get(route.event_id) if route.event_id else None,
        digest=hashlib.sha256(arrival.raw or b"").hexdigest(),
        raw=arrival.raw or b"",
    )
