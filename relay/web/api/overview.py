"""The overview, and the time series behind its charts."""

from flask import Blueprint, Response, request

from relay.core.roles import Role
from relay.queries.overview import configuration_page, overview_page
from relay.queries.time_series import series_page
from relay.web.context import require_role
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe, query
from relay.web.openapi.overview import OVERVIEW_EXAMPLE, SERIES_EXAMPLE, WINDOW
from relay.web.openapi.problems import ROLE_ERRORS, STORE_ERRORS
from relay.web.openapi.schema_types import component
from relay.web.problems import json_response

blueprint = Blueprint("overview", __name__)

_DEFAULT_WINDOW = "1h"


@blueprint.get("/v1/overview")
@describe(
    Operation(
        id="showOverview",
        tag=Tag.OVERVIEW,
        summary="Show the overview",
        role=Role.VIEWER,
        parameters=(WINDOW,),
        responses=(
            ResponseDoc(
                status=200,
                description="The overview.",
                schema=component("Overview"),
                example=OVERVIEW_EXAMPLE,
            ),
        ),
        errors=(*ROLE_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def show_overview() -> Response:
    """Show throughput, queues, holds, limits, workers and stores on one page."""
    ctx, _ = require_role(Role.VIEWER)
    page = overview_page(
        ctx.stores,
        ctx.destinations.all(),
        config=ctx.config,
        now=ctx.now(),
        window=request.args.get("window", _DEFAULT_WINDOW),
    )
    page["configuration"] = configuration_page(ctx.process.rejected_config())
    return json_response(page)


@blueprint.get("/v1/series")
@describe(
    Operation(
        id="showSeries",
        tag=Tag.OVERVIEW,
        summary="Show counts over time",
        description="For all events, for one destination, or for one source.",
        role=Role.VIEWER,
        parameters=(
            WINDOW,
            query("destination", "Events of this destination."),
            query("source", "Events from this source."),
        ),
        responses=(
            ResponseDoc(
                status=200, description="The series.", schema=component("Series"), example=SERIES_EXAMPLE
            ),
        ),
        errors=(*ROLE_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def show_series() -> Response:
    """Show counts over time for all events, for one destination, or for one source."""
    ctx, _ = require_role(Role.VIEWER)
    params = request.args
    page = series_page(
        ctx.stores,
        now=ctx.now(),
        window=params.get("window", _DEFAULT_WINDOW),
        destination=params.get("destination"),
        source=params.get("source"),
    )
    return json_response(page)
