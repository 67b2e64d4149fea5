"""The way in by an account of the company's own: to its provider, back from there, and a page to wait on."""

from flask import Blueprint, Response, redirect, request

from relay.config.oidc import CALLBACK_PATH
from relay.core.errors import RelayError, TooManyRequests, Unavailable
from relay.dashboard.rendering import known_parts, render
from relay.dashboard.sign_in import own_page
from relay.store.oidc_logins import ASKING_SECONDS
from relay.web.actions.sign_in_oidc import COOKIE, arrived, come_back, go_to_provider, note_arrival
from relay.web.sessions import is_secure

by_account = Blueprint("by_account", __name__, template_folder="templates")

_PATH = "/ops/sign-in"
_AGAIN_SECONDS = 1


@by_account.get("/ops/sign-in/account")
def leave() -> Response:
    """To the provider. The cookie tells this browser from others when it comes back."""
    known = known_parts()
    away = go_to_provider(known, request, onward=own_page(request.args.get("next", "")))
    response = redirect(away.address, 303)
    response.set_cookie(
        COOKIE,
        away.browser,
        max_age=ASKING_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request, known.settings.public_url),
    )
    return response  # type: ignore[return-value]


@by_account.get(CALLBACK_PATH)
def come() -> Response:
    """Where the provider sends the browser back to."""
    return redirect(f"{_PATH}/wait?id={come_back(known_parts(), request)}", 303)  # type: ignore[return-value]


@by_account.get("/ops/sign-in/wait")
def wait() -> Response:
    """Reloads itself until a worker has found out who it is; then the session begins."""
    known = known_parts()
    who = arrived(known, request, request.args.get("id", ""))
    if who is None:
        response = render("sign_in_wait.html", visitor=None)
        response.headers["Refresh"] = str(_AGAIN_SECONDS)
        return response
    response = redirect(who.onward, 303)  # type: ignore[assignment]
    known.auth.sessions.begin(request, response, known.auth.provider_digest, who.identity)
    response.delete_cookie(COOKIE, path=_PATH)
    caller = known.auth.find_account(who.identity)
    if caller is not None:
        note_arrival(known, caller)
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
