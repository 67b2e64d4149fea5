"""What every blueprint of pages shares: errors are pages, and who is not signed in is shown the endpoint."""

from urllib.parse import quote

from flask import Blueprint, Response, redirect, request

from relay.core.errors import RelayError, Unauthorized, ValidationFailed
from relay.core.roles import Principal, Role
from relay.dashboard.rendering import known_parts, render

SIGN_IN = "/ops/sign-in"


def section(name: str, import_name: str) -> Blueprint:
    """A blueprint of pages."""
    made = Blueprint(f"ops_{name}", import_name, template_folder="templates")
    made.register_error_handler(RelayError, _error_page)
    return made


def visitor(least: Role) -> Principal:
    """Who looks at this page, when their role covers `least`. Raises Unauthorized, which leads to the sign-in."""
    return known_parts().auth.require_role(request, least)


def _error_page(error: RelayError) -> Response:
    if isinstance(error, Unauthorized):
        way_in = f"{SIGN_IN}?next={quote(_asked())}"
        if "HX-Request" in request.headers:  # else the sign-in would be drawn into the place of one piece
            return Response(status=401, headers={"HX-Redirect": way_in})
        return redirect(way_in, 303)  # type: ignore[return-value]
    problems = error.problems if isinstance(error, ValidationFailed) else ()
    return render(
        "error.html", visitor=_visitor_if_any(), status=error.status, error=error, problems=problems
    )


def _asked() -> str:
    """Where to go on after the sign-in: to the page, never to a deed."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/ops/"


def _visitor_if_any() -> Principal | None:
    try:
        return visitor(Role.VIEWER)
    except RelayError:
        return None
