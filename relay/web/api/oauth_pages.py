"""Connecting a customer's Gong: the operator's link, the way to Gong's consent page, and the way back.

Whoever comes here by a link is no operator and has no key: the link's ticket lets them in. The web never calls Gong;
what comes back is kept for a worker, and a page that reloads itself says how far that is.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from relay.actions import destinations
from relay.actions.oauth_invitations import CALLBACK, START, application, check_connectable
from relay.core.errors import BadRequest, Conflict, Forbidden, NotFound, RelayError, Unauthorized
from relay.core.oauth import build_authorize_url
from relay.core.roles import Role, Via
from relay.core.strict_json import parse_json
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
from relay.web.context import WebContext, current, require_role
from relay.web.problems import json_response
from relay.web.request_body import read_body
from relay.web.same_origin import is_same_origin

invitations = Blueprint("invitations", __name__)
pages = Blueprint("connect", __name__, template_folder="templates")

COOKIE = "relay_connect"
_MOST_BYTES = 65_536
_RANDOM_BYTES = 16
_DONE = "/connect/gong/done"
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_LONGEST = 4096
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
    """What a customer's administrator reads: a title, sentences, and after how many seconds to look again."""

    title: str
    sentences: tuple[str, ...]
    status: int = 200
    again_seconds: int | None = None


_REFUSED = {
    CallbackResult.NO_STATE: BadRequest(
        "bad_oauth_state",
        "This answer of Gong's was used, or is older than ten minutes. Open the link again.",
    ),
    CallbackResult.FOREIGN: Forbidden(
        "wrong_browser", "This answer of Gong's belongs to another browser. Open the link in this one."
    ),
    CallbackResult.USED: Conflict(
        "link_used", "This link has connected somebody already. Ask for a new one."
    ),
}


def _known() -> WebContext:
    return current()


@invitations.post("/v1/destinations/<name>/connect")
def make_link(name: str) -> Response:
    """A link for the customer's technical administrator: good once, for half an hour."""
    known, caller = require_role(Role.ADMIN)
    return json_response(destinations.create_connect_link(known, caller, name, _body()), 201)


def _body() -> Any:
    """The JSON that was sent; an empty object where nothing was."""
    if "Content-Length" not in request.headers and "Transfer-Encoding" not in request.headers:
        return {}
    raw = read_body(request, max_bytes=_MOST_BYTES)
    return parse_json(raw) if raw.strip() else {}


@pages.get(START)
def start() -> Response:
    """To Gong's consent page. The ticket of a link opens this way, or an operator's key."""
    known, name = _known(), request.args.get("destination", "")
    ticket = request.args.get("ticket", "")[:_LONGEST]
    invitation = _invited(known, ticket, name) if ticket else _chosen(known, name)
    check_connectable(known.config, known.redis, invitation)
    asking = ConsentRequest(_random(), _random(), ticket or None)
    save_consent_request(known.redis, asking, invitation)
    there = build_authorize_url(
        application(known.config), redirect_uri=_public_url(known) + CALLBACK, state=asking.state
    )
    response = _guarded(Response(status=302, headers={"Location": there}))
    here = urlsplit(_public_url(known))
    response.set_cookie(
        COOKIE,
        asking.browser,
        max_age=STATE_SECONDS,
        path=here.path + START,
        httponly=True,
        samesite="Lax",
        secure=here.scheme == "https",
    )
    return response


def _invited(known: WebContext, ticket: str, name: str) -> Invitation:
    invitation = read_ticket(known.redis, ticket)
    if invitation is None or invitation.destination != name:
        text = (
            "This link was used, is older than half an hour, or was cut short on its way. Ask for a new one."
        )
        raise Unauthorized("bad_link", text)
    return invitation


def _chosen(known: WebContext, name: str) -> Invitation:
    caller = known.auth.require_role(request, Role.ADMIN)
    if caller.via is Via.SESSION and not is_same_origin(request, known.settings.public_url):
        text = "A browser that has signed in begins this from the relay's own pages only: go to the destination's."
        raise Forbidden("cross_site", text)
    return destinations.connect_destination(known, caller, name)


@pages.get(CALLBACK)
def come_back() -> Response:
    """Where Gong sends the browser: with a code, or with a refusal. Either is good once, in the browser that asked."""
    known, consent_id = _known(), _random()
    application(known.config)
    told = request.args
    back = ConsentCallback(told.get("state", "")[:_LONGEST], request.cookies.get(COOKIE, ""), _code())
    taken = claim_consent(known.scripts, Vault(known.settings.secret_keys), consent_id, back)
    if taken is not CallbackResult.TAKEN:
        raise _REFUSED[taken]
    if not back.code:
        return _shown(_declined(told.get("error", "")))
    there = f"{_public_url(known)}{_DONE}?id={consent_id}"
    return _guarded(Response(status=303, headers={"Location": there}))


def _code() -> str:
    """The code, unless Gong tells an error beside it."""
    return "" if request.args.get("error") else request.args.get("code", "")[:_LONGEST]


@pages.get(_DONE)
def done() -> Response:
    """How far it is."""
    known, consent_id = _known(), request.args.get("id", "")
    consent = read_consent(known.redis, consent_id) if _ID.fullmatch(consent_id) else None
    if consent is None:
        raise NotFound(
            "no_such_consent", "There is nothing to tell here any more. Ask whoever sent you the link."
        )
    waited = (known.now() - consent.at).total_seconds()
    return _shown(_progress(consent, waited))


def _progress(consent: Consent, waited_seconds: float) -> Page:
    name = consent.invitation.destination
    match consent.progress:
        case ConsentStatus.CONNECTED:
            return Page("Connected", (f"Gong is connected as {name}.", "You can close this page."))
        case ConsentStatus.FAILED:
            return Page("Not connected", (consent.detail,))
        case ConsentStatus.WAITING:
            slow = "It takes longer than it should: tell whoever sent you the link that no worker answers."
            more = (slow,) if waited_seconds > _SLOW_SECONDS else ()
            return Page(
                "Connecting…", (f"Gong is being connected as {name}.", *more), again_seconds=_RELOAD_SECONDS
            )


def _declined(error: str) -> Page:
    if error == "access_denied":
        said = (
            "Gong was not allowed to be connected: somebody said no, or is no technical administrator there."
        )
    else:
        said = "Gong sent back an error instead of a consent."
    return Page(
        "Not connected", (said, "Open the link again when this is mended. It is good for half an hour.")
    )


@pages.errorhandler(RelayError)
def _refused(error: RelayError) -> Response:
    """People come here, not programs: a page in place of a problem document."""
    return _shown(Page("Not connected", (error.detail,), int(error.status)))


def _shown(page: Page) -> Response:
    return _guarded(Response(render_template("connect.html", page=page, style=_STYLE), page.status))


def _guarded(response: Response) -> Response:
    """Nothing of these pages is kept, embedded, or told to others: their addresses hold what lets somebody in."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _random() -> str:
    return secrets.token_urlsafe(_RANDOM_BYTES)


def _public_url(known: WebContext) -> str:
    application(known.config)
    return known.settings.public_url or ""  # an application without one is refused at start
