"""Shared set-up of page blueprints: errors render as pages, and anonymous visitors are redirected to sign-in."""

from urllib.parse import quote

from flask import Blueprint, Response, redirect, request

from relay.core.errors import PROBLEMS_MAX, RelayError, Unauthorized, ValidationFailed
from relay.core.roles import Principal, Role
from relay.dashboard.rendering import render
from relay.web.context import require_role

SIGN_IN_PATH = "/ops/sign-in"


def page_blueprint(name: str, import_name: str) -> Blueprint:
    blueprint = Blueprint(f"ops_{name}", import_name, template_folder="templates")
    blueprint.register_error_handler(RelayError, _render_error)
    return blueprint


def find_principal() -> Principal | None:
    """Return the principal of the request, or None if it has none."""
    try:
        _, principal = require_role(Role.VIEWER)
    except RelayError:
        return None
    return principal


def _render_error(error: RelayError) -> Response:
    if isinstance(error, Unauthorized):
        sign_in_url = f"{SIGN_IN_PATH}?next={quote(_next_path())}"
        # htmx follows a plain redirect itself, and would insert the sign-in page into a part of this one.
        if "HX-Request" in request.headers:
            return Response(status=401, headers={"HX-Redirect": sign_in_url})
        return redirect(sign_in_url, 303)  # type: ignore[return-value]
    problems = error.problems[:PROBLEMS_MAX] if isinstance(error, ValidationFailed) else ()
    # find_principal() instead of require_role(): an error page must not raise an error itself.
    return render(
        "error.html", principal=find_principal(), status=error.status, error=error, problems=problems
    )


def _next_path() -> str:
    """Return the page to open after sign-in. An action is never repeated, so that path is the overview."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/ops/"
