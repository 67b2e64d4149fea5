"""The token endpoint: a code becomes the first pair of tokens, a refresh token the next one."""

import json
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from relay.sandbox import answers, apps, grants
from relay.sandbox import transport as wire
from relay.sandbox.answers import Answer
from relay.sandbox.credentials import basic, is_trusted, redacted
from relay.sandbox.faults import EXCHANGE, OAUTH, REFRESH, FaultKind, Target
from relay.sandbox.grants import Grant
from relay.sandbox.state import LogLine, Sandbox
from relay.sandbox.transport import Strikes

PATH: Final = "oauth2/generate-customer-token"
_ROUTES: Final = {"authorization_code": EXCHANGE, "refresh_token": REFRESH}
_TALLIED: Final = {EXCHANGE: "exchanges", REFRESH: "refreshes"}


def blueprint(sandbox: Sandbox) -> Blueprint:
    tokens = Blueprint("tokens", __name__)

    @tokens.post(f"/{PATH}")
    def generate() -> Response:
        return _answered(sandbox, _ask(sandbox))

    return tokens


@dataclass(frozen=True, slots=True)
class Ask:
    """A request of the endpoint. The company is known by the code or token, whether that still holds or not."""

    at: float
    request_id: str
    route: str
    company: str | None
    strikes: Strikes


def _ask(sandbox: Sandbox) -> Ask:
    route = _ROUTES.get(_given("grant_type"), OAUTH)
    with sandbox.lock:
        company = _company(sandbox.grants)
        target = Target(company or "", (OAUTH, route), None)
        strikes = {fault.kind: fault for fault in sandbox.faults.striking(target)}
        request_id = answers.new_request_id(sandbox.random)
    return Ask(sandbox.clock.now(), request_id, route, company, strikes)


def _answered(sandbox: Sandbox, ask: Ask) -> Response:
    answer = wire.at_the_edge(ask.strikes) or _judged(sandbox, ask)
    with sandbox.lock:
        sandbox.log.append(_log_line(ask, answer))
    if FaultKind.REFRESH_LOST in ask.strikes and answer.accepted:
        answer = wire.NO_ANSWER
    reply = wire.reply(answer, ask.request_id, ask.strikes, request.environ)
    return Response(reply.body, reply.status, reply.headers)


def _judged(sandbox: Sandbox, ask: Ask) -> Answer:
    app = apps.proved(sandbox.apps, *basic(request.headers.get("Authorization")))
    if app is None or _given("client_id", app.client_id) != app.client_id:
        return _refusal(401, "invalid_client")
    if ask.route == REFRESH and not is_trusted(app.refresh_trusted_ips, request.remote_addr or ""):
        return answers.ADDRESS_DENIED
    if ask.route == OAUTH:
        return _refusal(400, "unsupported_grant_type" if _given("grant_type") else "invalid_request")
    seconds = _given("validity_duration", str(sandbox.settings.token_seconds))
    if not seconds.isdecimal() or int(seconds) == 0:
        return _refusal(400, "invalid_request", "validity_duration: write a whole number of seconds")
    return _next_pair(sandbox, ask, app, int(seconds))


def _next_pair(sandbox: Sandbox, ask: Ask, app: apps.App, seconds: int) -> Answer:
    """One step, so that of two that show the same token only one gets a pair."""
    with sandbox.lock:
        now = sandbox.clock.now()
        grant = _grant(sandbox.grants, ask.route, app.client_id, now)
        if grant is None:
            return _refusal(400, "invalid_grant", "Token has been expired or revoked.")
        pair = grants.next_pair(sandbox.grants, sandbox.random, grant, seconds=seconds, now=now)
        sandbox.companies.by_name[grant.company].tally[_TALLIED[ask.route]] += 1
    return _granted(pair)


def _grant(held: grants.Grants, route: str, client_id: str, now: float) -> Grant | None:
    if route == REFRESH:
        return grants.of_refresh_token(held, client_id, _given("refresh_token"))
    return grants.of_code(held, client_id, _given("code"), _given("redirect_uri"), now)


def _granted(pair: grants.Pair) -> Answer:
    return _said(
        200,
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        scope=" ".join(sorted(pair.grant.caller.scopes or ())),
        token_type="Bearer",  # noqa: S106 no secret
        api_base_url_for_customer=f"{request.host_url}c/{pair.grant.company}",
    )


def _refusal(status: int, error: str, description: str = "") -> Answer:
    return _said(status, error=error, **({"error_description": description} if description else {}))


def _said(status: int, **fields: Any) -> Answer:
    """OAuth's answers bear no request id, and no cache may keep them."""
    return Answer(status, {}, (("Cache-Control", "no-store"),), text=json.dumps(fields))


def _given(name: str, default: str = "") -> str:
    """A parameter of the form or the query: Gong documents the query and takes either."""
    return request.values.get(name, default)


def _company(held: grants.Grants) -> str | None:
    code = held.codes.get(_given("code"))
    grant = code.grant if code else held.refresh.get(_given("refresh_token"))
    return grant.company if grant else None


def _log_line(ask: Ask, answer: Answer) -> LogLine:
    return LogLine(
        at=ask.at,
        company=ask.company,
        method=request.method,
        path=PATH,
        route=ask.route,
        status=answer.status,
        event_id=None,
        request_id=ask.request_id,
        authorization=redacted(request.headers.get("Authorization")),
        faults=tuple(ask.strikes),
        note=None,
    )
