"""The way in by an account of the company's own: to its provider, back from there, and a page to wait on."""

from flask import Blueprint, Response, redirect, request

from relay.actions.sign_in_oidc import finish_login, receive_callback, start_login
from relay.config.oidc import CALLBACK_PATH
from relay.core.errors import RelayError, TooManyRequests, Unavailable
from relay.dashboard.rendering import known_parts, render
from relay.dashboard.sign_in import own_page
from relay.store.oidc_logins import LOGIN_SECONDS
from relay.web.client_ip import client_network
from relay.web.sessions import is_secure

by_account = Blueprint("by_account", __name__, template_folder="templates")

COOKIE = "relay_account"
_PATH = "/ops/sign-in"
_AGAIN_SECONDS = 1


@by_account.get("/ops/sign-in/account")
def leave() -> Response:
    """To the provider. The cookie tells this browser from others when it comes back."""
    known = known_parts()
    network = client_network(request, hops=known.settings.proxy_hops)
    login = start_login(known, network=network, next_page=own_page(request.args.get("next", "")))
    response = redirect(login.url, 303)
    response.set_cookie(
        COOKIE,
        login.browser_secret,
        max_age=LOGIN_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request, known.settings.public_url),
    )
    return response  # type: ignore[return-value]


@by_account.get(CALLBACK_PATH)
def come() -> Response:
    """Where the provider sends the browser back to."""
    query = request.args
    login_id = receive_callback(
        known_parts(),
        state=query.get("state", ""),
        code=query.get("code", ""),
        error=query.get("error", ""),
        browser_secret=request.cookies.get(COOKIE, ""),
    )
    return redirect(f"{_PATH}/wait?id={login_id}", 303)  # type: ignore[return-value]


@by_account.get("/ops/sign-in/wait")
def wait() -> Response:
    """Reloads itself until a worker has found out who it is; then the session begins."""
    known = known_parts()
    browser_secret = request.cookies.get(COOKIE, "")
    login = finish_login(known, request.args.get("id", ""), browser_secret=browser_secret)
    if login is None:
        response = render("sign_in_wait.html", visitor=None)
        response.headers["Refresh"] = str(_AGAIN_SECONDS)
        return response
    response = redirect(login.next_page, 303)  # type: ignore[assignment]
    known.auth.sessions.begin(request, response, known.auth.provider_digest, login.identity)
    response.delete_cookie(COOKIE, path=_PATH)
    return response


@by_account.errorhandler(RelayError)
def _refused(error: RelayError) -> Response:
    response = render(
        "sign_in.html",
        visitor=None,
        status=error.status,
        ticket="",
        onward="/ops/",
        error=error,
        by_account=True,
    )
    if isinstance(error, TooManyRequests | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
