"""The pages of destinations: state, budget and holds; and the actions pause, resume, test credentials and connect."""

from urllib.parse import quote

from flask import Response, request

from relay.actions import destinations as actions
from relay.core.roles import Principal, Role
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.formatting import pluralize
from relay.dashboard.rendering import confirm_page, is_confirmed, redirect_with_message, render
from relay.queries.destinations import destination_page, destinations_page
from relay.web.context import WebContext, require_role

destinations = page_blueprint("destinations", __name__)

_MAX_ROWS = 200
"""A list cannot be read beyond this length; the search field finds the other destinations."""

_PAUSE_QUESTION = "Pause {}? Its events wait until you resume it. No event is lost."


@destinations.get("/ops/destinations")
def list_destinations() -> Response:
    ctx, principal = require_role(Role.VIEWER)
    page = destinations_page(ctx.stores, ctx.destinations.all(), now=ctx.now())
    search = request.args.get("search", "")
    rows = [row for row in page["destinations"] if search in row["destination"] or search in row["company"]]
    return render(
        "destinations.html",
        principal=principal,
        section="destinations",
        page=page,
        search=search,
        rows=rows[:_MAX_ROWS],
        hidden_count=len(rows[_MAX_ROWS:]),
    )


@destinations.get("/ops/destinations/<name>")
def show_destination(name: str) -> Response:
    ctx, principal = require_role(Role.VIEWER)
    return _render_destination(ctx, principal, name)


@destinations.post("/ops/destinations/<name>/pause")
def pause(name: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    if not is_confirmed():
        return confirm_page(_PAUSE_QUESTION.format(name), "Pause", back=_url(name), principal=principal)
    is_new_hold = actions.pause_destination(ctx, principal, name)["changed"]
    message = f"{name} is paused." if is_new_hold else f"{name} was already on hold and is now paused."
    return redirect_with_message(_url(name), message)


@destinations.post("/ops/destinations/<name>/resume")
def resume(name: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    result = actions.resume_destination(ctx, principal, name)
    if not result["changed"]:
        return redirect_with_message(_url(name), f"{name} was not on hold.")
    return redirect_with_message(
        _url(name), f"{name} is resumed. {pluralize(result['events'], 'event')} queued again."
    )


@destinations.post("/ops/destinations/<name>/probe")
def probe(name: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    actions.probe_destination(ctx, principal, name)
    return redirect_with_message(
        _url(name), "A worker is testing the credentials. The result appears below in a few seconds."
    )


@destinations.post("/ops/destinations/<name>/connect")
def connect(name: str) -> Response:
    """Show the page with a new connect link. The link is stored nowhere and cannot be shown again."""
    ctx, principal = require_role(Role.ADMIN)
    return _render_destination(
        ctx, principal, name, link=actions.create_connect_link(ctx, principal, name, {})
    )


def _render_destination(
    ctx: WebContext, principal: Principal, name: str, link: dict[str, object] | None = None
) -> Response:
    page = destination_page(ctx.stores, ctx.destinations.all(), name, now=ctx.now())
    # `address` is what the page refreshes from: after a POST that is not the request's own path.
    return render(
        "destination.html",
        principal=principal,
        section="destinations",
        page=page,
        link=link,
        address=_url(name),
    )


def _url(name: str) -> str:
    return f"/ops/destinations/{quote(name)}"
