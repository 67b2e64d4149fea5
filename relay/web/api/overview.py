"""The operator's API at a glance: everything on one page, and what happened over time."""

from flask import Blueprint, Response, request

from relay.core.roles import Role
from relay.queries.config_status import configuration_page
from relay.queries.overview import overview_page
from relay.queries.time_series import series_page
from relay.web.context import WebContext, current
from relay.web.problems import json_response

overview = Blueprint("overview", __name__)


def _looked_at() -> WebContext:
    """The process's parts, for whoever may look."""
    known = current()
    known.auth.require_role(request, Role.VIEWER)
    return known


@overview.get("/v1/overview")
def show_overview() -> Response:
    """What flows, what waits and why, what may still be sent, who is at work."""
    known = _looked_at()
    page = overview_page(
        known.stores,
        known.destinations.all(),
        config=known.config,
        now=known.now(),
        window=request.args.get("window", "1h"),
    )
    return json_response(page | {"configuration": configuration_page(known.process.rejected_config())})


@overview.get("/v1/series")
def show_series() -> Response:
    """What happened over time: to everything, to one destination's events, or from one source."""
    known = _looked_at()
    told = request.args
    page = series_page(
        known.stores,
        now=known.now(),
        window=told.get("window", "1h"),
        destination=told.get("destination"),
        source=told.get("source"),
    )
    return json_response(page)
