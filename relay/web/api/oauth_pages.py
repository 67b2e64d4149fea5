"""The pages on which a customer connects Gong: redirect to Gong's consent page, callback, and progress.

The customer's administrator has no key: the ticket in the link, or an admin's key, opens the first page. The web never
calls Gong: it stores the authorization code for a worker, and a page that reloads itself shows the worker's progress.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from relay.actions import destinations
from relay.actions.oauth_invitations import CALLBACK_PATH, START_PATH, check_connectable, require_oauth_app
from relay.core.errors import BadRequest, Conflict, Forbidden, NotFound, RelayError, Unauthorized
from relay.core.oauth import build_authorize_url
from relay.core.roles import Role, Via
from relay.core.vault import Vault
from relay.store.oauth_consents import (
    STATE_SECONDS,
    CallbackResult,
    Consent,
    ConsentCallback,
    ConsentRequest,
    ConsentStatus,
    Invitation,
    claim_consent,
    read_consent,
    read_ticket,
    save_consent_request,
)
from relay.web.context import WebContext, current
from relay.web.openapi.operation import HTML, Operation, ResponseDoc, Tag, describe, query
from relay.web.openapi.schema_types import string
from relay.web.same_origin import is_same_origin

blueprint = Blueprint("connect", __name__, template_folder="templates")

COOKIE = "relay_connect"
"""Binds the authorization to the browser that started it."""

_RANDOM_BYTES = 16
_DONE = "/connect/gong/done"
_CONSENT_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_PARAMETER_MAX = 4096
_STYLE = (
    ":root{color-scheme:light dark;background:light-dark(#f8f7fb,#121019)}"
    "body{box-sizing:border-box;width:min(30rem,100% - 2rem);margin:14vh auto 0;padding:1.75rem;"
    "border:1px solid light-dark(#e4e1ef,#2e2a3f);border-radius:.8rem;background:light-dark(#fff,#1b1827);"
    "color:light-dark(#1c1929,#eceaf5);font:15px/1.55 system-ui,sans-serif}"
    "h1{margin:0;font-size:1.4rem;letter-spacing:-.015em}p{margin:.6rem 0 0;color:light-dark(#5f5a75,#a8a3bf)}"
)
_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
_SLOW_SECONDS = 60
_RELOAD_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Page:
    """A page for the customer's administrator."""

    title: str
    sentences: tuple[str, ...]
    status: int = 200
    reload_seconds: int | None = None


_CONSENT_ERRORS = {
    CallbackResult.UNKNOWN_STATE: BadRequest(
        "bad_oauth_state",
        "This response from Gong was already used, or is older than ten minutes. Open the link again.",
    ),
    CallbackResult.OTHER_BROWSER: Forbidden(
        "wrong_browser", "This response from Gong belongs to another browser. Open the link in this one."
    ),
    CallbackResult.LINK_USED: Conflict(
        "link_used", "This link was already used to connect Gong. Ask for a new link."
    ),
}

_PAGE = string("An HTML page.")
_ERROR_PAGES = tuple(
    ResponseDoc(status=status, description=description, schema=_PAGE, content_type=HTML)
    for status, description in (
        (400, "Gong's response was already used, or is too old."),
        (401, "The link was already used, is too old, or is incomplete."),
        (403, "Gong's response belongs to another browser, or the key is not an operator's."),
        (404, "The connection request no longer exists."),
        (409, "The destination cannot be connected. The page says why."),
        (422, "The name of the destination is not valid."),
        (503, "The store is unavailable."),
    )
)


@blueprint.get(START_PATH)
@describe(
    Operation(
        id="startConsent",
        tag=Tag.CUSTOMER_PAGES,
        summary="Redirect to Gong's consent page",
        description="Opened in a browser by the technical administrator of the customer's Gong. It needs the ticket in "
        "the link, or an admin's key.",
        role=None,
        parameters=(
            query("destination", "The destination to connect.", example="globex"),
            query("ticket", "The link's ticket. It can be used once."),
        ),
        responses=(
            ResponseDoc(
                status=302, description="Redirect to Gong.", headers={"Location": "Gong's consent page."}
            ),
            *_ERROR_PAGES,
        ),
    )
)
def start_consent() -> Response:
    """Redirect to Gong's consent page. Needs the ticket of a link, or an admin's key."""
    ctx, name = current(), request.args.get("destination", "")
    ticket = request.args.get("ticket", "")[:_PARAMETER_MAX]
    invitation = _invitation_of_ticket(ctx, ticket, name) if ticket else _invitation_of_admin(ctx, name)
    check_connectable(ctx.config, ctx.redis, invitation)
    consent_request = ConsentRequest(_random_token(), _random_token(), ticket or None)
    save_consent_request(ctx.redis, consent_request, invitation)
    public_url = _public_url(ctx)
    location = build_authorize_url(
        require_oauth_app(ctx.config), redirect_uri=public_url + CALLBACK_PATH, state=consent_request.state
    )
    response = _add_page_headers(Response(status=302, headers={"Location": location}))
    parsed = urlsplit(public_url)
    response.set_cookie(
        COOKIE,
        consent_request.browser,
        max_age=STATE_SECONDS,
        path=parsed.path + START_PATH,
        httponly=True,
        # Lax, not Strict: Gong's redirect back is a cross-site navigation and must carry the cookie.
        samesite="Lax",
        secure=parsed.scheme == "https",
    )
    return response


