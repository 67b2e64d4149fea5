"""Sign-in through an OpenID Connect provider: the redirect there, the callback, and a page that waits for a worker."""

from flask import Blueprint, Response, redirect, request

from relay.actions import sign_in_oidc as actions
from relay.config.oidc import CALLBACK_PATH
from relay.core.errors import RelayError, TooManyRequests, Unavailable
from relay.dashboard.rendering import render
from relay.dashboard.sign_in import HOME, safe_next_page
from relay.store.oidc_logins import LOGIN_SECONDS
from relay.web.client_ip import client_network
from relay.web.context import current
from relay.web.sessions import is_secure

oidc_pages = Blueprint("sign_in_oidc", __name__, template_folder="templates")

COOKIE = "relay_account"
_PATH = "/ops/sign-in"
_RELOAD_SECONDS = 1


@oidc_pages.get("/ops/sign-in/account")
def start_login() -> Response:
    """Redirect to the provider. A cookie binds the login to this browser."""
    ctx = current()
    login = actions.start_login(
        ctx,
        network=client_network(request, hops=ctx.settings.proxy_hops),
        next_page=safe_next_page(request.args.get("next", "")),
    )
    response = redirect(login.url, 303)
    response.set_cookie(
        COOKIE,
        login.browser_secret,
        max_age=LOGIN_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request, ctx.settings.public_url),
    )
    return response  # type: ignore[return-value]


@oidc_pages.get(CALLBACK_PATH)
def receive_callback() -> Response:
    """Accept the browser back from the provider."""
    query = request.args
    login_id = actions.receive_callback(
        current(),
        state=query.get("state", ""),
        code=query.get("code", ""),
        error=query.get("error", ""),
        browser_secret=request.cookies.get(COOKIE, ""),
    )
    return redirect(f"{_PATH}/wait?id={login_id}", 303)  # type: ignore[return-value]


@oidc_pages.get("/ops/sign-in/wait")
def wait_for_login() -> Response:
    """Reload until a worker has exchanged the code at the provider, then start the session."""
    ctx = current()
    browser_secret = request.cookies.get(COOKIE, "")
    login = actions.finish_login(ctx, request.args.get("id", ""), browser_secret=browser_secret)
    if login is None:
        response = render("sign_in_wait.html", principal=None)
        response.headers["Refresh"] = str(_RELOAD_SECONDS)
        return response
    response = redirect(login.next_page, 303)  # type: ignore[assignment]
    ctx.auth.sessions.begin(request, response, ctx.auth.provider_digest, login.identity)
    response.delete_cookie(COOKIE, path=_PATH)
    return response


@oidc_pages.errorhandler(RelayError)
def _render_error(error: RelayError) -> Response:
    """Show the sign-in form with the error."""
    response = render(
        "sign_in.html",
        principal=None,
        status=error.status,
        ticket="",
        next_page=HOME,
        error=error,
        has_oidc=True,
    )
    if isinstance(error, TooManyRequests | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
