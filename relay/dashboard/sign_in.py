"""Sign-in with a key or a one-time link, and sign-out."""

import re

from flask import Blueprint, Response, g, redirect, request

from relay.actions.sign_in import record_sign_out, sign_in
from relay.core.errors import RelayError, TooManyRequests, Unauthorized
from relay.dashboard.rendering import render
from relay.web.client_ip import client_network
from relay.web.context import current
from relay.web.same_origin import check_same_origin

sign_in_pages = Blueprint("sign_in", __name__, template_folder="templates")

HOME = "/ops/"
_MAX_BODY_BYTES = 16_384
_MAX_LENGTH = 2_000
_DASHBOARD_PATH = re.compile(r"/ops(?:/(?!sign-)[^\s\\\x00-\x1f\x7f]*)?")


def safe_next_page(path: str) -> str:
    """Return the path if it is a page of the dashboard, otherwise the overview; never another site."""
    return path if len(path) <= _MAX_LENGTH and _DASHBOARD_PATH.fullmatch(path) else HOME


@sign_in_pages.get("/ops/sign-in")
def show_sign_in() -> Response:
    next_page = safe_next_page(request.args.get("next", ""))
    if _is_signed_in():
        return redirect(next_page, 303)  # type: ignore[return-value]
    # The ticket of a link only fills in the form: a mail scanner that opens the link must not use it up.
    return _render_form(ticket=request.args.get("ticket", "")[:_MAX_LENGTH], next_page=next_page)


@sign_in_pages.post("/ops/sign-in")
def submit_sign_in() -> Response:
    """Start a session and redirect to the page that was requested."""
    request.max_content_length = _MAX_BODY_BYTES
    ctx, form = current(), request.form
    g.next_page = safe_next_page(form.get("next", ""))
    ctx.auth.sessions.check_enabled()
    check_same_origin(request, ctx.settings.public_url)
    digest = sign_in(
        ctx,
        ctx.auth.find_by_digest,
        network=client_network(request, hops=ctx.settings.proxy_hops),
        key=form.get("key", ""),
        ticket=form.get("ticket", ""),
    )
    response = redirect(g.next_page, 303)
    ctx.auth.sessions.begin(request, response, digest)  # type: ignore[arg-type]
    return response  # type: ignore[return-value]


@sign_in_pages.post("/ops/sign-out")
def sign_out() -> Response:
    """End the session. Without a session nothing changes, so that another site cannot sign a user out."""
    ctx = current()
    response = redirect("/ops/sign-in", 303)
    try:
        principal = ctx.auth.authenticate(request)
    except Unauthorized:
        return response  # type: ignore[return-value]
    ctx.auth.sessions.end(request, response)  # type: ignore[arg-type]
    record_sign_out(ctx, principal)
    return response  # type: ignore[return-value]


@sign_in_pages.errorhandler(RelayError)
def _render_error(error: RelayError) -> Response:
    """Show the form again with the error."""
    # The form itself may be what cannot be read.
    response = _render_form(next_page=g.get("next_page", HOME), error=error)
    response.status_code = int(error.status)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _render_form(*, next_page: str, ticket: str = "", error: RelayError | None = None) -> Response:
    return render(
        "sign_in.html",
        principal=None,
        ticket=ticket,
        next_page=next_page,
        error=error,
        has_oidc=current().settings.oidc_issuer is not None,
    )


def _is_signed_in() -> bool:
    try:
        current().auth.authenticate(request)
    except RelayError:
        return False
    return True