def _invitation_of_ticket(ctx: WebContext, ticket: str, name: str) -> Invitation:
    invitation = read_ticket(ctx.redis, ticket)
    if invitation is None or invitation.destination != name:
        text = "This link was already used, is older than 30 minutes, or is incomplete. Ask for a new link."
        raise Unauthorized("bad_link", text)
    return invitation


def _invitation_of_admin(ctx: WebContext, name: str) -> Invitation:
    principal = ctx.auth.require_role(request, Role.ADMIN)
    # A GET that changes something: another site could link to it in a signed-in admin's browser.
    if principal.via is Via.SESSION and not is_same_origin(request, ctx.settings.public_url):
        text = "In a signed-in browser, start from the destination's page in the dashboard."
        raise Forbidden("cross_site", text)
    return destinations.connect_destination(ctx, principal, name)


@blueprint.get(CALLBACK_PATH)
@describe(
    Operation(
        id="finishConsent",
        tag=Tag.CUSTOMER_PAGES,
        summary="Return from Gong",
        role=None,
        parameters=(
            query("state", "The value that was sent to Gong."),
            query("code", "Gong's authorization code, if access was granted."),
            query("error", "Gong's error code, if access was denied."),
        ),
        responses=(
            ResponseDoc(
                status=200, description="Access to Gong was denied.", schema=_PAGE, content_type=HTML
            ),
            ResponseDoc(
                status=303,
                description="A worker finishes the connection.",
                headers={"Location": "The page that shows the progress."},
            ),
            *_ERROR_PAGES,
        ),
    )
)
def finish_consent() -> Response:
    """Store Gong's authorization code for a worker. It is accepted once, in the browser that started."""
    ctx, consent_id = current(), _random_token()
    require_oauth_app(ctx.config)
    params = request.args
    callback = ConsentCallback(
        params.get("state", "")[:_PARAMETER_MAX], request.cookies.get(COOKIE, ""), _authorization_code()
    )
    result = claim_consent(ctx.scripts, Vault(ctx.settings.secret_keys), consent_id, callback)
    if result is not CallbackResult.ACCEPTED:
        raise _CONSENT_ERRORS[result]
    if not callback.code:
        return _render(_denied_page(params.get("error", "")))
    location = f"{_public_url(ctx)}{_DONE}?id={consent_id}"
    return _add_page_headers(Response(status=303, headers={"Location": location}))


def _authorization_code() -> str:
    """Return the code. A response with an `error` grants nothing, so its code does not count."""
    return "" if request.args.get("error") else request.args.get("code", "")[:_PARAMETER_MAX]


@blueprint.get(_DONE)
@describe(
    Operation(
        id="showConsent",
        tag=Tag.CUSTOMER_PAGES,
        summary="Show the progress of the connection",
        role=None,
        parameters=(query("id", "The id of the connection request."),),
        responses=(
            ResponseDoc(status=200, description="The progress.", schema=_PAGE, content_type=HTML),
            *_ERROR_PAGES,
        ),
    )
)
def show_consent() -> Response:
    """Show whether the worker has connected Gong yet."""
    ctx, consent_id = current(), request.args.get("id", "")
    consent = read_consent(ctx.redis, consent_id) if _CONSENT_ID.fullmatch(consent_id) else None
    if consent is None:
        text = "This connection request no longer exists. Ask for a new link."
        raise NotFound("no_such_consent", text)
    waited = (ctx.now() - consent.at).total_seconds()
    return _render(_progress_page(consent, waited))


def _progress_page(consent: Consent, waited_seconds: float) -> Page:
    name = consent.invitation.destination
    match consent.progress:
        case ConsentStatus.CONNECTED:
            return Page("Connected", (f"Gong is connected as {name}.", "You can close this page."))
        case ConsentStatus.FAILED:
            return Page("Not connected", (consent.detail,))
        case ConsentStatus.WAITING:
            sentences = [f"Gong is being connected as {name}."]
            if waited_seconds > _SLOW_SECONDS:
                sentences.append(
                    "This is taking longer than it should. Ask the person who sent you the link to check the workers."
                )
            return Page("Connecting…", tuple(sentences), reload_seconds=_RELOAD_SECONDS)


def _denied_page(error: str) -> Page:
    if error == "access_denied":
        reason = "Access to Gong was denied, or you are not a technical administrator there."
    else:
        reason = "Gong returned an error."
    return Page(
        "Not connected",
        (reason, "Fix this, then open the link again. The link is valid for 30 minutes."),
    )


@blueprint.errorhandler(RelayError)
def _error_page(error: RelayError) -> Response:
    """People read these URLs, so an error is a page and not a problem document."""
    return _render(Page("Not connected", (error.detail,), int(error.status)))


def _render(page: Page) -> Response:
    return _add_page_headers(Response(render_template("connect.html", page=page, style=_STYLE), page.status))


def _add_page_headers(response: Response) -> Response:
    """Forbid caching, framing and referrers: the URLs of these pages contain tickets and codes."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _random_token() -> str:
    return secrets.token_urlsafe(_RANDOM_BYTES)


def _public_url(ctx: WebContext) -> str:
    require_oauth_app(ctx.config)
    return (
        ctx.settings.public_url or ""
    )  # always set here: the start-up check requires it with an `oauth` section
