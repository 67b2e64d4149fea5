"""Signing in to the dashboard with an account of an OpenID Connect provider.

The web process makes no HTTP calls: a worker reads the provider's metadata, and exchanges the code for the user's identity.
"""

import hmac
import json
import secrets
from dataclasses import dataclass, field

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.actions.sign_in import check_attempts
from relay.config.oidc import read_oidc_app, redirect_uri
from relay.core.errors import BadRequest, Forbidden, NotFound, Unavailable
from relay.core.oidc import LoginSecrets, OidcApp, build_login_url, find_role, load_identity
from relay.core.roles import Principal, Via
from relay.core.vault import UnsealError, Vault
from relay.store.oidc_logins import (
    LoginCallback,
    LoginRequest,
    code_purpose,
    digest,
    identity_purpose,
    login_request_purpose,
    read_login_callback,
    read_provider,
    save_login_callback,
    save_login_request,
    spend_login_callback,
    spend_login_request,
)

_RANDOM_BYTES = 32
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class LoginRedirect:
    """The provider's address to send a browser to, and the secret cookie that ties the login to this browser."""

    url: str = field(repr=False)
    browser_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CompletedLogin:
    """The user's identity, as a session stores it, and the page that they requested before signing in."""

    identity: str
    next_page: str


def start_login(ctx: Context, *, network: str, next_page: str) -> LoginRedirect:
    """Start a login. Raises NotFound if no provider is configured, TooManyRequests, and Unavailable."""
    app = _require_app(ctx)
    redis = ctx.stores.main.redis
    check_attempts(redis, network)
    provider = read_provider(redis)
    if provider is None:
        text = (
            "No worker has read the provider's metadata yet. Check that a worker is running and reaches the provider, "
            "or sign in with a key."
        )
        raise Unavailable("provider_unavailable", text, retry_after=5)
    login_secrets = LoginSecrets(*(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))
    browser_secret = secrets.token_urlsafe(_RANDOM_BYTES)
    browser = digest(browser_secret)
    sealed = _vault(ctx).seal(
        json.dumps([login_secrets.nonce, login_secrets.verifier]), login_request_purpose(browser)
    )
    save_login_request(redis, login_secrets.state, LoginRequest(browser, sealed, next_page))
    endpoint = provider.authorization_endpoint
    url = build_login_url(app, endpoint, login_secrets, redirect_uri=redirect_uri(ctx.settings))
    return LoginRedirect(url, browser_secret)


def receive_callback(ctx: Context, *, state: str, code: str, error: str, browser_secret: str) -> str:
    """Accept the provider's callback, once, in the browser that started the login.

    The other parameters are the callback's query. Returns the login's id, with which `finish_login` polls it.
    """
    _require_app(ctx)
    redis = ctx.stores.main.redis
    login_request = spend_login_request(redis, state[:_LONGEST])
    if login_request is None:
        raise BadRequest(
            "bad_oauth_state", "This sign-in was already used, or is older than ten minutes. Sign in again."
        )
    _check_browser(browser_secret, login_request)
    if error or not code:
        raise Forbidden(
            "sign_in_denied", "The provider did not sign you in. Try again, or sign in with a key."
        )
    login_id = secrets.token_urlsafe(_RANDOM_BYTES)
    # The store must not reveal a code: the first client to exchange it signs in.
    sealed = _vault(ctx).seal(code[:_LONGEST], code_purpose(login_id))
    save_login_callback(redis, login_id, LoginCallback(login_request, sealed))
    return login_id


def finish_login(ctx: Context, login_id: str, *, browser_secret: str) -> CompletedLogin | None:
    """Finish a login, once. Returns None while no worker has exchanged the code for the user's identity.

    Raises BadRequest if the login is unknown or finished, and Forbidden if the provider rejected the code or the account
    has no role.
    """
    app = _require_app(ctx)
    redis = ctx.stores.main.redis
    callback = read_login_callback(redis, login_id[:_LONGEST])
    if callback is None:
        raise BadRequest("bad_oauth_state", "This sign-in no longer exists. Sign in again.")
    _check_browser(browser_secret, callback.request)
    if callback.identity is None and callback.detail is None:
        return None
    if not spend_login_callback(redis, login_id):
        raise BadRequest("bad_oauth_state", "This sign-in was already used. Sign in again.")
    if callback.identity is None:
        raise Forbidden("sign_in_denied", callback.detail or "")
    identity = _open_identity(ctx, login_id, callback.identity)
    principal = account_principal(app, identity)
    if principal is None:
        text = f"You signed in, but your account's {app.claim!r} claim maps to no role. Ask an administrator for access."
        raise Forbidden("sign_in_denied", text)
    record(ctx, principal, Action("sign_in.account", principal.key_id))
    return CompletedLogin(identity, callback.request.onward)


def account_principal(app: OidcApp, identity: str) -> Principal | None:
    """Return the principal of a provider's account with its current role, or None if the settings give it no role."""
    account = load_identity(identity)
    role = find_role(app, account)
    return Principal(name=account.name, role=role, key_id="account", via=Via.SESSION) if role else None


def _open_identity(ctx: Context, login_id: str, sealed: str) -> str:
    try:
        return _vault(ctx).open(sealed, identity_purpose(login_id))
    except UnsealError as error:
        raise Forbidden("sign_in_denied", f"The relay cannot decrypt this sign-in: {error}.") from error


def _check_browser(browser_secret: str, login_request: LoginRequest) -> None:
    if not hmac.compare_digest(digest(browser_secret), login_request.browser):
        text = "This sign-in was started in another browser. Sign in again in this one."
        raise Forbidden("wrong_browser", text)


def _require_app(ctx: Context) -> OidcApp:
    app = read_oidc_app(ctx.settings)
    if app is None:
        text = "No identity provider is configured: RELAY_OIDC_ISSUER is not set. Sign in with a key."
        raise NotFound("oidc_not_configured", text)
    return app


def _vault(ctx: Context) -> Vault:
    return Vault(ctx.settings.secret_keys)
