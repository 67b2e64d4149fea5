"""The way in and out: a page that takes a key or the ticket of a one-time link, and begins a session."""

import re

from flask import Blueprint, Response, redirect, request

from relay.actions.sign_in import record_sign_out, sign_in
from relay.core.errors import RelayError, TooManyRequests, Unauthorized
from relay.dashboard.rendering import known_parts, render
from relay.web.client_ip import client_network
from relay.web.same_origin import check_same_origin

entrance = Blueprint("entrance", __name__, template_folder="templates")

HOME = "/ops/"
_MOST_BYTES = 16_384
_LONGEST = 2_000
_OWN_PAGE = re.compile(r"/ops(?:/(?!sign-)[^\s\\\x00-\x1f\x7f]*)?")


def own_page(told: str) -> str:
    """Where to go on: the page that was asked for, if it is one of ours, else the first. Never another site."""
    return told if len(told) <= _LONGEST and _OWN_PAGE.fullmatch(told) else HOME


@entrance.get("/ops/sign-in")
def show_sign_in() -> Response:
    """The form. A link's ticket only fills it in: whoever merely looks at a link (a mail scanner) must not spend it."""
    onward = own_page(request.args.get("next", ""))
    if _is_signed_in():
        return redirect(onward, 303)  # type: ignore[return-value]
    return _form(ticket=request.args.get("ticket", "")[:_LONGEST], onward=onward)


@entrance.post("/ops/sign-in")
def take_sign_in() -> Response:
    """Begin a session, and go on to the page that was asked for."""
    request.max_content_length = _MOST_BYTES
    known, told = known_parts(), request.form
    known.auth.sessions.check_enabled()
    check_same_origin(request, known.settings.public_url)
    digest = sign_in(
        known,
        known.auth.find_by_digest,
        network=client_network(request, hops=known.settings.proxy_hops),
        key=told.get("key", ""),
        ticket=told.get("ticket", ""),
    )
    response = redirect(own_page(told.get("next", "")), 303)
    known.auth.sessions.begin(request, response, digest)  # type: ignore[arg-type]
    return response  # type: ignore[return-value]


@entrance.post("/ops/sign-out")
def take_sign_out() -> Response:
    """End the session. Without one nothing is changed, so that no other site can sign anybody out."""
    known = known_parts()
    response = redirect("/ops/sign-in", 303)
    try:
        caller = known.auth.authenticate(request)
    except Unauthorized:
        return response  # type: ignore[return-value]
    known.auth.sessions.end(request, response)  # type: ignore[arg-type]
    record_sign_out(known, caller)
    return response  # type: ignore[return-value]


@entrance.errorhandler(RelayError)
def _refused(error: RelayError) -> Response:
    """The form again, with what was wrong."""
    response = _form(onward=own_page(request.form.get("next", "")), error=error)
    response.status_code = int(error.status)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _form(*, onward: str, ticket: str = "", error: RelayError | None = None) -> Response:
    by_account = known_parts().settings.oidc_issuer is not None
    return render(
        "sign_in.html", visitor=None, ticket=ticket, onward=onward, error=error, by_account=by_account
    )


def _is_signed_in() -> bool:
    try:
        known_parts().auth.authenticate(request)
    except RelayError:
        return False
    return True
