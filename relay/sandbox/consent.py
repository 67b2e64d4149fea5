"""Gong's OAuth consent page, `/oauth2/authorize`: an administrator allows or denies an app's request for access."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, render_template, request

from relay.sandbox import companies, grants, oauth_apps
from relay.sandbox.credentials import Caller
from relay.sandbox.page import secure_response
from relay.sandbox.state import Sandbox

_DECISION_BY_PARAMETER: Final = {"auto": "allow", "deny": "deny"}


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """An app's request for access to a company."""

    app: oauth_apps.OAuthApp
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    """The app's own value, returned unchanged in the redirect."""


def blueprint(sandbox: Sandbox) -> Blueprint:
    consent = Blueprint("consent", __name__)
    consent.register_error_handler(ValueError, _render_error)

    @consent.route("/oauth2/authorize", methods=["GET", "POST"])
    def authorize() -> Response:
        consent_request = _read_request(sandbox)
        if error := _find_error(consent_request):
            return _redirect_to_app(consent_request, error=error)
        match _decision(sandbox):
            case "allow":
                return _redirect_to_app(consent_request, code=_grant_access(sandbox, consent_request))
            case "deny":
                return _redirect_to_app(consent_request, error="access_denied")
        return _render_page(sandbox, consent_request)

    return consent


def _read_request(sandbox: Sandbox) -> ConsentRequest:
    """Read the query. Raises ValueError if the app or its redirect URI is unknown.

    These two errors are shown on a page: a redirect could send the browser to an attacker's address.
    """
    app = sandbox.oauth_apps.get(request.args.get("client_id", ""))
    redirect_uri = request.args.get("redirect_uri", "")
    if app is None:
        raise ValueError("client_id: this app is not registered. Register it with POST /__sandbox/apps.")
    if not oauth_apps.allows_redirect(app, redirect_uri):
        raise ValueError(
            "redirect_uri: must match one of the app's redirect URIs exactly. "
            "Register it with POST /__sandbox/apps."
        )
    scopes = frozenset(request.args.get("scope", "").split())
    return ConsentRequest(app, redirect_uri, scopes, request.args.get("state"))


def _find_error(consent_request: ConsentRequest) -> str | None:
    """Return the OAuth error code of an invalid request."""
    if request.args.get("response_type") != "code":
        return "unsupported_response_type"
    has_valid_scopes = consent_request.scopes and consent_request.scopes <= consent_request.app.scopes
    return None if has_valid_scopes else "invalid_scope"


def _decision(sandbox: Sandbox) -> str | None:
    """Return the decision of the form, the `approve` parameter or the settings, in that order; None shows the form."""
    decision = request.form.get("decision") or _DECISION_BY_PARAMETER.get(request.args.get("approve", ""))
    return decision or ("allow" if sandbox.settings.auto_approve else None)


def _grant_access(sandbox: Sandbox, consent_request: ConsentRequest) -> str:
    """Create a grant of the selected company and return its authorization code."""
    name = request.values.get("company") or companies.DEFAULT_COMPANY
    company = companies.find_company(sandbox.companies, sandbox.settings, host="", prefix=name)
    if company is None:
        raise ValueError(f"company: {name!r} does not exist.")
    app = consent_request.app
    caller = Caller(app.client_id, consent_request.scopes, app.trusted_ips)
    # The app's trusted IPs and scopes are copied: registering the app again does not change existing grants.
    with sandbox.lock:
        grant = grants.Grant(caller=caller, company=company.name, granted_at=sandbox.clock.now())
        return grants.add_grant(sandbox.grants, sandbox.random, grant, consent_request.redirect_uri)


def _redirect_to_app(consent_request: ConsentRequest, **parameters: str) -> Response:
    if consent_request.state is not None:
        parameters["state"] = consent_request.state
    uri = urlsplit(consent_request.redirect_uri)
    query = "&".join(filter(None, (uri.query, urlencode(parameters))))
    location = uri._replace(query=query).geturl()
    return secure_response(Response(status=302, headers={"Location": location}))


def _render_page(sandbox: Sandbox, consent_request: ConsentRequest) -> Response:
    html = render_template(
        "consent.html",
        consent_request=consent_request,
        company=request.args.get("company", companies.DEFAULT_COMPANY),
        company_names=sorted(sandbox.companies.by_name),
    )
    uri = urlsplit(consent_request.redirect_uri)
    # Browsers apply form-action to redirects after a form too, so the policy must allow the app's address.
    return secure_response(Response(html), form_target=f"{uri.scheme}://{uri.netloc}")


def _render_error(error: ValueError) -> Response:
    return secure_response(Response(render_template("consent_error.html", error=str(error)), 400))
