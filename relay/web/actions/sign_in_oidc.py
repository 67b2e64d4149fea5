"""Signing in by an account of the company's own: to the provider, back with a code, and in once a worker knows who it is.

The web calls nobody: a worker reads where the provider is, and exchanges the code. A question is answered once, in the
browser that asked it.
"""

import hmac
import json
import secrets
from dataclasses import dataclass, field

from flask import Request

from relay.config.oidc import read_oidc_app, redirect_uri
from relay.core.errors import BadRequest, Forbidden, NotFound, TooManyRequests, Unavailable
from relay.core.oidc import LoginSecrets, OidcApp, build_login_url, find_role, load_identity
from relay.core.roles import Principal
from relay.core.vault import UnsealError, Vault
from relay.store.oidc_logins import (
    Asked,
    Back,
    code_of,
    digest,
    identity_of,
    question_of,
    read_back,
    read_known_provider,
    save_asked,
    save_back,
    spend_back,
    take_asked,
)
from relay.store.sign_in import WINDOW_SECONDS, count_attempt
from relay.web.actions.audit import audited
from relay.web.client_ip import client_network
from relay.web.context import WebContext

COOKIE = "relay_account"
_RANDOM_BYTES = 32
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Away:
    """Where a browser goes to sign in, and the cookie by which it is known again."""

    address: str = field(repr=False)
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """Who came back, as a session holds it, and the page they wanted."""

    identity: str
    onward: str


def go_to_provider(known: WebContext, request: Request, *, onward: str) -> Away:
    """Ask the provider who this is. Raises NotFound where none is named, TooMany, and Unavailable."""
    app = _app(known)
    network = client_network(request, hops=known.settings.proxy_hops)
    if not count_attempt(known.redis, network):
        text = f"There were too many attempts from your network. Try again in {WINDOW_SECONDS} seconds."
        raise TooManyRequests("too_many_attempts", text, retry_after=WINDOW_SECONDS)
    provider = read_known_provider(known.redis)
    if provider is None:
        text = "No worker could read the provider's document yet: see that one runs and reaches it, or use a key."
        raise Unavailable("provider_unavailable", text, retry_after=5)
    question = LoginSecrets(*(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))
    browser = secrets.token_urlsafe(_RANDOM_BYTES)
    sealed = _vault(known).seal(json.dumps([question.nonce, question.verifier]), question_of(digest(browser)))
    save_asked(known.redis, question.state, Asked(digest(browser), sealed, onward))
    there = provider.authorization_endpoint
    return Away(build_login_url(app, there, question, redirect_uri=redirect_uri(known.settings)), browser)


def come_back(known: WebContext, request: Request) -> str:
    """Take the provider's answer, once; the id by which its progress is asked for."""
    _app(known)
    told = request.args
    asked = take_asked(known.redis, told.get("state", "")[:_LONGEST])
    if asked is None:
        raise BadRequest(
            "bad_oauth_state", "This answer was used, or is older than ten minutes. Sign in again."
        )
    _check_browser(request, asked)
    if "error" in told or not told.get("code"):
        raise Forbidden("sign_in_denied", "The provider did not sign you in. Try again, or use a key.")
    back_id = secrets.token_urlsafe(_RANDOM_BYTES)
    sealed = _vault(known).seal(told["code"][:_LONGEST], code_of(back_id))
    save_back(known.redis, back_id, Back(asked, sealed))
    return back_id


def arrived(known: WebContext, request: Request, back_id: str) -> Known | None:
    """Who it is, once; None while no worker has found out. Raises Forbidden where it is nobody who may come in."""
    app = _app(known)
    back = read_back(known.redis, back_id[:_LONGEST])
    if back is None:
        raise BadRequest(
            "bad_oauth_state", "There is nothing to tell of this sign-in any more. Sign in again."
        )
    _check_browser(request, back.asked)
    if back.identity is None and back.detail is None:
        return None
    if not spend_back(known.redis, back_id):
        raise BadRequest("bad_oauth_state", "This sign-in was used. Sign in again.")
    if back.identity is None:
        raise Forbidden("sign_in_denied", back.detail or "")
    return Known(_identity(known, app, back_id, back.identity), back.asked.onward)


def note_arrival(known: WebContext, caller: Principal) -> None:
    audited(known, caller, "sign_in.account", caller.key_id)


def _identity(known: WebContext, app: OidcApp, back_id: str, sealed: str) -> str:
    try:
        identity = _vault(known).open(sealed, identity_of(back_id))
    except UnsealError as error:
        raise Forbidden("sign_in_denied", f"The relay cannot read its own store: {error}.") from error
    if find_role(app, load_identity(identity)) is None:
        text = (
            f"You are who you are, but nothing in your account's {app.claim!r} has a role here. Ask an admin."
        )
        raise Forbidden("sign_in_denied", text)
    return identity


def _check_browser(request: Request, asked: Asked) -> None:
    if not hmac.compare_digest(digest(request.cookies.get(COOKIE, "")), asked.browser):
        raise Forbidden("wrong_browser", "This answer belongs to another browser. Sign in again in this one.")


def _app(known: WebContext) -> OidcApp:
    app = read_oidc_app(known.settings)
    if app is None:
        raise NotFound(
            "oidc_not_configured", "No provider is named: RELAY_OIDC_ISSUER is not set. Sign in with a key."
        )
    return app


def _vault(known: WebContext) -> Vault:
    return Vault(known.settings.secret_keys)
