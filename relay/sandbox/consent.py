"""Where an administrator lets an app in: `GET /oauth2/authorize` asks, and sends the browser back to the app."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, render_template, request

from relay.sandbox import apps, companies, grants
from relay.sandbox.credentials import Caller
from relay.sandbox.page import guarded
from relay.sandbox.state import Sandbox

_DECISIONS: Final = {"auto": "allow", "deny": "deny"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What an app asks for, and where its answer goes."""

    app: apps.App
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None


def blueprint(sandbox: Sandbox) -> Blueprint:
    consent = Blueprint("consent", __name__)
    consent.register_error_handler(ValueError, _refused)

    @consent.route("/oauth2/authorize", methods=["GET", "POST"])
    def authorize() -> Response:
        ask = _ask(sandbox)
        if error := _error(ask):
            return _back(ask, error=error)
        match _decision(sandbox):
            case "allow":
                return _back(ask, code=_allow(sandbox, ask))
            case "deny":
                return _back(ask, error="access_denied")
        return _page(sandbox, ask)

    return consent


def _ask(sandbox: Sandbox) -> Ask:
    """ValueError for what must not be sent back: to an address that is nobody's."""
    app, redirect_uri = (
        sandbox.apps.get(request.args.get("client_id", "")),
        request.args.get("redirect_uri", ""),
    )
    if app is None:
        raise ValueError("client_id: no such app; register it with POST /__sandbox/apps")
    if not apps.may_return_to(app, redirect_uri):
        raise ValueError(
            "redirect_uri: not one of the app's, letter by letter; register it with POST /__sandbox/apps"
        )
    scopes = frozenset(request.args.get("scope", "").split())
    return Ask(app, redirect_uri, scopes, request.args.get("state"))


def _error(ask: Ask) -> str | None:
    if request.args.get("response_type") != "code":
        return "unsupported_response_type"
    return None if ask.scopes and ask.scopes <= ask.app.scopes else "invalid_scope"


def _decision(sandbox: Sandbox) -> str | None:
    """What the form says, else the query's `approve`, else the setting; None asks."""
    asked = request.form.get("decision") or _DECISIONS.get(request.args.get("approve", ""))
    return asked or ("allow" if sandbox.settings.auto_approve else None)


def _allow(sandbox: Sandbox, ask: Ask) -> str:
    """Let the app into the company and give the code that says so."""
    name = request.values.get("company") or companies.DEFAULT
    company = companies.find(sandbox.companies, sandbox.settings, host="", prefix=name)
    if company is None:
        raise ValueError("company: no such company")
    caller = Caller(ask.app.client_id, ask.scopes, ask.app.trusted_ips)
    with sandbox.lock:
        grant = grants.Grant(caller, company.name, sandbox.clock.now())
        return grants.consent(sandbox.grants, sandbox.random, grant, ask.redirect_uri)


def _back(ask: Ask, **told: str) -> Response:
    """To the app, with what was decided and the state by which it knows its question."""
    told |= {} if ask.state is None else {"state": ask.state}
    uri = urlsplit(ask.redirect_uri)
    query = "&".join(filter(None, (uri.query, urlencode(told))))
    return guarded(Response(status=302, headers={"Location": uri._replace(query=query).geturl()}))


def _page(sandbox: Sandbox, ask: Ask) -> Response:
    """A browser lets a form end only where the policy says, redirects included."""
    html = render_template(
        "consent.html",
        ask=ask,
        company=request.args.get("company", companies.DEFAULT),
        names=sorted(sandbox.companies.by_name),
    )
    uri = urlsplit(ask.redirect_uri)
    return guarded(Response(html), form_ends_at=f"{uri.scheme}://{uri.netloc}")


def _refused(error: ValueError) -> Response:
    return guarded(Response(render_template("refused.html", error=str(error)), 400))
